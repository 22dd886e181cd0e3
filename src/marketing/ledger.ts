import { sql } from 'drizzle-orm';
import type { Tx } from '../database/database.js';
import { publish } from '../events/events.js';
import { preferenceEvents } from './marketing.tables.js';

export type PreferenceScope = 'ALL' | 'CHANNEL' | 'TOPIC';
export type PreferenceAction = 'SAID' | 'UNSUBSCRIBED' | 'UNDONE';

/** What a preference is about: everything, one channel, or one topic. `key`: the channel or topic, else empty. */
export interface Subject {
  readonly scope: PreferenceScope;
  readonly key: string;
}

export const EVERYTHING: Subject = { scope: 'ALL', key: '' };

export type PreferenceEvent = typeof preferenceEvents.$inferSelect;
export type NewPreference = Omit<PreferenceEvent, 'id' | 'accountId' | 'undoes'> & { readonly undoes?: number };

/** What holds of one subject, since when, and by which act. */
export interface Held extends Subject {
  readonly allowed: boolean;
  readonly since: Date;
  readonly eventId: number;
  readonly action: PreferenceAction;
}

const FOLD = `
  select distinct on (said.account_id, said.scope, said.key)
    said.account_id, said.scope, said.key, said.allowed, said.occurred_at as since, said.id as event_id
  from preference_events said join accounts on accounts.id = said.account_id
  where said.action <> 'UNDONE' and not exists (
    select from preference_events undoing where undoing.account_id = said.account_id and undoing.undoes = said.id)`;
const LAST_WORD_FIRST = `
  order by said.account_id, said.scope, said.key, said.occurred_at desc, said.allowed, said.id`;

/**
 * What the ledger of the people `of` names comes to: of each subject what the person did last, whenever it was entered;
 * of two acts at one instant the refusal. What was undone counts no longer, as if it had never been.
 */
export const fold = (of: string): string => `${FOLD} ${of} ${LAST_WORD_FIRST}`;

/** What holds of a person whose account is taken, by subject; and the moment of their last act. */
export async function heldBy(tx: Tx, accountId: string): Promise<{ held: readonly Held[]; last: Date | null }> {
  const rows = await tx.execute<{
    scope: PreferenceScope;
    key: string;
    allowed: boolean;
    since: string;
    event_id: string;
    action: PreferenceAction;
  }>(sql`
    select state.scope, state.key, state.allowed, state.since, state.event_id, event.action
    from preference_states state
    join preference_events event on event.account_id = state.account_id and event.id = state.event_id
    where state.account_id = ${accountId}`);
  const [latest] = await tx.execute<{ last: string | null }>(sql`
    select max(occurred_at) as last from preference_events where account_id = ${accountId}`);
  return {
    held: rows.map(({ event_id, since, ...row }) => ({ ...row, since: new Date(since), eventId: Number(event_id) })),
    last: latest?.last ? new Date(latest.last) : null,
  };
}

/** The state of one subject; undefined where the person has not said. */
export const heldOf = (held: readonly Held[], { scope, key }: Subject): Held | undefined =>
  held.find((each) => each.scope === scope && each.key === key);

/**
 * Adds what a person says whose account is taken, and what follows from it. What the ledger has already is not added
 * again and changes nothing; else services are told. Answers whether anything was added.
 */
export async function append(tx: Tx, accountId: string, events: readonly NewPreference[]): Promise<boolean> {
  const [first] = events;
  if (!first) return false;
  const added = await tx
    .insert(preferenceEvents)
    .values(events.map((event) => ({ ...event, accountId })))
    .onConflictDoNothing()
    .returning({ id: preferenceEvents.id });
  if (added.length === 0) return false;
  await tx.execute(sql`
    insert into preference_states (account_id, scope, key, allowed, since, event_id)
    ${sql.raw(FOLD)} and said.account_id = ${accountId} ${sql.raw(LAST_WORD_FIRST)}
    on conflict (account_id, scope, key) do update
      set allowed = excluded.allowed, since = excluded.since, event_id = excluded.event_id
      where (preference_states.allowed, preference_states.since, preference_states.event_id)
        is distinct from (excluded.allowed, excluded.since, excluded.event_id)`);
  if (events.some(({ action }) => action === 'UNDONE')) await forgetUndone(tx, accountId);
  const { recordedAt, occurredAt } = first;
  await publish(tx, { type: 'preferences.changed', accountId, recordedAt, occurredAt });
  return true;
}

/** A subject of which nothing counts any longer is as if the person had never spoken of it. */
async function forgetUndone(tx: Tx, accountId: string): Promise<void> {
  await tx.execute(sql`
    delete from preference_states state where state.account_id = ${accountId} and exists (
      select from preference_events undoing
      where undoing.account_id = state.account_id and undoing.undoes = state.event_id)`);
}
