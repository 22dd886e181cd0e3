import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface TokenClaims {
  readonly audience: string;
  readonly subject?: string;
  readonly scope?: string;
  readonly issuer?: string;
  /** Seconds from now; negative for a token that has run out. */
  readonly lifetime?: number;
}

/** The little of Habeas the services of the demo see: published keys, and tokens signed with them. */
export interface HabeasStandIn {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** An `Authorization` header. */
  bearer(claims: TokenClaims): Promise<string>;
  /** The same, signed with a key that was never published. */
  forged(claims: TokenClaims): Promise<string>;
  close(): void;
}

export async function startHabeasStandIn(): Promise<HabeasStandIn> {
  const published = await generateKeyPair('EdDSA');
  const other = await generateKeyPair('EdDSA');
  const key = { ...(await exportJWK(published.publicKey)), kid: 'one', alg: 'EdDSA', use: 'sig' };
  const server: Server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [key] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sign = async (claims: TokenClaims, privateKey: CryptoKey) => {
    const now = Math.floor(Date.now() / 1000);
    const token = await new SignJWT({ authorization: { permissions: [{ scopes: [claims.scope ?? 'gdprquery'] }] } })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'one' })
      .setIssuer(claims.issuer ?? issuer)
      .setAudience(claims.audience)
      .setSubject(claims.subject ?? 'habeas')
      .setIssuedAt(now)
      .setExpirationTime(now + (claims.lifetime ?? 60))
      .setJti(`${Math.random()}`)
      .sign(privateKey);
    return `Bearer ${token}`;
  };
  return {
    issuer,
    jwksUrl: `${issuer}/.well-known/jwks.json`,
    bearer: (claims) => sign(claims, published.privateKey),
    forged: (claims) => sign(claims, other.privateKey),
    close: () => void server.close(),
  };
}
