import type { Sql } from 'postgres';

/**
 * Removes events entered before `before` of which every service was told by then. What waits and dead letters stay, and
 * so does their event. Answers how many events were removed, at most `atMost`.
 */
export async function pruneEvents(sql: Sql, before: Date, atMost: number): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    with old as (
      select account_id, position from events
      where recorded_at < ${before} and not exists (
        select from event_deliveries
        where event_deliveries.account_id = events.account_id and event_deliveries.position = events.position
          and (status <> 'TOLD' or told_at >= ${before}))
      limit ${atMost} for update skip locked
    ), deliveries as (
      delete from event_deliveries using old
      where event_deliveries.account_id = old.account_id and event_deliveries.position = old.position
      returning service, sequence
    ), removed as (
      delete from events using old
      where events.account_id = old.account_id and events.position = old.position
      returning 1
    ), feeds as (
      update event_subscriptions subscription
      set pruned = pruned + gone.count, pruned_to = greatest(pruned_to, gone.last)
      from (
        select service, count(*) as count, max(sequence) as last from deliveries where sequence is not null group by service
      ) gone
      where gone.service = subscription.service
    )
    select count(*)::int as count from removed`;
  return row?.count ?? 0;
}
