import type { Config } from '../config.js';
import { openDatabase } from '../database/database.js';
import { type PreferenceDifference, rebuildPreferences } from '../marketing/rebuild.js';

/**
 * Makes anew what holds of each marketing preference out of the ledger, or, with `check`, only compares. Prints what differed and
 * answers how much did.
 */
export async function rebuildMarketing(
  config: Config,
  { check }: { check: boolean },
  print: (line: string) => void,
): Promise<number> {
  const database = await openDatabase(config);
  try {
    const { people, differences } = await rebuildPreferences(database.sql, { check });
    for (const difference of differences) print(describe(difference));
    const found = differences.length === 0 ? 'nothing differs from the ledger' : `${differences.length} differed`;
    print(
      `people with preferences: ${people}; ${found}${check || differences.length === 0 ? '' : ', and are as it says now'}`,
    );
    return differences.length;
  } finally {
    await database.close();
  }
}

const describe = ({ accountId, scope, key, stored, ledger }: PreferenceDifference) =>
  `${accountId} ${key === '' ? scope : `${scope} ${key}`}: ${stored ?? 'nothing'}, but the ledger says ${ledger ?? 'nothing'}`;
