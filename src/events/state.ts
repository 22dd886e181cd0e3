import type { Sql } from 'postgres';
import { EVENTS_DUE } from './events.js';

export type DeliveryStatus = 'PENDING' | 'TOLD' | 'DEAD';

/** How it stands with telling one service. */
export interface DeliveryState {
  readonly service: string;
  /** Whether it fetches its events itself. */
  readonly pulls: boolean;
  readonly since: Date;
  readonly waiting: number;
  /** Since when the oldest that waits does. */
  readonly waitingSince: Date | null;
  readonly deadLetters: number;
  /** Since when nothing has reached it. */
  readonly failingSince: Date | null;
}

/** Every service that is told of events, by name. */
export async function deliveryStates(sql: Sql): Promise<DeliveryState[]> {
  return sql<DeliveryState[]>`
    select subscription.service, pulls, since, failing_since as "failingSince",
      coalesce(waiting, 0)::int as waiting, "waitingSince", coalesce(dead, 0)::int as "deadLetters"
    from event_subscriptions subscription
    left join lateral (
      select count(*) as waiting, min(pending_since) as "waitingSince" from event_deliveries
      where service = subscription.service and status = 'PENDING') as pending on true
    left join lateral (
      select count(*) as dead from event_deliveries
      where service = subscription.service and status = 'DEAD') as dead on true
    where ended_at is null order by subscription.service`;
}

/** How often each service was told, or not, by outcome. */
export async function attemptsOf(
  sql: Sql,
): Promise<{ readonly service: string; readonly outcome: string; readonly attempts: number }[]> {
  return sql`select service, outcome, attempts::float8 as attempts from event_attempts`;
}

/** An event that was given up, of which its service does not know. */
export interface DeadLetter {
  readonly id: string;
  readonly service: string;
  readonly accountId: string;
  readonly type: string;
  readonly recordedAt: Date;
  readonly attempts: number;
  readonly triedAt: Date | null;
  readonly failure: string | null;
  readonly position: string;
}

/** The dead letters of a service, or of all, the oldest first, after the place `after`. */
export async function deadLetters(
  sql: Sql,
  { service, first, after }: { service: string | null; first: number; after: string | null },
): Promise<{ rows: DeadLetter[]; hasNextPage: boolean; totalCount: number }> {
  const [afterService, afterPosition] = after?.split(' ') ?? [];
  const rows = await sql<DeadLetter[]>`
    select delivery.id, delivery.service, account_id as "accountId", event.type, event.recorded_at as "recordedAt",
      delivery.attempts, delivery.tried_at as "triedAt", delivery.failure, position::text
    from event_deliveries delivery join events event using (account_id, position)
    where delivery.status = 'DEAD' and (${service}::text is null or delivery.service = ${service})
      and (${after}::text is null
        or (delivery.service, position) > (${afterService ?? null}::text, ${afterPosition ?? null}::bigint))
    order by delivery.service, position limit ${first + 1}`;
  const [counted] = await sql<{ total: number }[]>`
    select count(*)::int as total from event_deliveries
    where status = 'DEAD' and (${service}::text is null or service = ${service})`;
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: counted?.total ?? 0 };
}

/** Sends dead letters again: those named, of a service, or all. Answers how many. */
export async function redeliver(
  sql: Sql,
  { service, ids }: { service: string | null; ids: readonly string[] | null },
): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    with dead as (
      select account_id, service, position from event_deliveries
      where status = 'DEAD' and (${service}::text is null or service = ${service})
        and (${ids === null} or id = any(${[...(ids ?? [])]}::uuid[]))
      order by position for update
    ), again as (
      update event_deliveries delivery
      set status = 'PENDING', attempts = 0, due_at = now(), pending_since = now()
      from dead
      where delivery.account_id = dead.account_id and delivery.service = dead.service
        and delivery.position = dead.position
      returning 1
    )
    select count(*)::int as count, pg_notify(${EVENTS_DUE}, '') from again`;
  return row?.count ?? 0;
}

/** That a service is told of something a person did. */
export interface Told {
  readonly service: string;
  readonly status: DeliveryStatus;
  /** When it was told; null: not yet. */
  readonly at: Date | null;
}

/** Which services are told of each of these consent events, in the order asked. */
export async function toldOf(
  sql: Sql,
  acts: readonly { readonly accountId: string; readonly id: string }[],
): Promise<Told[][]> {
  const rows = await sql<(Told & { number: number })[]>`
    select act.number::int, delivery.service, delivery.status, delivery.told_at as at
    from unnest(${acts.map(({ accountId }) => accountId)}::uuid[], ${acts.map(({ id }) => id)}::text[])
      with ordinality as act (account_id, source_id, number)
    join events event on event.account_id = act.account_id and event.source_id = act.source_id
      and event.type in ('consent.given', 'consent.withdrawn', 'consent.expired')
    join event_deliveries delivery on delivery.account_id = event.account_id and delivery.position = event.position
    order by delivery.service`;
  const told: Told[][] = acts.map(() => []);
  for (const { number, ...each } of rows) told[number - 1]?.push(each);
  return told;
}
