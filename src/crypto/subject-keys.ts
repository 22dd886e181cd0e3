import { hkdfSync, randomBytes } from 'node:crypto';
import { anyOf } from '../database/any-of.js';
import type { Db, Tx } from '../database/database.js';
import type { KeyEncryption } from './key-encryption.js';
import { subjectKeys } from './subject-keys.tables.js';

/** What a person's wrapped key is bound to. */
export const contextOfKey = (accountId: string) => `keys.subject_keys|${accountId}`;

/**
 * Makes and stores a person's key. Answers it in clear, for the same transaction's first envelopes; null where the
 * person has one already.
 */
export async function createSubjectKey(tx: Tx, encryption: KeyEncryption, accountId: string): Promise<Buffer | null> {
  const key = randomBytes(32);
  const wrappedKey = await encryption.wrap(key, contextOfKey(accountId));
  const rows = await tx
    .insert(subjectKeys)
    .values({ accountId, wrappedKey })
    .onConflictDoNothing()
    .returning({ accountId: subjectKeys.accountId });
  return rows.length > 0 ? key : null;
}

/** Keys by account id; accounts without one (unknown or erased) are left out. */
export async function readSubjectKeys(
  db: Db | Tx,
  encryption: KeyEncryption,
  accountIds: readonly string[],
): Promise<Map<string, Buffer>> {
  const rows = await db.select().from(subjectKeys).where(anyOf(subjectKeys.accountId, accountIds));
  const keys = await Promise.all(
    rows.map(
      async (row) => [row.accountId, await encryption.unwrap(row.wrappedKey, contextOfKey(row.accountId))] as const,
    ),
  );
  return new Map(keys);
}

/** A key for one use, derived from a person's key: it dies with it (RFC 5869). */
export function deriveKey(subjectKey: Buffer, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', subjectKey, Buffer.alloc(0), use, 32));
}
