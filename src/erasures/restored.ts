import { setStatus, takeForDecision } from '../accounts/account-status.js';
import { allAccountIds, notErased } from '../accounts/accounts.js';
import type { Keys } from '../crypto/keys.js';
import type { Db } from '../database/database.js';
import { compareWithFile, insertTombstones, tombstoneHash } from './tombstones.js';
import { restoredAccounts } from './tombstones.tables.js';

/**
 * To be called at each start, before anything is served: finds people who were erased and whom a database restored from
 * an older backup has again. They are ERASING from then on, and counted by `accountsToEraseAgain`. Answers how many
 * were found now.
 */
export async function findRestored({ db }: { readonly db: Db }, keys: Keys, file: string, now: Date): Promise<number> {
  const lacking = await compareWithFile(db, file);
  if (lacking.length === 0) return 0;
  const erased = new Set(lacking.flatMap(({ kind, hash }) => (kind === 'ACCOUNT' ? [hash.toString('hex')] : [])));
  const found: string[] = [];
  for await (const ids of allAccountIds(db)) {
    found.push(...ids.filter((accountId) => erased.has(tombstoneHash(keys, { accountId }).toString('hex'))));
  }
  await db.transaction(async (tx) => {
    for (const accountId of found) {
      const status = await takeForDecision(tx, accountId);
      if (status === null || status === 'ERASED') continue;
      await setStatus(tx, now, accountId, 'ERASING');
      await tx.insert(restoredAccounts).values({ accountId, foundAt: now }).onConflictDoNothing();
    }
    // With the same commit: a database that has them has been looked through.
    await insertTombstones(tx, lacking);
  });
  return found.length;
}

/** Who was erased, came back with a restored database, and is not erased again yet. While there is one, none is served. */
export async function accountsToEraseAgain(db: Db): Promise<string[]> {
  const rows = await db.select({ id: restoredAccounts.accountId }).from(restoredAccounts);
  const ids = rows.map(({ id }) => id);
  return ids.length === 0 ? [] : notErased(db, ids);
}
