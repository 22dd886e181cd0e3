import { randomUUID } from 'node:crypto';
import { and, asc, desc, eq, gt, inArray, lt, or, type SQL, sql } from 'drizzle-orm';
import { anyOf } from '../database/any-of.js';
import type { Db, Tx } from '../database/database.js';
import { badInput, conflict, notFound } from '../errors.js';
import { dueDate, endOfLondonDay, londonDay } from './deadline.js';
import {
  collectionChannel,
  privacyRequestStatus,
  privacyRequests,
  privacyRequestType,
  requestEvents,
  serviceTasks,
} from './requests.tables.js';

export type PrivacyRequestType = (typeof privacyRequestType.enumValues)[number];
export type PrivacyRequestStatus = (typeof privacyRequestStatus.enumValues)[number];
export type CollectionChannel = (typeof collectionChannel.enumValues)[number];
export type PrivacyRequest = typeof privacyRequests.$inferSelect;
export type ServiceTask = typeof serviceTasks.$inferSelect;
export type RequestEvent = typeof requestEvents.$inferSelect;

/** Channel of Postgres notifications; the payload is the id of the request that changed. */
export const REQUEST_CHANGED = 'habeas_request_changed';

const TERMINAL: readonly PrivacyRequestStatus[] = ['COMPLETED', 'REJECTED', 'CANCELLED'];
const OLDEST_RECEIPT_YEARS = 2;

export interface NewRequest {
  readonly accountId: string;
  readonly type: PrivacyRequestType;
  readonly channel: CollectionChannel;
  /** When it arrived, where it was entered later; now otherwise. */
  readonly receivedAt?: Date | undefined;
  /** Why, in the words of whoever asked. */
  readonly reason?: string | null;
  readonly parameters: Record<string, unknown>;
  readonly idempotencyKey?: string | undefined;
  /** Names of the services that have something to do for it; none where it takes effect here and at once. */
  readonly tasks: readonly string[];
  readonly actor: string;
  readonly region: 'ENG' | 'SCT' | 'WLS' | 'NIR';
}

/**
 * Opens a request and starts its clock. The same idempotency key again answers the first request, `isNew` false; with
 * other parameters it is a CONFLICT.
 */
export async function open(
  tx: Tx,
  now: Date,
  request: NewRequest,
): Promise<{ request: PrivacyRequest; isNew: boolean }> {
  const receivedAt = checkReceipt(request.receivedAt, now);
  const [row] = await tx
    .insert(privacyRequests)
    .values({
      id: randomUUID(),
      accountId: request.accountId,
      type: request.type,
      status: 'IN_PROGRESS',
      channel: request.channel,
      receivedAt,
      loggedAt: now,
      dueOn: dueDate(londonDay(receivedAt), { region: request.region }),
      reason: request.reason ?? null,
      parameters: request.parameters,
      idempotencyKey: request.idempotencyKey ?? null,
    })
    .onConflictDoNothing()
    .returning();
  if (!row) return { request: await findRepeat(tx, request), isNew: false };
  const tasks = request.tasks.map((service) => ({ requestId: row.id, service }));
  if (tasks.length > 0) await tx.insert(serviceTasks).values(tasks);
  await recordEvent(tx, row.id, now, request.actor, 'received', `by ${request.channel}`);
  await notify(tx, row.id);
  return { request: row, isNew: true };
}

function checkReceipt(receivedAt: Date | undefined, now: Date): Date {
  if (!receivedAt) return now;
  if (receivedAt > now) throw badInput('receivedAt', 'lies in the future: give the day the request arrived.');
  const oldest = new Date(now);
  oldest.setUTCFullYear(oldest.getUTCFullYear() - OLDEST_RECEIPT_YEARS);
  if (receivedAt < oldest)
    throw badInput('receivedAt', `lies more than ${OLDEST_RECEIPT_YEARS} years back: check the year.`);
  return receivedAt;
}

async function findRepeat(tx: Tx, request: NewRequest): Promise<PrivacyRequest> {
  const [first] = await tx
    .select()
    .from(privacyRequests)
    .where(
      and(
        eq(privacyRequests.accountId, request.accountId),
        eq(privacyRequests.idempotencyKey, request.idempotencyKey ?? ''),
      ),
    );
  if (!first) throw new Error('an insert met a conflict that is not there');
  const same = first.type === request.type && canonical(first.parameters) === canonical(request.parameters);
  if (!same) throw conflict('idempotencyKey: was used for another request: take a new key.');
  return first;
}

const canonical = (value: Record<string, unknown>) =>
  JSON.stringify(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));

/** Those of these idempotency keys that a person's requests were opened with. */
export async function keysUsed(db: Db | Tx, accountId: string, keys: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .select({ key: privacyRequests.idempotencyKey })
    .from(privacyRequests)
    .where(and(eq(privacyRequests.accountId, accountId), anyOf(privacyRequests.idempotencyKey, keys)));
  return new Set(rows.flatMap(({ key }) => (key === null ? [] : [key])));
}

export async function findRequests(db: Db | Tx, ids: readonly string[]): Promise<(PrivacyRequest | null)[]> {
  const rows = await db.select().from(privacyRequests).where(anyOf(privacyRequests.id, ids));
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => byId.get(id) ?? null);
}

/** The request under its row lock: whoever holds it alone decides what happens next. Null for an unknown id. */
export async function lockRequest(tx: Tx, id: string): Promise<PrivacyRequest | null> {
  const [row] = await tx.select().from(privacyRequests).where(eq(privacyRequests.id, id)).for('update');
  return row ?? null;
}

export async function tasksOf(db: Db | Tx, requestIds: readonly string[]): Promise<ServiceTask[]> {
  return db
    .select()
    .from(serviceTasks)
    .where(anyOf(serviceTasks.requestId, requestIds))
    .orderBy(asc(serviceTasks.service));
}

export async function eventsOf(db: Db | Tx, requestIds: readonly string[]): Promise<RequestEvent[]> {
  return db
    .select()
    .from(requestEvents)
    .where(anyOf(requestEvents.requestId, requestIds))
    .orderBy(asc(requestEvents.requestId), asc(requestEvents.sequence));
}

/** A person's requests that have begun and not ended. */
export async function requestsUnderWay(db: Db | Tx, accountId: string): Promise<PrivacyRequest[]> {
  const mine = eq(privacyRequests.accountId, accountId);
  return db
    .select()
    .from(privacyRequests)
    .where(and(mine, inArray(privacyRequests.status, ['RECEIVED', 'AWAITING_IDENTITY', 'PAUSED', 'IN_PROGRESS'])))
    .orderBy(asc(privacyRequests.receivedAt), asc(privacyRequests.id));
}

export interface Page {
  readonly rows: readonly PrivacyRequest[];
  readonly hasNextPage: boolean;
  readonly totalCount: number;
}

/** A person's requests, newest first, after the request `after`. */
export async function requestsOf(db: Db | Tx, accountId: string, first: number, after: string | null): Promise<Page> {
  const mine = eq(privacyRequests.accountId, accountId);
  const position = sql`(select received_at, id from privacy_requests where id = ${after}::uuid and account_id = ${accountId}::uuid)`;
  const beyond = after ? sql`(${privacyRequests.receivedAt}, ${privacyRequests.id}) < ${position}` : undefined;
  const rows = await db
    .select()
    .from(privacyRequests)
    .where(and(mine, beyond))
    .orderBy(desc(privacyRequests.receivedAt), desc(privacyRequests.id))
    .limit(first + 1);
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: await count(db, mine) };
}

export interface QueueFilter {
  readonly type?: PrivacyRequestType | undefined;
  readonly status?: readonly PrivacyRequestStatus[] | undefined;
  readonly dueBefore?: Date | undefined;
}

/** Everybody's requests, soonest due first, after `after` ("due day|id"). */
export async function queue(
  db: Db | Tx,
  filter: QueueFilter,
  first: number,
  after: { dueOn: string; id: string } | null,
): Promise<Page> {
  const wanted = and(
    filter.type ? eq(privacyRequests.type, filter.type) : undefined,
    filter.status ? inArray(privacyRequests.status, [...filter.status]) : undefined,
    filter.dueBefore ? lt(privacyRequests.dueOn, londonDay(filter.dueBefore)) : undefined,
  );
  const beyond = after
    ? or(
        gt(privacyRequests.dueOn, after.dueOn),
        and(eq(privacyRequests.dueOn, after.dueOn), gt(privacyRequests.id, after.id)),
      )
    : undefined;
  const rows = await db
    .select()
    .from(privacyRequests)
    .where(and(wanted, beyond))
    .orderBy(asc(privacyRequests.dueOn), asc(privacyRequests.id))
    .limit(first + 1);
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: await count(db, wanted) };
}

async function count(db: Db | Tx, where: SQL | undefined): Promise<number> {
  const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(privacyRequests).where(where);
  return row?.count ?? 0;
}

/** Ends a request that has not ended. Running jobs see it at their next step. */
export async function cancel(
  tx: Tx,
  now: Date,
  id: string,
  actor: string,
  note: string | null,
): Promise<PrivacyRequest> {
  const request = await lockRequest(tx, id);
  if (!request) throw notFound('requestId: there is no request with this id that you may cancel.');
  if (request.status === 'CANCELLED') return request;
  if (TERMINAL.includes(request.status))
    throw conflict(`requestId: the request is ${request.status}, it cannot be cancelled.`);
  await tx
    .update(serviceTasks)
    .set({ status: 'SKIPPED' })
    .where(and(eq(serviceTasks.requestId, id), inArray(serviceTasks.status, ['PENDING', 'RUNNING', 'RETRYING'])));
  return setStatus(tx, now, request, 'CANCELLED', actor, note);
}

/** Moves a locked request to another status and writes it into its history. */
export async function setStatus(
  tx: Tx,
  now: Date,
  request: PrivacyRequest,
  status: PrivacyRequestStatus,
  actor: string,
  note: string | null = null,
): Promise<PrivacyRequest> {
  const ended = ['COMPLETED', 'PARTIALLY_COMPLETED', 'REJECTED', 'CANCELLED'].includes(status);
  const [row] = await tx
    .update(privacyRequests)
    .set({ status, completedAt: ended ? now : null })
    .where(eq(privacyRequests.id, request.id))
    .returning();
  if (!row) throw new Error('a locked request is gone');
  await recordEvent(tx, request.id, now, actor, status.toLowerCase().replaceAll('_', ' '), note);
  await notify(tx, request.id);
  return row;
}

/** Changes what is told of one service's task, where `attempt` is still its newest run. False: a newer run has begun. */
export async function updateTask(
  tx: Db | Tx,
  requestId: string,
  service: string,
  attempt: number,
  changes: Partial<Pick<ServiceTask, 'status' | 'records' | 'bytes' | 'lastError' | 'result'>>,
): Promise<boolean> {
  const rows = await tx
    .update(serviceTasks)
    .set(changes)
    .where(
      and(
        eq(serviceTasks.requestId, requestId),
        eq(serviceTasks.service, service),
        eq(serviceTasks.attempts, attempt),
        inArray(serviceTasks.status, ['RUNNING', 'RETRYING', 'PENDING']),
      ),
    )
    .returning({ service: serviceTasks.service });
  await notify(tx, requestId);
  return rows.length > 0;
}

/** Begins a run of one service's task. Null where there is nothing (more) to do. */
export async function beginTask(tx: Tx, requestId: string, service: string): Promise<ServiceTask | null> {
  const [row] = await tx
    .update(serviceTasks)
    .set({ status: 'RUNNING', attempts: sql`${serviceTasks.attempts} + 1`, records: null, bytes: null })
    .where(
      and(
        eq(serviceTasks.requestId, requestId),
        eq(serviceTasks.service, service),
        inArray(serviceTasks.status, ['PENDING', 'RUNNING', 'RETRYING']),
      ),
    )
    .returning();
  await notify(tx, requestId);
  return row ?? null;
}

/** Whether this is still the newest run of a task that has not ended: otherwise its work is not wanted any more. */
export async function isNewestRun(db: Db, requestId: string, service: string, attempt: number): Promise<boolean> {
  const rows = await db
    .select({ attempts: serviceTasks.attempts })
    .from(serviceTasks)
    .where(
      and(
        eq(serviceTasks.requestId, requestId),
        eq(serviceTasks.service, service),
        eq(serviceTasks.attempts, attempt),
        inArray(serviceTasks.status, ['RUNNING', 'RETRYING', 'PENDING']),
      ),
    );
  return rows.length > 0;
}

/** Sets tasks back to PENDING: these services', or all that did not succeed. Answers their services. */
export async function reopenTasks(tx: Tx, requestId: string, services?: readonly string[]): Promise<string[]> {
  const rows = await tx
    .update(serviceTasks)
    .set({ status: 'PENDING', lastError: null })
    .where(
      and(
        eq(serviceTasks.requestId, requestId),
        services
          ? inArray(serviceTasks.service, [...services])
          : inArray(serviceTasks.status, ['FAILED', 'RETRYING', 'PENDING', 'RUNNING']),
      ),
    )
    .returning({ service: serviceTasks.service });
  await notify(tx, requestId);
  return rows.map((row) => row.service);
}

export async function recordEvent(
  tx: Tx,
  requestId: string,
  at: Date,
  actor: string,
  action: string,
  note: string | null = null,
): Promise<void> {
  await tx.insert(requestEvents).values({
    requestId,
    sequence: sql`(select coalesce(max(sequence), 0) + 1 from request_events where request_id = ${requestId})`,
    at,
    actor,
    action,
    note,
  });
}

export const dueAt = (request: PrivacyRequest): Date => endOfLondonDay(request.dueOn);

export function isOverdue(request: PrivacyRequest, now: Date): boolean {
  return dueAt(request) < (request.completedAt ?? now);
}

/** Share of the work done, 0 to 1: services that have ended, over all. */
export function progressOf(request: PrivacyRequest, tasks: readonly ServiceTask[]): number {
  if (TERMINAL.includes(request.status) || request.status === 'PARTIALLY_COMPLETED') return 1;
  if (tasks.length === 0) return 0;
  const ended = tasks.filter(({ status }) => ['SUCCEEDED', 'FAILED', 'SKIPPED'].includes(status));
  // The package itself is still to be made when all services have ended.
  return ended.length / (tasks.length + 1);
}

async function notify(tx: Db | Tx, id: string): Promise<void> {
  await tx.execute(sql`select pg_notify(${REQUEST_CHANGED}, ${id})`);
}
