import { createLocalJWKSet, createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { accountExists, findByLogin } from '../accounts/accounts.js';
import { isUuid } from '../accounts/uuid.js';
import { findClient } from '../clients/clients.js';
import type { Config } from '../config.js';
import type { Keys } from '../crypto/keys.js';
import type { Db } from '../database/database.js';
import { HabeasError, unauthenticated } from '../errors.js';
import { ANONYMOUS, type Caller, type StaffRole } from '../gate/caller.js';
import { DEVELOPMENT_ISSUER } from './development-issuer.js';

/** Finds out who is calling from the headers of a request. Throws UNAUTHENTICATED for a token that is not good. */
export type Authenticate = (headers: Readonly<Record<string, string | string[] | undefined>>) => Promise<Caller>;

const ALGORITHMS = ['EdDSA', 'ES256', 'RS256', 'PS256'];
const CLOCK_TOLERANCE_S = 60;
const LONGEST_TOKEN = 8_192;
const ROLES: readonly StaffRole[] = ['dps', 'support'];

interface Issuer {
  readonly name: string;
  readonly key: JWTVerifyGetKey;
}

/** Tokens of the configured OpenID Connect issuer; in development those of `habeas token` as well. */
export async function authentication(config: Config, keys: Keys, db: Db): Promise<Authenticate> {
  const issuers: Issuer[] = [];
  if (config.oidc.issuer) issuers.push(await discover(config.oidc.issuer));
  if (config.environment !== 'production') {
    issuers.push({ name: DEVELOPMENT_ISSUER, key: createLocalJWKSet({ keys: [keys.signing.publicJwk] }) });
  }
  return async (headers) => {
    const header = single(headers.authorization);
    if (header === undefined) return ANONYMOUS;
    const claims = await verify(bearer(header), issuers, config.oidc.audience);
    return callerOf(claims, single(headers['x-purpose']), config, keys, db);
  };
}

/** OpenID Connect Discovery 1.0: where the issuer publishes its keys. Keys are kept ten minutes. */
async function discover(issuer: string): Promise<Issuer> {
  const address = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(address, { redirect: 'error', signal: AbortSignal.timeout(5_000) }).catch(() => null);
  const document = answer?.ok
    ? ((await answer.json().catch(() => null)) as { issuer?: string; jwks_uri?: string } | null)
    : null;
  if (!document?.jwks_uri) throw new Error(`HABEAS_OIDC_ISSUER: ${address} does not answer with a discovery document.`);
  if (document.issuer !== issuer) throw new Error('HABEAS_OIDC_ISSUER: is not spelt as the issuer spells itself.');
  return { name: issuer, key: remoteKeys(document.jwks_uri) };
}

/** The issuer's published keys. That they cannot be had is not the token's fault. */
function remoteKeys(address: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(address), { timeoutDuration: 5_000 });
  return (header, token) =>
    keys(header, token).catch((error) => {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new HabeasError('SERVICE_UNAVAILABLE', 'The identity provider does not answer: try again.');
    });
}

function single(value: string | string[] | undefined): string | undefined {
  if (Array.isArray(value)) throw unauthenticated('A header was sent twice: send it once.');
  return value;
}

function bearer(header: string): string {
  const token = /^Bearer (\S+)$/i.exec(header)?.[1];
  if (!token) throw unauthenticated('The header "authorization" is not "Bearer <token>".');
  if (token.length > LONGEST_TOKEN) throw badToken();
  return token;
}

/** One answer for every bad token: what exactly was wrong helps only somebody who forges them. */
const badToken = () => unauthenticated('The token is not valid here, or no longer: get a new one.');

async function verify(token: string, issuers: readonly Issuer[], audience: string): Promise<JWTPayload> {
  const claimed = issuerOf(token);
  const issuer = issuers.find(({ name }) => name === claimed);
  if (!issuer) throw badToken();
  try {
    const options = {
      issuer: issuer.name,
      audience,
      algorithms: ALGORITHMS,
      clockTolerance: CLOCK_TOLERANCE_S,
      requiredClaims: ['exp', 'iat', 'sub'],
    };
    const { payload } = await jwtVerify(token, issuer.key, options);
    if (!isName(payload.sub)) throw badToken();
    return payload;
  } catch (error) {
    if (error instanceof HabeasError) throw error;
    throw badToken();
  }
}

/** Text that can be looked up: not empty, no control characters. */
const isName = (claim: unknown): claim is string => typeof claim === 'string' && /^[^\p{Cc}\p{Cs}]+$/u.test(claim);

function issuerOf(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()).iss;
  } catch {
    throw badToken();
  }
}

/**
 * Staff carry roles; a service's token is its own subject (RFC 9068, client credentials); everybody else is a person.
 */
async function callerOf(
  claims: JWTPayload,
  purpose: string | undefined,
  config: Config,
  keys: Keys,
  db: Db,
): Promise<Caller> {
  const subject = claims.sub ?? '';
  const listed = claims[config.oidc.rolesClaim];
  const roles = Array.isArray(listed) ? ROLES.filter((role) => listed.includes(role)) : [];
  if (roles.length > 0) return { kind: 'STAFF', staffId: subject, roles };
  const clientId = claims.client_id ?? claims.azp;
  if (typeof clientId === 'string' && clientId === subject)
    return serviceCaller(clientId, purpose ?? claims.purpose, db);
  const issuer = claims.iss ?? '';
  return {
    kind: 'SUBJECT',
    accountId: await accountOf(issuer, subject, keys, db),
    login: { issuer, subject },
    verifiedEmail: claims.email_verified === true && typeof claims.email === 'string' ? claims.email : null,
  };
}

/** A development token names the account itself; an identity provider's names a login that registration has joined to one. */
async function accountOf(issuer: string, subject: string, keys: Keys, db: Db): Promise<string | null> {
  if (issuer === DEVELOPMENT_ISSUER && isUuid(subject)) {
    const id = subject.toLowerCase();
    if (await accountExists(db, id)) return id;
  }
  return findByLogin(db, keys, issuer, subject);
}

async function serviceCaller(name: string, purpose: unknown, db: Db): Promise<Caller> {
  const client = await findClient(db, name);
  if (!client || client.revokedAt) throw unauthenticated('This client is not registered, or no longer.');
  const only = client.purposes.length === 1 ? (client.purposes[0] ?? null) : null;
  const named = typeof purpose === 'string' && purpose !== '' ? purpose : only;
  if (named !== null && !client.purposes.includes(named)) {
    throw new HabeasError(
      'PURPOSE_NOT_PERMITTED',
      `This client is not registered for the purpose it named. Registered: ${client.purposes.join(', ') || 'none'}.`,
    );
  }
  return {
    kind: 'SERVICE',
    clientId: client.id,
    name: client.name,
    affiliation: client.affiliation,
    purposes: client.purposes,
    purpose: named,
  };
}
