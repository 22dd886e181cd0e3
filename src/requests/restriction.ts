import { and, eq, notExists } from 'drizzle-orm';
import { setStatus as setAccountStatus, takeForDecision } from '../accounts/account-status.js';
import type { Config } from '../config.js';
import type { Tx } from '../database/database.js';
import { conflict, notFound } from '../errors.js';
import { publish } from '../events/events.js';
import { type CollectionChannel, findRequests, open, type PrivacyRequest, recordEvent, setStatus } from './requests.js';
import { privacyRequests, requestEvents } from './requests.tables.js';

/** What the history of a request says of a restriction that ended. */
const LIFTED = 'restriction lifted';

export interface Restricting {
  readonly accountId: string;
  readonly reason: string | null;
  readonly channel: CollectionChannel;
  /** When it reached us, where it is entered later. */
  readonly receivedAt?: Date | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly actor: string;
}

/**
 * From this transaction on the person's data is stored but not used (Article 18), except where the law or their consent
 * says so. Asked for again while it stands, the standing request is answered.
 */
export async function restrict(
  tx: Tx,
  now: Date,
  config: Pick<Config, 'bankHolidays'>,
  restricting: Restricting,
): Promise<PrivacyRequest> {
  const { accountId, reason, channel, receivedAt, idempotencyKey, actor } = restricting;
  const status = await takeForDecision(tx, accountId);
  if (status === null || status === 'ERASED') throw notFound('accountId: there is no account with this id.');
  if (status === 'ERASING') throw conflict('accountId: the account is being erased: nothing of it is used any more.');
  const standing = status === 'RESTRICTED' ? await standingRestriction(tx, accountId) : null;
  if (standing) return standing;
  const { request, isNew } = await open(tx, now, {
    accountId,
    type: 'RESTRICTION',
    channel,
    receivedAt,
    reason,
    parameters: {},
    idempotencyKey,
    tasks: [],
    actor,
    region: config.bankHolidays,
  });
  if (!isNew) return request;
  await setAccountStatus(tx, now, accountId, 'RESTRICTED');
  await publish(tx, {
    type: 'processing.restricted',
    accountId,
    recordedAt: now,
    occurredAt: request.receivedAt,
    sourceId: request.id,
  });
  return setStatus(tx, now, request, 'COMPLETED', actor, 'processing restricted');
}

/** Ends a restriction. The person is told before (Article 18(3)); lifted again, it is a CONFLICT. */
export async function liftRestriction(
  tx: Tx,
  now: Date,
  requestId: string,
  actor: string,
  note: string | null,
): Promise<PrivacyRequest> {
  const [request] = await findRequests(tx, [requestId]);
  if (request?.type !== 'RESTRICTION') throw conflict('requestId: is no request for restriction.');
  const status = await takeForDecision(tx, request.accountId);
  const standing = status === 'RESTRICTED' ? await standingRestriction(tx, request.accountId) : null;
  if (standing?.id !== requestId) throw conflict('requestId: this restriction does not stand any more.');
  const { accountId } = request;
  await setAccountStatus(tx, now, accountId, 'ACTIVE');
  await publish(tx, { type: 'restriction.lifted', accountId, recordedAt: now, sourceId: requestId });
  await recordEvent(tx, requestId, now, actor, LIFTED, note);
  return request;
}

/** The one that was not lifted. There is at most one: while it stands, no other begins. */
async function standingRestriction(tx: Tx, accountId: string): Promise<PrivacyRequest | null> {
  const lifted = tx
    .select({ id: requestEvents.requestId })
    .from(requestEvents)
    .where(and(eq(requestEvents.requestId, privacyRequests.id), eq(requestEvents.action, LIFTED)));
  const [row] = await tx
    .select()
    .from(privacyRequests)
    .where(
      and(
        eq(privacyRequests.accountId, accountId),
        eq(privacyRequests.type, 'RESTRICTION'),
        eq(privacyRequests.status, 'COMPLETED'),
        notExists(lifted),
      ),
    )
    .limit(1);
  return row ?? null;
}
