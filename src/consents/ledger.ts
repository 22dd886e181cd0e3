import { eq, sql } from 'drizzle-orm';
import type { Tx } from '../database/database.js';
import { type EventType, publish, type NewEvent as ToTell } from '../events/events.js';
import { consentEvents, consentStates } from './consents.tables.js';
import { type ConsentAction, next, type State } from './fold.js';

export type ConsentEvent = typeof consentEvents.$inferSelect;
export type NewEvent = Omit<ConsentEvent, 'id' | 'accountId'>;
/** `eventId`: the act that holds, also where it has expired since. */
type Stored = State & { readonly eventId: number };
/** What holds of each use a person has said something of, by its key. */
export type States = ReadonlyMap<string, Stored>;

export async function statesOf(tx: Tx, accountId: string): Promise<States> {
  const rows = await tx.select().from(consentStates).where(eq(consentStates.accountId, accountId));
  return new Map(rows.map((row) => [row.purpose, row]));
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
  if (events.length === 0) return;
  const added = await tx
    .insert(consentEvents)
    .values(events.map((event) => ({ ...event, accountId })))
    .onConflictDoNothing()
    .returning();
  const now = new Map(states);
  const changed = new Map<string, typeof consentStates.$inferInsert>();
  const toTell: ToTell[] = [];
  for (const event of added.sort((a, b) => a.id - b.id)) {
    const { purpose, id } = event;
    const before = now.get(purpose) ?? null;
    const after = next(before, event, await hasEnded(tx, event));
    if (!after || after === before) continue;
    const { status, since, policyVersion, validUntil } = after;
    const eventId = event.action === 'EXPIRED' ? (before?.eventId ?? id) : id;
    const stored = { status, since, policyVersion, validUntil, eventId };
    now.set(purpose, stored);
    changed.set(purpose, { ...stored, accountId, purpose });
    const { occurredAt, recordedAt } = event;
    const type = TOLD_AS[status];
    toTell.push({ type, accountId, purpose, policyVersion, occurredAt, recordedAt, sourceId: String(id) });
  }
  if (changed.size === 0) return;
  await write(tx, [...changed.values()]);
  await publish(tx, toTell);
}

/** Whether a consent entered late has ended, and the ledger says so already. */
async function hasEnded(tx: Tx, event: ConsentEvent): Promise<boolean> {
  const { accountId, purpose, validUntil, policyVersion, recordedAt } = event;
  if (validUntil === null || validUntil > recordedAt) return false;
  const [row] = await tx.execute<{ ended: boolean }>(sql`
    select exists (
      select from consent_events
      where account_id = ${accountId} and purpose = ${purpose} and occurred_at = ${validUntil.toISOString()}
        and action = 'EXPIRED' and policy_version = ${policyVersion}) as ended`);
  return row?.ended ?? false;
}

async function write(tx: Tx, states: readonly (typeof consentStates.$inferInsert)[]): Promise<void> {
  await tx
    .insert(consentStates)
    .values([...states])
    .onConflictDoUpdate({
      target: [consentStates.accountId, consentStates.purpose],
      set: {
        status: sql`excluded.status`,
        since: sql`excluded.since`,
        policyVersion: sql`excluded.policy_version`,
        validUntil: sql`excluded.valid_until`,
        eventId: sql`excluded.event_id`,
      },
    });
}
