import { SignJWT } from 'jose';
import type { Config } from '../config.js';
import type { Keys } from '../crypto/keys.js';
import type { StaffRole } from '../gate/caller.js';

/** `iss` of development tokens; never accepted in production. */
export const DEVELOPMENT_ISSUER = 'habeas-development';

export type TokenHolder =
  | { readonly kind: 'subject'; readonly accountId: string }
  | { readonly kind: 'client'; readonly name: string; readonly purpose: string | null }
  | { readonly kind: 'staff'; readonly role: StaffRole };

const VALID_FOR = '12h';

/** Signs a token for trying things out. Throws when NODE_ENV=production. */
export async function developmentToken(config: Config, keys: Keys, holder: TokenHolder): Promise<string> {
  if (config.environment === 'production') {
    throw new Error('Development tokens do not exist with NODE_ENV=production: get one from HABEAS_OIDC_ISSUER.');
  }
  const { subject, claims } = describe(holder, config);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', kid: keys.signing.kid, typ: 'at+jwt' })
    .setIssuer(DEVELOPMENT_ISSUER)
    .setAudience(config.oidc.audience)
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime(VALID_FOR)
    .sign(keys.signing.privateKey);
}

function describe(holder: TokenHolder, config: Config): { subject: string; claims: Record<string, unknown> } {
  switch (holder.kind) {
    case 'subject':
      return { subject: holder.accountId, claims: {} };
    case 'client':
      return {
        subject: holder.name,
        claims: { client_id: holder.name, ...(holder.purpose ? { purpose: holder.purpose } : {}) },
      };
    case 'staff':
      return { subject: `staff-${holder.role}`, claims: { [config.oidc.rolesClaim]: [holder.role] } };
  }
}
