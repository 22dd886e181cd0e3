import type { Sql, TransactionSql } from 'postgres';
import type { Telling } from './payload.js';

export interface FeedEvent extends Telling {
  readonly id: string;
  readonly accountId: string;
  /** Place in the service's feed, from 1. */
  readonly sequence: string;
}

export interface FeedPage {
  readonly rows: readonly FeedEvent[];
  readonly hasNextPage: boolean;
  readonly totalCount: number;
}

/** Events that get their place by one look; whoever is that far behind comes again. */
const MOST_PLACED = 1_000;
const LOCK_SEED = 4_857_213;

/**
 * The events of a service after a place in its feed. An event gets its place only once it is committed, after all that
 * have theirs, by one reader at a time: so no place is ever passed over, in whatever order transactions commit, and one
 * person's events keep their order. Throws `BeforeKept` where events after the place are not kept any more. Of a service that is not sent its events, those up to `after` are taken to be told.
 */
export async function readFeed(sql: Sql, service: string, after: string | null, first: number): Promise<FeedPage> {
  return sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(hashtextextended(${service}, ${LOCK_SEED}))`;
    await tx`
      with unplaced as (
        select account_id, position from event_deliveries
        where service = ${service} and sequence is null order by position limit ${MOST_PLACED} for update
      ), placed as (
        select account_id, position, row_number() over (order by position) + (${lastPlace(tx, service)}) as place
        from unplaced
      )
      update event_deliveries delivery set sequence = place from placed
      where delivery.account_id = placed.account_id and delivery.service = ${service}
        and delivery.position = placed.position`;
    if (after !== null) {
      await tx`
        with fetched as (
          update event_deliveries set status = 'TOLD', told_at = clock_timestamp()
          where service = ${service} and status = 'PENDING' and sequence <= ${after}
            and exists (select from event_subscriptions where service = ${service} and pulls)
          returning 1
        )
        insert into event_attempts as counted (service, outcome, attempts)
        select ${service}, 'fetched', count(*) from fetched having count(*) > 0
        on conflict (service, outcome) do update set attempts = counted.attempts + excluded.attempts`;
    }
    const rows = await tx<FeedEvent[]>`
      select delivery.id, delivery.account_id as "accountId", delivery.sequence::text, event.type,
        event.occurred_at as "occurredAt", event.recorded_at as "recordedAt", event.purpose,
        event.policy_version as "policyVersion"
      from event_deliveries delivery join events event using (account_id, position)
      where delivery.service = ${service} and delivery.sequence > ${after ?? '0'}
      order by delivery.sequence limit ${first + 1}`;
    // Looked at last: what is removed from now on was still among the rows.
    const [kept] = await tx<{ total: number; prunedTo: string }[]>`
      select ((${lastPlace(tx, service)}) - pruned)::int as total, pruned_to::text as "prunedTo"
      from event_subscriptions where service = ${service}`;
    if (after !== null && BigInt(after) < BigInt(kept?.prunedTo ?? 0)) throw new BeforeKept();
    return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: kept?.total ?? 0 };
  });
}

/** Events that came after the place asked for are not kept any more. */
export class BeforeKept extends Error {
  override readonly name = 'BeforeKept';
}

/** The last place that was given. Nobody gets it again when its event is not kept any more. */
const lastPlace = (tx: TransactionSql, service: string) => tx`
  select greatest(
    (select coalesce(max(sequence), 0) from event_deliveries where service = ${service} and sequence is not null),
    (select pruned_to from event_subscriptions where service = ${service}))`;
