import type { Sql } from 'postgres';
import type { Telling } from './payload.js';

/** A delivery that is taken: nobody else tries it until the lease is over. Its failure is null, for it is not known yet. */
export interface Taken extends Telling {
  readonly accountId: string;
  readonly position: string;
  readonly id: string;
  readonly attempts: number;
  /** When it was taken, to the microsecond: tells this taking from any later one. */
  readonly taking: string;
  /** How long it has been waiting: milliseconds. */
  readonly ageMs: number;
}

/** What became of one attempt. `failure`: null where the service was told. */
export interface Outcome extends Pick<Taken, 'accountId' | 'position' | 'taking'> {
  readonly failure: string | null;
  /** When to try again: milliseconds from now; null: never. */
  readonly retryMs: number | null;
}

/**
 * The deliveries of one service, in Postgres. A person's are told in order: only their oldest that is waiting can be
 * taken. Each statement stands alone, so that no transaction is open while a service is called.
 */
export class DeliveryQueue {
  readonly #lease: string;

  /** @param leaseMs how long whoever has taken a delivery has for it; then they are taken to have died. */
  constructor(
    private readonly sql: Sql,
    private readonly service: string,
    leaseMs: number,
  ) {
    this.#lease = `interval '${leaseMs} milliseconds'`;
  }

  /** Takes up to `limit` that are due. */
  take(limit: number): Promise<Taken[]> {
    return this.#take('due_at <= now()', 'due_at', limit);
  }

  /** Takes the one that has not been tried for longest, due or not: to find out whether a service is back. */
  async probe(): Promise<Taken[]> {
    const isNotTaken = `(tried_at is null or failure is not null or tried_at <= now() - ${this.#lease})`;
    return this.#take(isNotTaken, 'tried_at nulls first, position', 1);
  }

  async #take(condition: string, order: string, limit: number): Promise<Taken[]> {
    return this.sql.unsafe<Taken[]>(
      `with due as (
         select account_id, position from event_deliveries waiting
         where service = $1 and status = 'PENDING' and ${condition} and not exists (
           select from event_deliveries earlier
           where earlier.account_id = waiting.account_id and earlier.service = waiting.service
             and earlier.position < waiting.position and earlier.status = 'PENDING')
         order by ${order} limit $2 for update skip locked
       ), taken as (
         update event_deliveries delivery
         set due_at = now() + ${this.#lease}, tried_at = clock_timestamp(), attempts = attempts + 1, failure = null
         from due
         where delivery.account_id = due.account_id and delivery.position = due.position and delivery.service = $1
         returning delivery.*
       )
       select taken.account_id as "accountId", taken.position::text, taken.id, taken.attempts,
         taken.tried_at::text as taking, extract(epoch from now() - taken.pending_since)::float8 * 1000 as "ageMs",
         event.type, event.occurred_at as "occurredAt", event.recorded_at as "recordedAt", event.purpose,
         event.policy_version as "policyVersion"
       from taken join events event using (account_id, position)
       order by taken.position`,
      [this.service, limit],
      { prepare: true },
    );
  }

  /** Writes down what became of attempts, unless somebody else has taken the delivery since. */
  async settle(outcomes: readonly Outcome[]): Promise<void> {
    // The feed takes the same rows in the same order: nobody waits for somebody who waits for them.
    await this.sql.unsafe(
      `with outcome as (
         select * from jsonb_to_recordset($2::text::jsonb) as outcome (
           "accountId" uuid, position bigint, taking timestamptz, failure text, "retryMs" float8)
       ), mine as (
         select delivery.account_id, delivery.position, outcome.failure, outcome."retryMs" as retry_ms
         from outcome join event_deliveries delivery
           on delivery.account_id = outcome."accountId" and delivery.service = $1
             and delivery.position = outcome.position and delivery.tried_at = outcome.taking
         where delivery.status = 'PENDING' order by delivery.position for update of delivery
       ), counted as (
         insert into event_attempts as counted (service, outcome, attempts)
         select $1, case when failure is null then 'told' when retry_ms is null then 'given_up' else 'failed' end as outcome,
           count(*)
         from mine group by 2 order by 2
         on conflict (service, outcome) do update set attempts = counted.attempts + excluded.attempts
       )
       update event_deliveries delivery
       set status = case when mine.failure is null then 'TOLD' when retry_ms is null then 'DEAD' else 'PENDING'
             end::event_delivery_status,
         told_at = case when mine.failure is null then clock_timestamp() end,
         due_at = now() + coalesce(retry_ms, 0) * interval '1 millisecond',
         failure = mine.failure
       from mine
       where delivery.account_id = mine.account_id and delivery.service = $1 and delivery.position = mine.position`,
      [this.service, JSON.stringify(outcomes)],
      { prepare: true },
    );
  }

  async isFailing(): Promise<boolean> {
    const [row] = await this.sql<{ failing: boolean }[]>`
      select failing_since is not null as failing from event_subscriptions where service = ${this.service}`;
    return row?.failing ?? false;
  }

  async setFailing(): Promise<void> {
    await this.sql`
      update event_subscriptions set failing_since = now() where service = ${this.service} and failing_since is null`;
  }

  /** The service is back: what waits for a later attempt is due now, but for what is being tried this moment. */
  async setWell(): Promise<void> {
    await this.sql.begin(async (tx) => {
      await tx`update event_subscriptions set failing_since = null where service = ${this.service}`;
      await tx.unsafe(
        `with late as (
           select account_id, position from event_deliveries
           where service = $1 and status = 'PENDING' and due_at > now() and failure is not null
           order by position for update
         )
         update event_deliveries delivery set due_at = now() from late
         where delivery.account_id = late.account_id and delivery.service = $1 and delivery.position = late.position`,
        [this.service],
      );
    });
  }
}
