import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import type { Config } from '../config.js';
import type { SigningKey } from '../crypto/keys.js';
import { signDocument, verifyDocument } from '../crypto/signed-document.js';
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
const RECEIPT = { typ: 'consent-receipt+jws', name: 'receipt', description: 'receipt of a consent' } as const;
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
export function signReceipt(key: SigningKey, receipt: Receipt): Promise<string> {
  return signDocument(key, RECEIPT, receipt);
}

/** What a signed receipt says, and which of `keys` signed it. Throws `HabeasError` that says why it is not genuine. */
export async function verifyReceipt(jws: string, keys: readonly JWK[]): Promise<{ receipt: Receipt; kid: string }> {
  const { document, kid } = await verifyDocument(jws, RECEIPT, keys);
  return { receipt: document as Receipt, kid };
}
