import { createHash } from 'node:crypto';
import { base64url, CompactSign, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import type { Config } from '../config.js';
import type { SigningKey } from '../crypto/keys.js';
import { badInput } from '../errors.js';
import type { Policy, PolicyPurpose } from '../policies/policies.js';
import type { CollectionChannel } from '../requests/requests.js';

/** A consent as it was given, and how it ended where it did: rows of the ledger. */
export interface ConsentOnRecord {
  readonly accountId: string;
  /** Of the event by which it was given. */
  readonly eventId: string;
  readonly purpose: string;
  readonly policyVersion: number;
  readonly wording: string | null;
  readonly locale: string | null;
  readonly given: RecordedAct;
  readonly validUntil: Date | null;
  readonly ending: (RecordedAct & { readonly action: 'WITHDRAWN' | 'EXPIRED' }) | null;
}

export interface RecordedAct {
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly channel: CollectionChannel;
  /** A role, never a name. */
  readonly actor: string;
}

/** What a receipt says beside the ledger: the version of the policy as published, and whose it is. */
export interface ReceiptTerms {
  readonly policy: Pick<Policy, 'version' | 'title' | 'effectiveFrom' | 'textSha256'>;
  readonly purpose: PolicyPurpose;
  readonly controller: Config['controller'];
  readonly dps: Config['dps'];
  readonly publicUrl: string;
}

/** A consent record with the fields and terms of ISO/IEC TS 27560:2023. Times are RFC 3339 in UTC. */
export type Receipt = ReturnType<typeof receiptOf>;

const SCHEMA_VERSION = 'ISO/IEC TS 27560:2023';
/** Tells a receipt from a token, which the same key signs (RFC 8725, section 3.11). */
const TYPE = 'consent-receipt+jws';
const CONTROLLER = 'controller';

/** The receipt of a consent. The same rows and terms always give the same receipt, to the byte. */
export function receiptOf(consent: ConsentOnRecord, terms: ReceiptTerms) {
  const { accountId, eventId, given, ending, validUntil, wording, locale } = consent;
  const { policy, purpose, controller, dps, publicUrl } = terms;
  const notice = `${publicUrl}/policy/${policy.version}`;
  return {
    schema_version: SCHEMA_VERSION,
    record_id: recordId(accountId, eventId),
    pii_principal_id: accountId,
    pii_processing: {
      privacy_notice: {
        url: notice,
        title: policy.title,
        version: policy.version,
        effective_from: policy.effectiveFrom,
        text_sha256: policy.textSha256,
      },
      language: locale ?? 'en',
      consent_text: wording,
      purposes: [
        {
          purpose: purpose.purpose,
          title: purpose.title,
          description: purpose.description,
          direct_marketing: purpose.marketing,
          lawful_basis: purpose.lawfulBasis,
          pii_information: purpose.categories.map((category) => ({ pii_type: category })),
          pii_controllers: [CONTROLLER],
          collection_method: given.channel,
          storage_locations: [`As told in ${notice}`],
          retention_period: purpose.retention ?? `As told in ${notice}`,
          recipient_third_parties: [...purpose.recipients],
          jurisdiction: 'GB',
        },
      ],
      withdrawal_method: {
        description: 'At any time, without a reason: in your account, or by letter or e-mail to the contact below.',
        graphql: `mutation { withdrawConsent(input: { purpose: "${purpose.purpose}" }) { consent { status } } }`,
        url: `${publicUrl}/graphql`,
      },
      privacy_rights: ['access', 'rectification', 'erasure', 'restriction', 'portability', 'objection', 'complaint'],
    },
    party_identification: [
      {
        party_id: CONTROLLER,
        party_role: 'pii_controller',
        party_type: 'organisation',
        party_name: controller.name,
        party_number: controller.companyNumber,
        party_address: controller.address,
        party_contact: { role: 'Data Protection Specialist', email: dps.email, address: dps.address },
      },
    ],
    events: [
      { ...eventOf(given), event_state: 'given', event_type: 'explicit', valid_until: told(validUntil) },
      ...(ending ? [{ ...eventOf(ending), event_state: ending.action.toLowerCase() }] : []),
    ],
  } as const;
}

const told = (at: Date | null) => at?.toISOString() ?? null;

const eventOf = ({ occurredAt, recordedAt, channel, actor }: RecordedAct) => ({
  event_time: occurredAt.toISOString(),
  recorded_time: recordedAt.toISOString(),
  channel,
  entity_id: actor,
});

/** A UUID made of the event's place in the ledger (RFC 9562, version 8). */
function recordId(accountId: string, eventId: string): string {
  const bytes = createHash('sha256').update(`consent\n${accountId}\n${eventId}`).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The receipt as a JSON Web Signature in compact form (RFC 7515), by EdDSA (RFC 8037). */
export function signReceipt({ kid, privateKey }: SigningKey, receipt: Receipt): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(receipt)))
    .setProtectedHeader({ alg: 'EdDSA', kid, typ: TYPE, cty: 'application/json' })
    .sign(privateKey);
}

/**
 * What a signed receipt says, and which of `keys` signed it. Throws `HabeasError` that says why it is not genuine,
 * also for a byte that other readers would pass over.
 */
export async function verifyReceipt(jws: string, keys: readonly JWK[]): Promise<{ receipt: Receipt; kid: string }> {
  const kid = kidOf(jws);
  const jwk = keys.find((key) => key.kid === kid);
  if (!jwk)
    throw badInput('receipt', 'is signed with a key that is not among those given: take the key set of who issued it.');
  const verified = await compactVerify(jws, await importJWK(jwk, 'EdDSA'), { algorithms: ['EdDSA'] }).catch(() => null);
  if (!verified) throw badInput('receipt', 'has been changed: the signature does not fit what it says.');
  return { receipt: JSON.parse(new TextDecoder().decode(verified.payload)) as Receipt, kid };
}

function kidOf(jws: string): string {
  const parts = jws.split('.');
  if (parts.length !== 3 || !parts.every(isCanonical)) {
    throw badInput('receipt', 'cannot be read: it is no signature in compact form, or a byte of it has been changed.');
  }
  const header = headerOf(jws);
  if (header?.typ !== TYPE || header.alg !== 'EdDSA' || typeof header.kid !== 'string') {
    throw badInput('receipt', 'is no receipt of a consent, or has been changed.');
  }
  return header.kid;
}

function headerOf(jws: string): ReturnType<typeof decodeProtectedHeader> | null {
  try {
    return decodeProtectedHeader(jws);
  } catch {
    return null;
  }
}

/** The last sign of a part has bits that say nothing: in one spelling alone they are all zero. */
function isCanonical(part: string): boolean {
  try {
    return part !== '' && base64url.encode(base64url.decode(part)) === part;
  } catch {
    return false;
  }
}
