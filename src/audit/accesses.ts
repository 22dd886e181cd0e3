import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Db } from '../database/database.js';
import { accesses } from './accesses.tables.js';

export type Access = typeof accesses.$inferSelect;

/** One read of personal data, of one person or of many. */
export interface Read {
  readonly accountIds: readonly string[];
  readonly at: Date;
  readonly caller: string;
  readonly purpose: string | null;
  /** Fideslang data categories of the fields asked for, sorted. */
  readonly categories: readonly string[];
  /** Names of the services that were asked, sorted. */
  readonly services: readonly string[];
}

/** Writes one row per person, with one statement. Resolves when it is durable: data is released after, never before. */
export async function recordRead(db: Db, read: Read): Promise<void> {
  await db.execute(sql`
    insert into accesses (account_id, at, caller, purpose, categories, services)
    select account_id, ${read.at.toISOString()}::timestamptz, ${read.caller}, ${read.purpose},
           ${sql.param([...read.categories])}::text[], ${sql.param([...read.services])}::text[]
    from unnest(${sql.param([...read.accountIds])}::uuid[]) as account_id`);
}

/** A person's accesses, newest first, before the one with id `before`. */
export async function accessesOf(db: Db, accountId: string, first: number, before: number | null) {
  const mine = eq(accesses.accountId, accountId);
  const rows = await db
    .select()
    .from(accesses)
    .where(and(mine, before === null ? undefined : lt(accesses.id, before)))
    .orderBy(desc(accesses.id))
    .limit(first + 1);
  const [count] = await db.select({ count: sql<number>`count(*)::int` }).from(accesses).where(mine);
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: count?.count ?? 0 };
}
