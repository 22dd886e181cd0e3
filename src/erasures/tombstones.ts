import { createSecretKey, type KeyObject } from 'node:crypto';
import { inArray, sql } from 'drizzle-orm';
import { type IdentifierType, normaliseIdentifier } from '../accounts/identifier.js';
import { blindIndex } from '../crypto/blind-index.js';
import type { Keys } from '../crypto/keys.js';
import type { Db, Tx } from '../database/database.js';
import { appendTombstones, readTombstoneFile, type Tombstone } from './tombstone-file.js';
import { tombstones } from './tombstones.tables.js';

/** As what a person is known: their account, an external id of a service, an identifier. */
export type Known =
  | { readonly accountId: string }
  | { readonly service: string; readonly externalId: string }
  | { readonly type: IdentifierType; readonly value: string };

const tombstoneKeys = new WeakMap<Keys, KeyObject>();

/** Tombstones have a key of their own, so that nothing else that is stored can be matched with them. */
function tombstoneKey(keys: Keys): KeyObject {
  const key = tombstoneKeys.get(keys) ?? createSecretKey(keys.derive('tombstones'));
  tombstoneKeys.set(keys, key);
  return key;
}

/** What somebody is found by after they were erased. Throws BAD_USER_INPUT for what is no identifier. */
export function tombstoneHash(keys: Keys, known: Known): Buffer {
  const key = tombstoneKey(keys);
  if ('accountId' in known) return blindIndex(key, 'account', known.accountId);
  if ('service' in known) {
    const externalId = normaliseIdentifier('EXTERNAL_ID', known.externalId, 'externalId');
    return blindIndex(key, `link|${known.service}`, externalId);
  }
  return blindIndex(key, `identifier|${known.type}`, normaliseIdentifier(known.type, known.value, 'value'));
}

const kindOf = (known: Known) => ('accountId' in known ? 'ACCOUNT' : 'service' in known ? 'LINK' : 'IDENTIFIER');

/** Any constant: whoever holds it may write to the file. */
const FILE_LOCK = 4_857_213;

/**
 * Says for good, in the database and in the file beside it, that this is an erased person's. Both have it when it
 * resolves, and nothing of the person is erased before: so whatever was erased is in the file. Twice is as good as once.
 */
export async function layTombstones(
  { db, keys }: { readonly db: Db; readonly keys: Keys },
  file: string,
  now: Date,
  known: readonly Known[],
): Promise<void> {
  const laid = known.map((each) => ({ kind: kindOf(each), hash: tombstoneHash(keys, each), erasedAt: now }) as const);
  if (laid.length === 0) return;
  await insertTombstones(db, laid);
  await writing(db, () => appendTombstones(file, laid));
}

export async function insertTombstones(db: Db | Tx, laid: readonly Tombstone[]): Promise<void> {
  for (let from = 0; from < laid.length; from += BATCH) {
    await db
      .insert(tombstones)
      .values(laid.slice(from, from + BATCH))
      .onConflictDoNothing();
  }
}

const BATCH = 5_000;

/** Which of these are an erased person's. One query. */
export async function findErased(db: Db | Tx, keys: Keys, known: readonly Known[]): Promise<Known[]> {
  if (known.length === 0) return [];
  const hashes = known.map((each) => tombstoneHash(keys, each).toString('hex'));
  // As text: the driver takes an array of bytes for bytes.
  const given = sql`(select decode(hash, 'hex') from unnest(${sql.param(hashes)}::text[]) as given (hash))`;
  const rows = await db.select({ hash: tombstones.hash }).from(tombstones).where(inArray(tombstones.hash, given));
  const found = new Set(rows.map(({ hash }) => hash.toString('hex')));
  return known.filter((_, index) => found.has(hashes[index] ?? ''));
}

/** Whether this is an erased person's: to be asked before anything that comes in late is believed. */
export async function isErased(db: Db | Tx, keys: Keys, known: Known): Promise<boolean> {
  return (await findErased(db, keys, [known])).length > 0;
}

/** What the file has and the database lacks, after the file was given what it lacked itself. */
export async function compareWithFile(db: Db, file: string): Promise<Tombstone[]> {
  return writing(db, async (tx) => {
    const inFile = new Map(readTombstoneFile(file).map((each) => [each.hash.toString('hex'), each]));
    const rows = await tx.select().from(tombstones);
    const lacking = rows.filter(({ hash }) => !inFile.has(hash.toString('hex')));
    if (lacking.length > 0) await appendTombstones(file, lacking);
    for (const { hash } of rows) inFile.delete(hash.toString('hex'));
    return [...inFile.values()];
  });
}

/** One writer to the file at a time, of all processes. */
async function writing<Result>(db: Db, act: (tx: Tx) => Promise<Result>): Promise<Result> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${FILE_LOCK})`);
    return act(tx);
  });
}
