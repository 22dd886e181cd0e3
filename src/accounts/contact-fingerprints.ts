import { createSecretKey, type KeyObject } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { blindIndex } from '../crypto/blind-index.js';
import type { Keys } from '../crypto/keys.js';
import type { Tx } from '../database/database.js';
import { badInput } from '../errors.js';
import type { AccountRecord } from './account-record.js';
import { contactFingerprints } from './accounts.tables.js';
import { normaliseIdentifier } from './identifier.js';

/** What an address is: where e-mail goes, calls and texts, or letters. */
export type AddressKind = 'EMAIL' | 'PHONE' | 'POST';

const suppressionKeys = new WeakMap<Keys, KeyObject>();

/** The suppression list has a key of its own, so that it tells nothing of accounts, and stays when theirs change. */
function suppressionKey(keys: Keys): KeyObject {
  const key = suppressionKeys.get(keys) ?? createSecretKey(keys.derive('suppression list'));
  suppressionKeys.set(keys, key);
  return key;
}

/** What an address is found by in the suppression list. Throws BAD_USER_INPUT naming `argument` for what is no address. */
export function contactFingerprint(keys: Keys, kind: AddressKind, address: string, argument: string): Buffer {
  return blindIndex(suppressionKey(keys), kind, normaliseAddress(kind, address, argument));
}

const LONGEST_POSTAL = 1_000;

/** Letters and digits are what makes a postal address; spaces, commas, lines and case are not. */
function normaliseAddress(kind: AddressKind, address: string, argument: string): string {
  if (kind !== 'POST') return normaliseIdentifier(kind, address, argument);
  if (address.length > LONGEST_POSTAL) throw badInput(argument, `is longer than ${LONGEST_POSTAL} characters.`);
  const essence = address
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
  if (essence === '') throw badInput(argument, 'is empty.');
  return essence;
}

/** Writes down where the person can be reached, in place of what was written before. */
export async function replaceContacts(tx: Tx, keys: Keys, accountId: string, record: AccountRecord): Promise<void> {
  await tx.delete(contactFingerprints).where(eq(contactFingerprints.accountId, accountId));
  await addContacts(tx, keys, accountId, record);
}

/** Writes down where a person can be reached of whom nothing is written yet. */
export async function addContacts(tx: Tx, keys: Keys, accountId: string, record: AccountRecord): Promise<void> {
  const contacts = contactsOf(keys, record);
  if (contacts.length === 0) return;
  await tx.insert(contactFingerprints).values(contacts.map((contact) => ({ accountId, ...contact })));
}

interface Contact {
  readonly kind: AddressKind;
  readonly fingerprint: Buffer;
  readonly verified: boolean;
}

function contactsOf(keys: Keys, { profile, identifiers }: AccountRecord): Contact[] {
  const given: [AddressKind, string | null, boolean][] = [
    ...identifiers.flatMap(({ type, value, verified }): [AddressKind, string, boolean][] =>
      type === 'EMAIL' || type === 'PHONE' ? [[type, value, verified]] : [],
    ),
    ['EMAIL', profile.email, false],
    ['PHONE', profile.phone, false],
    ['POST', profile.postalAddress, false],
  ];
  const contacts = new Map<string, Contact>();
  for (const [kind, address, verified] of given) {
    if (!address?.trim()) continue;
    if (kind === 'POST' && !/[\p{L}\p{N}]/u.test(address)) continue;
    const fingerprint = contactFingerprint(keys, kind, address, 'profile');
    const name = `${kind} ${fingerprint.toString('hex')}`;
    // Identifiers come first: what is proven stays proven where the profile names it too.
    if (!contacts.has(name) || verified) contacts.set(name, { kind, fingerprint, verified });
  }
  return [...contacts.values()];
}

/** Fingerprints of the addresses that are proven to be the person's. */
export async function verifiedContacts(tx: Tx, accountId: string): Promise<Buffer[]> {
  const rows = await tx
    .select({ fingerprint: contactFingerprints.fingerprint })
    .from(contactFingerprints)
    .where(and(eq(contactFingerprints.accountId, accountId), eq(contactFingerprints.verified, true)));
  return rows.map(({ fingerprint }) => fingerprint);
}
