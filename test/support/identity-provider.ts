import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

/** An OpenID Connect issuer with one key, as far as those who check its tokens see of it. */
export interface IdentityProvider {
  readonly url: string;
  /** A token of its own making; claims given replace the usual ones. */
  token(claims: JWTPayload): Promise<string>;
  /** How often its keys were fetched. */
  keysFetched(): number;
  stop(): void;
}

export async function startIdentityProvider(audience: string): Promise<IdentityProvider> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'only', alg: 'ES256', use: 'sig' }];
  let fetched = 0;
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    if (request.url === '/keys') {
      fetched += 1;
      return response.end(JSON.stringify({ keys }));
    }
    return response.end(JSON.stringify({ issuer: url, jwks_uri: `${url}/keys` }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    token: (claims) =>
      new SignJWT({ iss: url, aud: audience, ...claims })
        .setProtectedHeader({ alg: 'ES256', kid: 'only', typ: 'at+jwt' })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey),
    keysFetched: () => fetched,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
