import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../database/database.js';
import type { AccountStatus } from './accounts.js';
import { accounts } from './accounts.tables.js';

/**
 * Takes the person's row until the transaction ends, so that what is decided about them is decided in one order, and
 * makes every reader look again before it releases anything. Answers the status; null for an unknown account.
 */
export async function takeForDecision(tx: Tx, accountId: string): Promise<AccountStatus | null> {
  return (await takeAccount(tx, accountId))?.status ?? null;
}

/** The same, with the epoch that what is read afterwards has to show. */
export async function takeAccount(
  tx: Tx,
  accountId: string,
): Promise<{ readonly status: AccountStatus; readonly epoch: string } | null> {
  const [row] = await tx.execute<{ status: AccountStatus; epoch: string }>(sql`
    update accounts set gate_epoch = gate_epoch + 1 where id = ${accountId}
    returning status, gate_epoch::text as epoch`);
  return row ?? null;
}

/** Changes the status of an account that is taken. */
export async function setStatus(tx: Tx, now: Date, accountId: string, status: AccountStatus): Promise<void> {
  await tx.update(accounts).set({ status, updatedAt: now }).where(eq(accounts.id, accountId));
}
