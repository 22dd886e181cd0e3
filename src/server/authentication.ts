import type { JWTPayload } from 'jose';
import type { Sql } from 'postgres';
import { loginFingerprint } from '../accounts/accounts.js';
import { type CallerAccounts, callerAccounts } from '../accounts/caller-accounts.js';
import { isUuid } from '../accounts/uuid.js';
import { clientReader } from '../clients/client-reader.js';
import type { Client } from '../clients/clients.js';
import { isSecret } from '../clients/secret.js';
import type { Config } from '../config.js';
import type { Keys } from '../crypto/keys.js';
import { HabeasError, unauthenticated } from '../errors.js';
import { ANONYMOUS, type Caller, type ServiceCaller, type StaffCaller, type StaffRole } from '../gate/caller.js';
import { DEVELOPMENT_ISSUER } from './development-issuer.js';
import { discover, type Issuer, localIssuer } from './issuer.js';
import { tokenReader } from './token-claims.js';

/** Finds out who is calling from the headers of a request. Throws UNAUTHENTICATED for a token that is not good. */
export type Authenticate = (headers: Readonly<Record<string, string | string[] | undefined>>) => Promise<Caller>;

/**
 * Tokens of the configured OpenID Connect issuer, in development those of `habeas token` as well, and secrets of
 * clients. What a token says is remembered for a while; whether the client or account is there is read each time.
 */
export async function authentication(config: Config, keys: Keys, sql: Sql): Promise<Authenticate> {
  const issuers: Issuer[] = [];
  if (config.oidc.issuer) issuers.push(await discover(config.oidc.issuer));
  if (config.environment !== 'production') {
    issuers.push(localIssuer(DEVELOPMENT_ISSUER, { keys: [keys.signing.publicJwk] }));
  }
  const bearerOf = tokenReader(issuers, config.oidc.audience, (claims) => readClaims(claims, config, keys));
  const clients = clientReader(sql);
  const accounts = callerAccounts(sql);
  return async (headers) => {
    const header = single(headers.authorization);
    if (header === undefined) return ANONYMOUS;
    const token = tokenIn(header);
    const purpose = single(headers['x-purpose']);
    if (isSecret(token)) return serviceCaller(await clients.bySecret(token), purpose);
    const bearer = await bearerOf(token);
    switch (bearer.kind) {
      case 'STAFF':
        return bearer;
      case 'SERVICE':
        return serviceCaller(await clients.byName(bearer.clientName), purpose ?? bearer.purpose);
      case 'SUBJECT':
        return subjectCaller(bearer, accounts);
    }
  };
}

function single(value: string | string[] | undefined): string | undefined {
  if (Array.isArray(value)) throw unauthenticated('A header was sent twice: send it once.');
  return value;
}

function tokenIn(header: string): string {
  const token = /^Bearer (\S+)$/i.exec(header)?.[1];
  if (!token) throw unauthenticated('The header "authorization" is not "Bearer <token>".');
  return token;
}

/** Whom a token speaks for. */
type Bearer = StaffCaller | ServiceBearer | SubjectBearer;

interface ServiceBearer {
  readonly kind: 'SERVICE';
  readonly clientName: string;
  readonly purpose: string | undefined;
}

interface SubjectBearer {
  readonly kind: 'SUBJECT';
  readonly login: { readonly issuer: string; readonly subject: string };
  readonly fingerprint: Buffer;
  readonly verifiedEmail: string | null;
}

const ROLES: readonly StaffRole[] = ['dps', 'support'];

/**
 * Staff carry roles; a service's token is its own subject (RFC 9068, client credentials); everybody else is a person.
 */
function readClaims(claims: JWTPayload, config: Config, keys: Keys): Bearer {
  const { sub: subject = '', iss: issuer = '', purpose } = claims;
  const listed = claims[config.oidc.rolesClaim];
  const roles = Array.isArray(listed) ? ROLES.filter((role) => listed.includes(role)) : [];
  if (roles.length > 0) return { kind: 'STAFF', staffId: subject, roles };
  const client = claims.client_id ?? claims.azp;
  if (typeof client === 'string' && client === subject) {
    return { kind: 'SERVICE', clientName: client, purpose: typeof purpose === 'string' ? purpose : undefined };
  }
  return {
    kind: 'SUBJECT',
    login: { issuer, subject },
    fingerprint: loginFingerprint(keys, issuer, subject),
    verifiedEmail: claims.email_verified === true && typeof claims.email === 'string' ? claims.email : null,
  };
}

/** A development token names the account itself; an identity provider's names a login that registration has joined to one. */
async function subjectCaller({ login, fingerprint, verifiedEmail }: SubjectBearer, accounts: CallerAccounts) {
  const named = login.issuer === DEVELOPMENT_ISSUER && isUuid(login.subject) ? login.subject.toLowerCase() : null;
  const accountId = (named && (await accounts.byId(named))) ?? (await accounts.byLogin(fingerprint));
  return { kind: 'SUBJECT', accountId, login, verifiedEmail } as const;
}

function serviceCaller(client: Client | null, purpose: string | undefined): ServiceCaller {
  if (!client || client.revokedAt) throw unauthenticated('This client is not registered, or no longer.');
  const { id, name, affiliation, purposes, manifestId } = client;
  const only = purposes.length === 1 ? (purposes[0] ?? null) : null;
  const named = purpose || only;
  if (named !== null && !purposes.includes(named)) {
    throw new HabeasError(
      'PURPOSE_NOT_PERMITTED',
      `This client is not registered for the purpose it named. Registered: ${purposes.join(', ') || 'none'}.`,
    );
  }
  const caller: ServiceCaller = { kind: 'SERVICE', clientId: id, name, affiliation, purposes, purpose: named };
  return manifestId === null ? caller : { ...caller, manifestId };
}
