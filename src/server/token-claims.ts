import { createHash } from 'node:crypto';
import { type JWTPayload, jwtVerify } from 'jose';
import { HabeasError, unauthenticated } from '../errors.js';
import type { Issuer } from './issuer.js';

/** What a good token says, as `Meaning` reads its claims. Throws UNAUTHENTICATED for a token that is not good. */
export type ReadToken<Meaning> = (token: string) => Promise<Meaning>;

const ALGORITHMS = ['EdDSA', 'ES256', 'RS256', 'PS256'];
const CLOCK_TOLERANCE_S = 60;
const LONGEST_TOKEN = 8_192;

/** A token is not verified again for so long, unless it expires or its issuer's keys change before. */
const REMEMBERED_FOR_MS = 60_000;
const MOST_REMEMBERED = 20_000;

interface Remembered<Meaning> {
  readonly meaning: Meaning;
  readonly issuer: Issuer;
  readonly keys: object;
  readonly until: number;
}

/**
 * Reads tokens of these issuers (RFC 9068). What one says is remembered under its SHA-256, together with the keys it was
 * verified with, so that a key taken back counts no longer.
 */
export function tokenReader<Meaning>(
  issuers: readonly Issuer[],
  audience: string,
  meaningOf: (claims: JWTPayload) => Meaning,
): ReadToken<Meaning> {
  const remembered = new Map<string, Remembered<Meaning>>();
  return async (token) => {
    const hash = createHash('sha256').update(token).digest('base64');
    const known = remembered.get(hash);
    if (known && Date.now() < known.until && known.issuer.keysNow() === known.keys) return known.meaning;
    remembered.delete(hash);
    const issuer = issuerOf(token, issuers);
    const claims = await verify(token, issuer, audience);
    const meaning = meaningOf(claims);
    const until = Math.min((claims.exp ?? 0) * 1_000, Date.now() + REMEMBERED_FOR_MS);
    const keys = issuer.keysNow();
    if (keys && until > Date.now()) {
      remembered.set(hash, { meaning, issuer, keys, until });
      const [oldest] = remembered.keys();
      if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    }
    return meaning;
  };
}

/** One answer for every bad token: what exactly was wrong helps only somebody who forges them. */
const badToken = () => unauthenticated('The token is not valid here, or no longer: get a new one.');

function issuerOf(token: string, issuers: readonly Issuer[]): Issuer {
  if (token.length > LONGEST_TOKEN) throw badToken();
  try {
    const { iss } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const issuer = issuers.find(({ name }) => name === iss);
    if (issuer) return issuer;
  } catch {
    // No JWT at all.
  }
  throw badToken();
}

async function verify(token: string, issuer: Issuer, audience: string): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(token, issuer.key, {
      issuer: issuer.name,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp', 'iat', 'sub'],
    });
    if (isName(payload.sub)) return payload;
  } catch (error) {
    if (error instanceof HabeasError) throw error;
  }
  throw badToken();
}

/** Text that can be looked up: not empty, no control characters. */
const isName = (claim: unknown): claim is string => typeof claim === 'string' && /^[^\p{Cc}\p{Cs}]+$/u.test(claim);
