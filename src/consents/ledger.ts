import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../database/database.js';
import { type EventType, publish, type NewEvent as ToTell } from '../events/events.js';
import { type consentEvents, consentStates } from './consents.tables.js';
import { type ConsentAction, next, type Said, type State } from './fold.js';

export type ConsentEvent = typeof consentEvents.$inferSelect;
export type NewEvent = Omit<ConsentEvent, 'id' | 'accountId'>;
/** `eventId`: the act that holds, also where it has expired since. */
type Stored = State & { readonly eventId: number };
/** What holds of each use a person has said something of, by its key. */
export type States = ReadonlyMap<string, Stored>;

/** A state as JSON has it: times in milliseconds. */
export type StoredState = Readonly<
  Pick<Stored, 'status' | 'policyVersion' | 'eventId'> &
    Record<'since', number> &
    Record<'validUntil', number | null> &
    Record<'purpose', string>
>;

export async function statesOf(tx: Tx, accountId: string): Promise<States> {
  const rows = await tx.select().from(consentStates).where(eq(consentStates.accountId, accountId));
  return new Map(rows.map((row) => [row.purpose, row]));
}

export function statesFrom(rows: readonly StoredState[]): States {
  const dateOf = (milliseconds: number) => new Date(Math.round(milliseconds));
  return new Map(
    rows.map(({ purpose, since, validUntil, ...row }) => [
      purpose,
      { ...row, since: dateOf(since), validUntil: validUntil === null ? null : dateOf(validUntil) },
    ]),
  );
}

const TOLD_AS: Readonly<Record<ConsentAction, EventType>> = {
  GIVEN: 'consent.given',
  WITHDRAWN: 'consent.withdrawn',
  EXPIRED: 'consent.expired',
};

/**
 * Adds events of a person whose account is taken, and what follows from them: what holds now, and services are told of
 * what has changed. `states`: what held before. An event the ledger has already is not added again and changes nothing.
 */
export async function append(tx: Tx, accountId: string, states: States, events: readonly NewEvent[]): Promise<void> {
  const first = events.filter(({ purpose }, at) => events.findIndex((each) => each.purpose === purpose) === at);
  if (first.length === 0) return;
  const rows = await Promise.all(first.map((event) => rowOf(tx, accountId, states.get(event.purpose) ?? null, event)));
  const added = await write(tx, accountId, rows);
  const toTell = rows.flatMap(({ state, ...event }): ToTell[] => {
    const id = added.get(event.purpose);
    if (id === undefined || state === null) return [];
    const { purpose, policyVersion, occurredAt, recordedAt } = event;
    const type = TOLD_AS[state.status];
    return [{ type, accountId, purpose, policyVersion, occurredAt, recordedAt, sourceId: id }];
  });
  await publish(tx, toTell);
  const others = events.filter((event) => !first.includes(event));
  if (others.length > 0) await append(tx, accountId, await statesOf(tx, accountId), others);
}

/** An event, with what holds of its use once it is added; null: what held before. */
interface NewRow extends NewEvent {
  readonly state: (State & { readonly eventId: number | null }) | null;
}

async function rowOf(tx: Tx, accountId: string, before: Stored | null, event: NewEvent): Promise<NewRow> {
  const after = next(before, event, await hasEnded(tx, accountId, event));
  if (!after || after === before) return { ...event, state: null };
  const { status, since, policyVersion, validUntil } = after;
  const eventId = event.action === 'EXPIRED' ? (before?.eventId ?? null) : null;
  return { ...event, state: { status, since, policyVersion, validUntil, eventId } };
}

/** Whether a consent entered late has ended, and the ledger says so already. */
async function hasEnded(tx: Tx, accountId: string, event: Said & Pick<NewEvent, 'purpose' | 'recordedAt'>) {
  const { purpose, validUntil, policyVersion, recordedAt } = event;
  if (validUntil === null || validUntil > recordedAt) return false;
  const [row] = await tx.execute<{ ended: boolean }>(sql`
    select exists (
      select from consent_events
      where account_id = ${accountId} and purpose = ${purpose} and occurred_at = ${validUntil.toISOString()}
        and action = 'EXPIRED' and policy_version = ${policyVersion}) as ended`);
  return row?.ended ?? false;
}

/**
 * Adds events, one of each use, and writes what holds of the use with those the ledger did not have: one statement.
 * Answers the ids of those added, by use.
 */
async function write(tx: Tx, accountId: string, rows: readonly NewRow[]): Promise<ReadonlyMap<string, string>> {
  const added = await tx.execute<{ purpose: string; id: string }>(sql`
    with said as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as said (
        purpose text, action consent_action, "occurredAt" timestamptz, "recordedAt" timestamptz, "policyVersion" int,
        "validUntil" timestamptz, channel collection_channel, actor text, wording text, locale text, evidence text,
        state jsonb)
    ), added as (
      insert into consent_events (account_id, purpose, action, occurred_at, recorded_at, policy_version, valid_until,
        channel, actor, wording, locale, evidence)
      select ${accountId}::uuid, purpose, action, "occurredAt", "recordedAt", "policyVersion", "validUntil",
        channel, actor, wording, locale, evidence
      from said order by purpose
      on conflict do nothing
      returning purpose, id
    ), written as (
      insert into consent_states (account_id, purpose, status, since, policy_version, valid_until, event_id)
      select ${accountId}::uuid, purpose, (state->>'status')::consent_action, (state->>'since')::timestamptz,
        (state->>'policyVersion')::int, (state->>'validUntil')::timestamptz,
        coalesce((state->>'eventId')::bigint, added.id)
      from added join said using (purpose) where jsonb_typeof(state) = 'object'
      on conflict (account_id, purpose) do update set status = excluded.status, since = excluded.since,
        policy_version = excluded.policy_version, valid_until = excluded.valid_until, event_id = excluded.event_id
    )
    select purpose, id::text from added`);
  return new Map(added.map(({ purpose, id }) => [purpose, id]));
}
