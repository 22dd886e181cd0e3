import { createHmac } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { takeForDecision } from '../accounts/account-status.js';
import { readAccounts } from '../accounts/accounts.js';
import { mayBeYounger } from '../accounts/childhood.js';
import type { Keys } from '../crypto/keys.js';
import type { Tx } from '../database/database.js';
import { notFound } from '../errors.js';
import { londonDay } from '../requests/deadline.js';
import { covers } from '../services/taxonomy.js';
import { mergeDevice } from './device-merge.js';
import { choicesOf, hashOf, NO_DEVICE } from './devices.js';
import { devices } from './devices.tables.js';
import { append, type NewEvent, statesOf } from './ledger.js';
import { objectionsOf } from './objections.js';

export interface Joining {
  readonly accountId: string;
  readonly deviceId: string;
  /** Younger people need their guardian to agree: years. */
  readonly age: number;
}

/**
 * Makes the choices of a device those of a person who has logged in; where they differ the stricter one wins. From
 * then on the device's id answers nothing. Again for the same person, it changes nothing. Answers the uses of which the
 * device's last word is the signal of its browser: the person objects to them.
 */
export async function joinDevice(
  tx: Tx,
  keys: Keys,
  now: Date,
  { accountId, deviceId, age }: Joining,
): Promise<readonly string[]> {
  const idSha256 = hashOf(deviceId);
  const status = await takeForDecision(tx, accountId);
  if (status === null || status === 'ERASED') throw notFound('accountId: there is no account with this id.');
  const [device] = await tx.select().from(devices).where(eq(devices.idSha256, idSha256)).for('update');
  const joinedAs = markOf(keys, deviceId, accountId);
  if (device?.joinedAs?.equals(joinedAs)) return [];
  if (!device || device.joinedAs) throw notFound(NO_DEVICE);
  const [states, choices] = [await statesOf(tx, accountId), await choicesOf(tx, idSha256)];
  const mayAgree = status === 'ACTIVE' ? await permission(tx, keys, accountId, age, londonDay(now)) : () => false;
  const latest = [...states.values()].map(({ since }) => since.getTime() + 1);
  const moment = new Date(Math.max(now.getTime(), ...latest));
  const events = mergeDevice(states, choices, moment, mayAgree).map(
    ({ purpose, choice, occurredAt }): NewEvent => ({
      purpose,
      action: choice.action,
      occurredAt,
      recordedAt: occurredAt > now ? occurredAt : now,
      policyVersion: choice.policyVersion,
      validUntil: choice.validUntil,
      channel: choice.channel,
      actor: 'data subject',
      wording: choice.wording,
      locale: choice.locale,
      evidence: `said before login at ${choice.occurredAt.toISOString()}`,
    }),
  );
  await append(tx, accountId, states, events);
  await tx.update(devices).set({ joinedAs }).where(eq(devices.idSha256, idSha256));
  return [...choices]
    .filter(([, { action, channel }]) => action === 'WITHDRAWN' && channel === 'BROWSER_SIGNAL')
    .map(([purpose]) => purpose)
    .filter((purpose, _index, all) => !all.some((other) => other !== purpose && covers(other, purpose)));
}

/** Whether the person can agree to a use: not to one they object to, nor as somebody who may be a child. */
async function permission(tx: Tx, keys: Keys, accountId: string, age: number, day: string) {
  const [account] = await readAccounts(tx, keys, [accountId]);
  const years = account?.record.birthYears;
  const isYoung = years !== undefined && years !== null && mayBeYounger(years, age, day);
  const objections = await objectionsOf(tx, accountId);
  return (purpose: string) => !isYoung && !objections.some((objection) => covers(objection.purpose, purpose));
}

/** Says of a device whose it is to those alone who have its id, the account and the keys. */
const markOf = (keys: Keys, deviceId: string, accountId: string) =>
  createHmac('sha256', keys.derive('devices joined to accounts'))
    .update(Buffer.from(deviceId, 'base64url'))
    .update(accountId)
    .digest();
