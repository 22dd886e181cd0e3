import { sql } from 'drizzle-orm';
import type { Tx } from '../database/database.js';

/** What services are told of. */
export const EVENT_TYPES = [
  'account.linked',
  'account.erased',
  'consent.given',
  'consent.withdrawn',
  'consent.expired',
  'consent.renewal_needed',
  'objection.withdrawn',
  'preferences.changed',
  'processing.objected',
  'processing.restricted',
  'restriction.lifted',
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

export interface NewEvent {
  readonly type: EventType;
  /** Whom it is about. The transaction has taken their account, so that their events are in one order. */
  readonly accountId: string;
  /** When it is entered. */
  readonly recordedAt: Date;
  /** When the person did it, where that was earlier. */
  readonly occurredAt?: Date;
  /** Fideslang data use it is about. */
  readonly purpose?: string;
  /** Version of the privacy policy it is about. */
  readonly policyVersion?: number;
  /** The only service it concerns; left out: every service that knows the person. */
  readonly service?: string;
  /** The record it is published for, by its capability's own id. */
  readonly sourceId?: string;
}

/** Postgres' NOTIFY that there is something to tell. */
export const EVENTS_DUE = 'events_due';

/**
 * Tells of something together with everything else `tx` writes: every subscribed service that knows the person will be
 * told, in order, once the transaction is committed and not otherwise. Services of others hear nothing of marketing.
 */
export async function publish(tx: Tx, published: NewEvent | readonly NewEvent[]): Promise<void> {
  const events = [published].flat();
  if (events.length === 0) return;
  const rows = events.map((event, number) => ({ ...event, number }));
  await tx.execute(sql`
    with published as (
      select *, coalesce("occurredAt", "recordedAt") as occurred_at
      from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as event (
        number int, "accountId" uuid, type text, "recordedAt" timestamptz, "occurredAt" timestamptz, purpose text,
        "policyVersion" int, service text, "sourceId" text)
    ), added as (
      insert into events
        (account_id, type, occurred_at, recorded_at, purpose, policy_version, source_id, service)
      select "accountId", type, occurred_at, "recordedAt", purpose, "policyVersion", "sourceId", service
      from published order by number
      returning account_id, position, type, purpose, service
    ), to_tell as (
      insert into event_deliveries (account_id, service, position)
      select added.account_id, subscription.service, added.position
      from added
      join service_links link on link.account_id = added.account_id
      join event_subscriptions subscription on subscription.service = link.service
      where subscription.ended_at is null and coalesce(added.service, link.service) = link.service
        and not (subscription.external and (
          added.type = 'preferences.changed' or coalesce(added.purpose, '') || '.' like 'marketing.%'
          or exists (select from policy_purposes named where named.purpose = added.purpose and named.marketing)))
      returning 1
    )
    select pg_notify(${EVENTS_DUE}, '') from to_tell limit 1`);
}
