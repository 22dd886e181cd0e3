import { takeForDecision } from '../accounts/account-status.js';
import type { Tx } from '../database/database.js';
import { append, EVERYTHING, type Held, heldBy, heldOf, type Subject } from './ledger.js';
import { eventOf, momentAfter, type Saying } from './preferences.js';

/** What a person can do with the link of a message. `topic`: what they stop or take up again; null: all marketing. */
export interface Unsubscribing extends Pick<Saying, 'accountId' | 'channel' | 'actor'> {
  readonly topic: string | null;
}

const subjectOf = (topic: string | null): Subject => (topic === null ? EVERYTHING : { scope: 'TOPIC', key: topic });

/**
 * Stops one topic, or all marketing, at once. Never refused; again, it changes nothing. Of an account that is erased
 * there is nothing left to stop: its addresses stay suppressed.
 */
export async function unsubscribe(tx: Tx, now: Date, { accountId, topic, ...act }: Unsubscribing): Promise<boolean> {
  const found = await take(tx, accountId);
  const subject = subjectOf(topic);
  if (!found || heldOf(found.held, subject)?.allowed === false) return false;
  const event = {
    ...eventOf(act, momentAfter(found.last, now), now),
    ...subject,
    action: 'UNSUBSCRIBED',
    allowed: false,
  };
  return append(tx, accountId, [event as typeof event & { action: 'UNSUBSCRIBED' }]);
}

/**
 * Makes an unsubscription as if it had never been: what it stopped holds again as it was said before. Where the person
 * has said something newer, that stands, and nothing happens.
 */
export async function undo(tx: Tx, now: Date, { accountId, topic, ...act }: Unsubscribing): Promise<boolean> {
  const found = await take(tx, accountId);
  const subject = subjectOf(topic);
  const state = found && heldOf(found.held, subject);
  if (!found || !isUndoable(state)) return false;
  const event = eventOf(act, momentAfter(found.last, now), now);
  return append(tx, accountId, [{ ...event, ...subject, action: 'UNDONE', allowed: true, undoes: state.eventId }]);
}

/** Whether what holds came about by unsubscribing, and by nothing newer. */
export function isUndoable(state: Held | null | undefined): state is Held {
  return state?.action === 'UNSUBSCRIBED';
}

/** Where a person stands on what a link is about; null where there is no account any longer. */
export async function standingOf(
  tx: Tx,
  accountId: string,
  topic: string | null,
): Promise<{ topic: Held | undefined; all: Held | undefined }> {
  const { held } = await heldBy(tx, accountId);
  return { topic: topic === null ? undefined : heldOf(held, subjectOf(topic)), all: heldOf(held, EVERYTHING) };
}

async function take(tx: Tx, accountId: string) {
  const status = await takeForDecision(tx, accountId);
  return status === null || status === 'ERASED' ? null : heldBy(tx, accountId);
}
