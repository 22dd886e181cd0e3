import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** A real OpenID Connect provider in a process of its own. */
export interface Issuer {
  /** As it spells itself. */
  readonly issuer: string;
  /** The token endpoint's answer to `client_credentials`. */
  clientToken(name: string, audience?: string): Promise<string>;
  /** Of `ada` (address proved), `eve` (not proved), `dana` (dps) or `sam` (support), who have signed in. */
  personToken(person: string, options?: { audience?: string; seconds?: number }): Promise<string>;
  stop(): Promise<void>;
}

export async function signingKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'ES256' };
}

const SCRIPT = fileURLToPath(new URL('issuer.mjs', import.meta.url));

/** @param keys the first one signs; all are published */
export async function startIssuer(keys: readonly JWK[], port = 0): Promise<Issuer> {
  const child: ChildProcess = fork(SCRIPT, [String(port), JSON.stringify({ keys })], { execArgv: [], silent: true });
  const [{ issuer }] = (await once(child, 'message')) as [{ issuer: string }];
  return {
    issuer,
    clientToken: async (name, resource = 'https://habeas.example') => {
      const answer = await fetch(`${issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(`${name}:secret-of-${name}`).toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read', resource }),
      });
      const body = (await answer.json()) as { access_token?: string };
      if (!body.access_token) throw new Error(`no token: ${JSON.stringify(body)}`);
      return body.access_token;
    },
    personToken: async (person, options = {}) => {
      child.send({ person, ...options });
      const [{ token }] = (await once(child, 'message')) as [{ token: string }];
      return token;
    },
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
