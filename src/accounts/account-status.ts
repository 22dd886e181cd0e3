import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../database/database.js';
import type { AccountStatus } from './accounts.js';
import { accounts } from './accounts.tables.js';

/**
 * Takes the person's row until the transaction ends, so that what is decided about them is decided in one order, and
 * makes every reader look again before it releases anything. Answers the status; null for an unknown account.
 */
export async function takeForDecision(tx: Tx, accountId: string): Promise<AccountStatus | null> {
  const [row] = await tx
    .update(accounts)
    .set({ gateEpoch: sql`${accounts.gateEpoch} + 1` })
    .where(eq(accounts.id, accountId))
    .returning({ status: accounts.status });
  return row?.status ?? null;
}

/** Changes the status of an account that is taken. */
export async function setStatus(tx: Tx, now: Date, accountId: string, status: AccountStatus): Promise<void> {
  await tx.update(accounts).set({ status, updatedAt: now }).where(eq(accounts.id, accountId));
}
