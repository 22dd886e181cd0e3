import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';

/** A real OpenID Connect provider in a process of its own. */
export interface Issuer {
  /** As it spells itself. */
  readonly issuer: string;
  /** The token endpoint's answer to `client_credentials`. */
  clientToken(name: string, audience?: string): Promise<string>;
  /** Of `ada` (address proved), `eve` (not proved), `dana` (dps) or `sam` (support), who have signed in. */
  personToken(person: string, options?: { audience?: string; seconds?: number }): Promise<string>;
  /**
   * Signed with its first key, whatever the claims: these replace or, where undefined, take away those of a usual
   * access token of a person, so does the header, and another key may sign.
   */
  sign(claims?: Readonly<Record<string, unknown>>, header?: { alg?: string; kid?: string }, by?: JWK): Promise<string>;
  /** How often its keys were fetched. */
  keysFetched(): Promise<number>;
  stop(): Promise<void>;
}

export async function signingKey(kid: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, use: 'sig', alg: 'ES256' };
}

const SCRIPT = fileURLToPath(new URL('issuer.mjs', import.meta.url));

/** @param keys the first one signs, ES256; all are published */
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
    sign: async (claims = {}, header = {}, by = keys[0]) => {
      const now = Math.floor(Date.now() / 1_000);
      const usual = { iss: issuer, aud: 'habeas', sub: 'ada', client_id: 'app', iat: now, exp: now + 600 };
      return new SignJWT({ ...usual, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: keys[0]?.kid ?? '', typ: 'at+jwt', ...header })
        .sign(await importJWK(by ?? {}, 'ES256'));
    },
    keysFetched: async () => {
      child.send({});
      const [{ keysFetched }] = (await once(child, 'message')) as [{ keysFetched: number }];
      return keysFetched;
    },
    stop: async () => {
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
