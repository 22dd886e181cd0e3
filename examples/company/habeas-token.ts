import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Setting } from './service-process.js';

export type Scope = 'gdprquery' | 'gdprdelete';

/** Why a caller is turned away: 401 for a token that is missing or wrong, 503 where the keys cannot be had. */
export class TokenError extends Error {
  override readonly name = 'TokenError';

  constructor(readonly status: 401 | 503) {
    super(status === 401 ? 'A token of Habeas for this service is needed.' : 'The keys of Habeas cannot be read now.');
  }
}

/**
 * Checks that a request comes from Habeas, for this service, with this scope: signed with one of its published keys,
 * `iss`, `aud` and `exp` right, the scope under `authorization.permissions`. Answers the token's `sub`.
 */
export type TokenCheck = (authorization: string | undefined, scope: Scope) => Promise<string>;

/** Throws `TokenError`. Keys are fetched on first use and again when an unknown one signs. */
export function tokenCheck({ jwksUrl, issuer, audience }: Setting): TokenCheck {
  const keys = createRemoteJWKSet(jwksUrl, { cooldownDuration: 1000 });
  return async (authorization, scope) => {
    const token = /^Bearer (\S+)$/.exec(authorization ?? '')?.[1];
    if (token === undefined) throw new TokenError(401);
    const payload = await verify(token);
    if (typeof payload.sub !== 'string' || !scopesOf(payload).includes(scope)) throw new TokenError(401);
    return payload.sub;
  };

  async function verify(token: string): Promise<JWTPayload> {
    try {
      const options = { issuer, audience, algorithms: ['EdDSA', 'Ed25519'], requiredClaims: ['exp', 'sub'] };
      return (await jwtVerify(token, keys, options)).payload;
    } catch (error) {
      throw new TokenError(isAboutToken(error) ? 401 : 503);
    }
  }
}

/** Anything that is not about the token itself is about fetching the keys. */
function isAboutToken(error: unknown): boolean {
  return (
    error instanceof errors.JWTExpired ||
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JWKSNoMatchingKey ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported
  );
}

function scopesOf(payload: JWTPayload): string[] {
  const { authorization } = payload as { authorization?: { permissions?: { scopes?: unknown }[] } };
  const permissions = authorization?.permissions;
  if (!Array.isArray(permissions)) return [];
  return permissions.flatMap(({ scopes }) => (Array.isArray(scopes) ? scopes.map(String) : []));
}
