import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface Issuer {
  readonly url: string;
  /** An access token of a service client, as most identity providers make them: RS256 (RFC 9068). */
  token(client: string): Promise<string>;
  close(): void;
}

/** As much of an identity provider as Habeas asks for in production: discovery, keys and tokens. */
export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' }] };
  const server = createServer(({ url: path }, response) => {
    const about = path?.endsWith('/openid-configuration') ? { issuer: url, jwks_uri: `${url}/jwks` } : jwks;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(about));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: (client) =>
      new SignJWT({ client_id: client })
        .setProtectedHeader({ alg: 'RS256', kid: 'bench', typ: 'at+jwt' })
        .setIssuer(url)
        .setAudience('habeas')
        .setSubject(client)
        .setIssuedAt()
        .setExpirationTime('2h')
        .sign(privateKey),
    close: () => server.close().closeAllConnections(),
  };
}
