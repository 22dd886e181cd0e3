import { randomUUID } from 'node:crypto';
import { and, count, desc, eq, isNull, type SQL, sql } from 'drizzle-orm';
import { takeForDecision } from '../accounts/account-status.js';
import { anyOf } from '../database/any-of.js';
import type { Db, Tx } from '../database/database.js';
import { conflict, notFound } from '../errors.js';
import { legalHoldReleases, legalHolds } from './holds.tables.js';

/** A hold, and how it ended where it did. */
export interface Hold {
  readonly id: string;
  readonly accountId: string;
  /** The one service it is about; null: everything. */
  readonly service: string | null;
  /** The one collection of that service; null: all of them. */
  readonly collection: string | null;
  readonly reason: string;
  readonly placedBy: string;
  readonly placedAt: Date;
  readonly releasedBy: string | null;
  readonly releasedAt: Date | null;
  readonly releaseNote: string | null;
}

export interface Placing {
  readonly accountId: string;
  readonly reason: string;
  readonly service: string | null;
  readonly collection: string | null;
  readonly actor: string;
}

const COLUMNS = {
  id: legalHolds.id,
  accountId: legalHolds.accountId,
  service: legalHolds.service,
  collection: legalHolds.collection,
  reason: legalHolds.reason,
  placedBy: legalHolds.placedBy,
  placedAt: legalHolds.placedAt,
  releasedBy: legalHoldReleases.releasedBy,
  releasedAt: legalHoldReleases.releasedAt,
  releaseNote: legalHoldReleases.note,
};

const STANDING = isNull(legalHoldReleases.holdId);

const holds = (db: Db | Tx) =>
  db.select(COLUMNS).from(legalHolds).leftJoin(legalHoldReleases, eq(legalHoldReleases.holdId, legalHolds.id));

/**
 * From this transaction on nothing the hold is about is erased. It takes the person's row, as an erasure does before it
 * asks for holds, so that one of the two is first. The same hold again while it stands is answered, not placed twice.
 */
export async function placeHold(tx: Tx, now: Date, placing: Placing): Promise<Hold> {
  const { accountId, reason, service, collection, actor } = placing;
  const status = await takeForDecision(tx, accountId);
  if (status === null || status === 'ERASED') throw notFound('accountId: there is no account with this id.');
  if (status === 'ERASING') throw conflict('accountId: the account is being erased already: a hold comes too late.');
  const same = (await holdsOn(tx, accountId)).find(
    (hold) => hold.reason === reason && hold.service === service && hold.collection === collection,
  );
  if (same) return same;
  const placed = { id: randomUUID(), accountId, service, collection, reason, placedBy: actor, placedAt: now };
  await tx.insert(legalHolds).values(placed);
  return { ...placed, releasedBy: null, releasedAt: null, releaseNote: null };
}

/** Ends a hold; that it stood stays on record. Released again, it is a CONFLICT. */
export async function releaseHold(tx: Tx, now: Date, holdId: string, note: string, actor: string): Promise<Hold> {
  const [hold] = await holds(tx).where(eq(legalHolds.id, holdId));
  if (!hold) throw notFound('holdId: there is no hold with this id.');
  const rows = await tx
    .insert(legalHoldReleases)
    .values({ holdId, note, releasedBy: actor, releasedAt: now })
    .onConflictDoNothing()
    .returning({ holdId: legalHoldReleases.holdId });
  if (rows.length === 0) throw conflict('holdId: this hold has been released already.');
  return { ...hold, releasedBy: actor, releasedAt: now, releaseNote: note };
}

/**
 * The holds that stand on a person: to be asked before anything of theirs is erased, anonymised or ends by retention.
 * Whoever goes on to do so takes the person's row first (`takeForDecision`), in the same transaction.
 */
export async function holdsOn(db: Db | Tx, accountId: string): Promise<Hold[]> {
  return holds(db)
    .where(and(eq(legalHolds.accountId, accountId), STANDING))
    .orderBy(legalHolds.placedAt, legalHolds.id);
}

/** Whether any of `standing` keeps this collection as it is. */
export function isHeld(standing: readonly Hold[], service: string, collection: string): boolean {
  return standing.some(
    (hold) =>
      (hold.service === null || hold.service === service) &&
      (hold.collection === null || hold.collection === collection),
  );
}

/** All holds there ever were on these people, oldest first. One query. */
export async function holdsOfAccounts(db: Db, accountIds: readonly string[]): Promise<Hold[]> {
  return holds(db).where(anyOf(legalHolds.accountId, accountIds)).orderBy(legalHolds.placedAt, legalHolds.id);
}

export interface HoldFilter {
  readonly accountId: string | null;
  /** Left out are those that were released. */
  readonly standingOnly: boolean;
}

/** A page of everybody's holds, newest first. */
export async function listHolds(
  db: Db,
  { accountId, standingOnly }: HoldFilter,
  first: number,
  after: { readonly placedAt: Date; readonly id: string } | null,
): Promise<{ rows: Hold[]; hasNextPage: boolean; totalCount: number }> {
  const wanted: (SQL | undefined)[] = [
    accountId === null ? undefined : eq(legalHolds.accountId, accountId),
    standingOnly ? STANDING : undefined,
  ];
  const place = after
    ? sql`(${legalHolds.placedAt} < ${after.placedAt.toISOString()}::timestamptz
        or (${legalHolds.placedAt} = ${after.placedAt.toISOString()}::timestamptz and ${legalHolds.id} > ${after.id}))`
    : undefined;
  const [rows, [counted]] = await Promise.all([
    holds(db)
      .where(and(...wanted, place))
      .orderBy(desc(legalHolds.placedAt), legalHolds.id)
      .limit(first + 1),
    db
      .select({ count: count() })
      .from(legalHolds)
      .leftJoin(legalHoldReleases, eq(legalHoldReleases.holdId, legalHolds.id))
      .where(and(...wanted)),
  ]);
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: counted?.count ?? 0 };
}
