import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose';
import { HabeasError } from '../errors.js';

/** Somebody whose tokens count here. */
export interface Issuer {
  /** The `iss` of its tokens. */
  readonly name: string;
  /** Throws SERVICE_UNAVAILABLE where the keys cannot be had, which is not the token's fault. */
  readonly key: JWTVerifyGetKey;
  /** The keys it has now: another object once they were fetched anew. Null: they must be fetched before they count. */
  keysNow(): object | null;
}

const FETCHED_WITHIN_MS = 5_000;
const FRESH_FOR_MS = 10 * 60_000;
/** How long the last keys are good for when the issuer cannot be reached. */
const GOOD_FOR_MS = 60 * 60_000;
/** How often an issuer is asked that did not answer, or for a key it did not have. */
const ASKED_EVERY_MS = 30_000;

/** An issuer whose keys are known. */
export function localIssuer(name: string, keys: Parameters<typeof createLocalJWKSet>[0]): Issuer {
  return { name, key: createLocalJWKSet(keys), keysNow: () => keys };
}

/** OpenID Connect Discovery 1.0: where the issuer publishes its keys. */
export async function discover(issuer: string): Promise<Issuer> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const signal = AbortSignal.timeout(FETCHED_WITHIN_MS);
  const answer = await fetch(address, { redirect: 'error', signal }).catch(() => null);
  const document = answer?.ok
    ? ((await answer.json().catch(() => null)) as { issuer?: string; jwks_uri?: string } | null)
    : null;
  if (!document?.jwks_uri) throw new Error(`HABEAS_OIDC_ISSUER: ${address} does not answer with a discovery document.`);
  if (document.issuer !== issuer) throw new Error('HABEAS_OIDC_ISSUER: is not spelt as the issuer spells itself.');
  return remoteIssuer(issuer, document.jwks_uri);
}

/**
 * An issuer that publishes its keys. They are fetched every ten minutes, and where a token names one that is not among
 * them. While they cannot be fetched the last ones hold for an hour; after that nothing is taken for good.
 */
export function remoteIssuer(name: string, address: string): Issuer {
  const cache: JWKSCacheInput = {};
  const published = createRemoteJWKSet(new URL(address), {
    timeoutDuration: FETCHED_WITHIN_MS,
    cacheMaxAge: FRESH_FOR_MS,
    cooldownDuration: ASKED_EVERY_MS,
    [jwksCache]: cache,
  });
  let failedAt = Number.NEGATIVE_INFINITY;
  const age = () => Date.now() - (cache.uat ?? Number.NEGATIVE_INFINITY);
  const key: JWTVerifyGetKey = async (header, token) => {
    if (Date.now() - failedAt >= ASKED_EVERY_MS) {
      try {
        return await published(header, token);
      } catch (error) {
        if (isForeign(error)) throw error;
        failedAt = Date.now();
      }
    }
    if (!cache.jwks || age() >= GOOD_FOR_MS) throw unreachable();
    // A key that is not among the last ones known may have been published since.
    return createLocalJWKSet(cache.jwks)(header, token).catch(() => Promise.reject(unreachable()));
  };
  return { name, key, keysNow: () => (cache.jwks && age() < FRESH_FOR_MS ? cache.jwks : null) };
}

/** The issuer has answered, and the token's key is none of its own. */
const isForeign = (error: unknown) =>
  error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys;

const unreachable = () => new HabeasError('SERVICE_UNAVAILABLE', 'The identity provider does not answer: try again.');
