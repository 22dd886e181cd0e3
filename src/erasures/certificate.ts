import type { JWK } from 'jose';
import type { SigningKey } from '../crypto/keys.js';
import { signDocument, verifyDocument } from '../crypto/signed-document.js';
import type { ErasureAction } from '../services/service.js';

/** An erasure that was carried out, as the certificate tells it: ids and figures, nothing of the person. */
export interface CarriedOut {
  readonly requestId: string;
  /** Whose data it was: the account id, which leads to nobody any more. */
  readonly accountId: string;
  readonly askedBy: Part;
  readonly askedAt: Date;
  /** Null where no approval was needed. */
  readonly approvedBy: Part | null;
  readonly approvedAt: Date | null;
  /** SHA-256 of the plan that was approved, in hexadecimal digits. */
  readonly planDigest: string;
  readonly startedAt: Date;
  readonly completedAt: Date;
  readonly services: readonly ServiceErased[];
  /** When the person's own key was destroyed; null where their account was kept. */
  readonly keyDestroyedAt: Date | null;
}

/** Who did something: the role they acted in and an id that is no name. */
export interface Part {
  readonly role: string;
  readonly id: string;
}

export interface ServiceErased {
  readonly service: string;
  readonly collections: readonly CollectionErased[];
}

export interface CollectionErased {
  readonly collection: string;
  readonly action: ErasureAction;
  /** How many records the action was done to; for KEEP, how many are kept. */
  readonly records: number;
  /** When the service had done it; null: nothing was done, it was kept. */
  readonly at: Date | null;
  /** Why it is kept: the ground in law as the manifest names it, or that a hold stands. Never what staff wrote of a person. */
  readonly reason: string | null;
  /** Last day it is kept, `YYYY-MM-DD`; null: as long as the reason lasts. */
  readonly keptUntil: string | null;
  readonly evidence: Evidence;
}

/** What reading the service again showed. */
export interface Evidence {
  /** When it was read again; null where the service cannot be. */
  readonly verifiedAt: Date | null;
  /** How many records were found then. */
  readonly recordsLeft: number | null;
  /** SHA-256 of the service's own word that it was done, in hexadecimal digits, where it gave one. */
  readonly answerSha256: string | null;
}

/** Times are RFC 3339 in UTC. */
export type Certificate = ReturnType<typeof certificateOf>;

const CERTIFICATE = {
  typ: 'erasure-certificate+jws',
  name: 'certificate',
  description: 'certificate of an erasure',
} as const;

/** The certificate of an erasure. The same facts always give the same certificate, to the byte. */
export function certificateOf(id: string, { controller, issuer }: Issuer, erasure: CarriedOut) {
  return {
    schema: 'habeas/erasure-certificate/1',
    id,
    issuer,
    controller,
    request: {
      id: erasure.requestId,
      account: erasure.accountId,
      asked: actOf(erasure.askedBy, erasure.askedAt),
      approved: erasure.approvedBy && actOf(erasure.approvedBy, erasure.approvedAt),
      plan_sha256: erasure.planDigest,
    },
    started_at: erasure.startedAt.toISOString(),
    completed_at: erasure.completedAt.toISOString(),
    key_destroyed_at: told(erasure.keyDestroyedAt),
    services: sorted(erasure.services, ({ service }) => service).map(({ service, collections }) => ({
      service,
      collections: sorted(collections, ({ collection }) => collection).map((each) => ({
        collection: each.collection,
        action: each.action,
        records: each.records,
        at: told(each.at),
        reason: each.reason,
        kept_until: each.keptUntil,
        evidence: {
          verified_at: told(each.evidence.verifiedAt),
          records_left: each.evidence.recordsLeft,
          answer_sha256: each.evidence.answerSha256,
        },
      })),
    })),
  } as const;
}

/** Who vouches for it. */
export interface Issuer {
  /** Name of the company that is responsible for the data. */
  readonly controller: string;
  /** Where its keys are published: `<issuer>/.well-known/jwks.json`. */
  readonly issuer: string;
}

const told = (at: Date | null) => at?.toISOString() ?? null;
const actOf = ({ role, id }: Part, at: Date | null) => ({ role, id, at: told(at) });

function sorted<Item>(items: readonly Item[], keyOf: (item: Item) => string): Item[] {
  return [...items].sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1));
}

/** The certificate as a JSON Web Signature in compact form (RFC 7515), by EdDSA (RFC 8037). */
export function signCertificate(key: SigningKey, certificate: Certificate): Promise<string> {
  return signDocument(key, CERTIFICATE, certificate);
}

/** What a signed certificate says, and which of `keys` signed it. Throws `HabeasError` that says why it is not genuine. */
export async function verifyCertificate(
  jws: string,
  keys: readonly JWK[],
): Promise<{ certificate: Certificate; kid: string }> {
  const { document, kid } = await verifyDocument(jws, CERTIFICATE, keys);
  return { certificate: document as Certificate, kid };
}
