import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { SigningKey } from '../crypto/keys.js';

/**
 * How Habeas proves itself to a service: a short-lived token for that service alone (RFC 8693 in spirit: never the
 * caller's own token). Scopes are those of the GDPR API, `gdprquery` to read and `gdprdelete` to erase.
 */
export interface ServiceCredentials {
  token(service: { name: string; audience: string }, subject: string, scope: string): Promise<string>;
}

/** How long a token is good for. */
export const TOKEN_SECONDS = 60;

/** Tokens signed with Habeas' own key; services check them against `/.well-known/jwks.json` of `issuer`. */
export function signedCredentials(signing: SigningKey, issuer: string): ServiceCredentials {
  return {
    token: (service, subject, scope) =>
      new SignJWT({ authorization: { permissions: [{ rsname: service.name, scopes: [scope] }] } })
        .setProtectedHeader({ alg: 'EdDSA', kid: signing.kid, typ: 'JWT' })
        .setIssuer(issuer)
        .setAudience(service.audience)
        .setSubject(subject)
        .setJti(randomUUID())
        .setIssuedAt()
        .setExpirationTime(`${TOKEN_SECONDS}s`)
        .sign(signing.privateKey),
  };
}
