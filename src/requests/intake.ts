import { requirePlainText } from '../accounts/identifier.js';
import { badInput, forbidden } from '../errors.js';
import type { Caller } from '../gate/caller.js';

/** What may come with every request a person makes under data-protection law. */
interface Intake {
  readonly receivedAt?: Date | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
  readonly reason?: string | null | undefined;
}

const LONGEST_KEY = 255;
const LONGEST_REASON = 2_000;
const UNPRINTABLE = /[^\P{Cc}\n\r\t]|\p{Cs}/u;

/** Refuses what cannot be entered. Answers it without nulls and empty reasons. */
export function checkIntake(caller: Caller, { receivedAt, idempotencyKey, reason }: Intake) {
  if (receivedAt && caller.kind !== 'STAFF')
    throw forbidden('receivedAt: only staff enter a request later than it arrived.');
  if ((idempotencyKey?.length ?? 0) > LONGEST_KEY)
    throw badInput('idempotencyKey', `is longer than ${LONGEST_KEY} characters.`);
  if (idempotencyKey === '') throw badInput('idempotencyKey', 'is empty: leave it out, or give a key of your own.');
  requirePlainText(idempotencyKey ?? '', 'idempotencyKey');
  if ((reason?.length ?? 0) > LONGEST_REASON) throw badInput('reason', `is longer than ${LONGEST_REASON} characters.`);
  if (reason && UNPRINTABLE.test(reason)) throw badInput('reason', 'holds control characters: remove them.');
  return {
    receivedAt: receivedAt ?? undefined,
    idempotencyKey: idempotencyKey ?? undefined,
    reason: reason?.trim() || null,
  };
}
