import { and, eq } from 'drizzle-orm';
import { takeForDecision } from '../accounts/account-status.js';
import type { Config } from '../config.js';
import type { Tx } from '../database/database.js';
import { notFound } from '../errors.js';
import { publish } from '../events/events.js';
import * as requests from '../requests/requests.js';
import { covers } from '../services/taxonomy.js';
import { withdraw } from './consents.js';
import { objections } from './consents.tables.js';
import { statesOf } from './ledger.js';
import { requireObjectable, type UsesOfData } from './objections.js';

export interface Objecting {
  readonly accountId: string;
  readonly purpose: string;
  readonly reason: string | null;
  readonly channel: requests.CollectionChannel;
  /** When it reached us, where it is entered later. */
  readonly receivedAt?: Date | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly actor: string;
  readonly by: 'PERSON' | 'STAFF';
}

/**
 * A person objects to a use of their data and all uses below it (Article 21). It stops with this transaction: the
 * request is done when it is entered.
 */
export async function object(
  tx: Tx,
  now: Date,
  config: Pick<Config, 'bankHolidays'>,
  uses: UsesOfData,
  objecting: Objecting,
): Promise<requests.PrivacyRequest> {
  const { accountId, purpose, reason, channel, receivedAt, idempotencyKey, actor, by } = objecting;
  const status = await takeForDecision(tx, accountId);
  if (status === null || status === 'ERASED') throw notFound('accountId: there is no account with this id.');
  requireObjectable(uses, purpose);
  const { request, isNew } = await requests.open(tx, now, {
    accountId,
    type: 'OBJECTION',
    channel,
    receivedAt,
    reason,
    parameters: { purpose },
    idempotencyKey,
    tasks: [],
    actor,
    region: config.bankHolidays,
  });
  if (!isNew) return request;
  await tx
    .insert(objections)
    .values({ accountId, purpose, since: request.receivedAt, channel, recordedAt: now, requestId: request.id })
    .onConflictDoNothing();
  await publish(tx, {
    type: 'processing.objected',
    accountId,
    purpose,
    recordedAt: now,
    occurredAt: request.receivedAt,
    sourceId: request.id,
  });
  const states = [...(await statesOf(tx, accountId))];
  if (states.some(([key, state]) => covers(purpose, key) && state.status !== 'WITHDRAWN')) {
    await withdraw(tx, now, uses.taxonomy, { accountId, purpose, channel, actor, by, occurredAt: receivedAt });
  }
  return requests.setStatus(tx, now, request, 'COMPLETED', actor, `${purpose} stopped`);
}

/** A person takes an objection back. Again, it changes nothing. */
export async function withdrawObjection(
  tx: Tx,
  now: Date,
  { accountId, purpose, actor }: Pick<Objecting, 'accountId' | 'purpose' | 'actor'>,
): Promise<void> {
  const status = await takeForDecision(tx, accountId);
  if (status === null || status === 'ERASED') throw notFound('accountId: there is no account with this id.');
  const [objection] = await tx
    .delete(objections)
    .where(and(eq(objections.accountId, accountId), eq(objections.purpose, purpose)))
    .returning();
  if (!objection) return;
  await publish(tx, { type: 'objection.withdrawn', accountId, purpose, recordedAt: now });
  if (objection.requestId) {
    await requests.recordEvent(tx, objection.requestId, now, actor, 'objection taken back', purpose);
  }
}
