import type { Config } from '../config.js';
import { type Difference, rebuildStates } from '../consents/rebuild.js';
import { openDatabase } from '../database/database.js';

/**
 * Makes anew what holds of each consent out of the ledger, or, with `check`, only compares. Prints what differed and
 * answers how much did.
 */
export async function rebuildConsents(
  config: Config,
  { check }: { check: boolean },
  print: (line: string) => void,
): Promise<number> {
  const database = await openDatabase(config);
  try {
    const { people, differences } = await rebuildStates(database.sql, { check });
    for (const difference of differences) print(describe(difference));
    const found = differences.length === 0 ? 'nothing differs from the ledger' : `${differences.length} differed`;
    print(
      `people with consents: ${people}; ${found}${check || differences.length === 0 ? '' : ', and are as it says now'}`,
    );
    return differences.length;
  } finally {
    await database.close();
  }
}

const describe = ({ accountId, purpose, stored, ledger }: Difference) =>
  `${accountId} ${purpose}: ${stored ?? 'nothing'}, but the ledger says ${ledger ?? 'nothing'}`;
