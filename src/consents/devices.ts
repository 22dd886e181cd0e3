import { createHash, randomBytes } from 'node:crypto';
import { and, asc, eq, isNull, sql } from 'drizzle-orm';
import { DateTime } from 'luxon';
import type { Sql } from 'postgres';
import type { Config } from '../config.js';
import type { Db, Tx } from '../database/database.js';
import { badInput, notFound } from '../errors.js';
import { policyInForce, termsOf, versionInForceOn } from '../policies/policies.js';
import { londonDay } from '../requests/deadline.js';
import { covers, type Taxonomy } from '../services/taxonomy.js';
import { type Asked, checkEvidence, requireAskable, wordsOf } from './asking.js';
import type { CurrentConsent } from './current.js';
import { deviceConsentEvents, devices } from './devices.tables.js';
import { policyFacts } from './policy-facts.js';
import { monthsAfter } from './term.js';

/** What a company has laid down of choices before login. */
export interface DeviceRules {
  readonly devices: Config['devices'];
  /** How long a consent holds: months. */
  readonly months: number;
  readonly taxonomy: Taxonomy;
  /** Uses that the signal of the browser refuses which came with the request; none where none came. */
  readonly signalled: readonly string[];
}

export interface DeviceChoice {
  /** Left out: a device that has said nothing yet; it gets an id. */
  readonly deviceId?: string | undefined;
  readonly purpose: string;
}

/** What a device last said of each use, by its key. */
export type DeviceChoices = ReadonlyMap<string, typeof deviceConsentEvents.$inferSelect>;

const ID_BYTES = 16;
const ID = /^[A-Za-z0-9_-]{22}$/;
export const NO_DEVICE =
  'deviceId: there is no device with this id, or its choices are an account’s now. Leave it out for a new one.';

/**
 * Records that somebody who is not logged in agrees to a use. Answers the id of their device: 128 random bits that say
 * nothing of it.
 */
export async function giveOnDevice(
  tx: Tx,
  now: Date,
  rules: DeviceRules,
  giving: DeviceChoice & Asked & { readonly policyVersion: number },
): Promise<string> {
  const { purpose, policyVersion, locale } = giving;
  checkEvidence(giving);
  requireDevicePurpose(rules.devices.purposes, purpose);
  const terms = await termsOf(tx, policyVersion, purpose);
  const named = requireAskable(rules.taxonomy, terms, { purpose, policyVersion, day: londonDay(now) });
  const wording = wordsOf({ ...giving, by: 'PERSON' }, named);
  const { deviceId, choices } = await takeDevice(tx, now, rules, giving.deviceId);
  const at = momentAfter(choices, now);
  await tx.insert(deviceConsentEvents).values({
    ...{ idSha256: hashOf(deviceId), purpose, action: 'GIVEN', occurredAt: at, policyVersion, wording },
    validUntil: monthsAfter(at, rules.months),
    locale: locale ?? null,
  });
  return deviceId;
}

/** Records that somebody who is not logged in refuses a use, or takes it back. Again, it changes nothing. */
export async function withdrawOnDevice(tx: Tx, now: Date, rules: DeviceRules, choice: DeviceChoice): Promise<string> {
  const { purpose } = choice;
  const { deviceId, choices } = await takeDevice(tx, now, rules, choice.deviceId);
  if (!choices.has(purpose)) requireDevicePurpose(rules.devices.purposes, purpose);
  if (choices.get(purpose)?.action === 'WITHDRAWN') return deviceId;
  const policyVersion = await versionInForceOn(tx, londonDay(now));
  const said = { purpose, policyVersion, action: 'WITHDRAWN', occurredAt: momentAfter(choices, now) } as const;
  await tx.insert(deviceConsentEvents).values({ ...said, idSha256: hashOf(deviceId) });
  return deviceId;
}

/** Writes down what the browser's signal refuses, where a device only asks: once, like all a device says. */
export async function heedOnDevice(db: Db, now: Date, rules: DeviceRules, deviceId: string): Promise<void> {
  if ((await unheeded(db, hashOf(deviceId), rules.signalled)).length === 0) return;
  await db.transaction((tx) => takeDevice(tx, now, rules, deviceId));
}

/** Where a device stands on each use it has said something of. NOT_FOUND once its choices are an account's. */
export async function deviceConsents(
  { db, sql: plain }: { readonly db: Db; readonly sql: Sql },
  now: Date,
  deviceId: string,
): Promise<CurrentConsent[]> {
  const idSha256 = hashOf(deviceId);
  const [device] = await db
    .select({ idSha256: devices.idSha256 })
    .from(devices)
    .where(and(eq(devices.idSha256, idSha256), isNull(devices.joinedAs)));
  if (!device) throw notFound(NO_DEVICE);
  const [choices, policy] = await Promise.all([choicesOf(db, idSha256), policyInForce(db)]);
  const inForce = policy?.version ?? 0;
  const facts = policyFacts(plain);
  await facts.cover(inForce);
  return [...choices].map(([purpose, { action, occurredAt, policyVersion, validUntil, wording }]) => {
    const told = { purpose, policyVersion, validUntil, wording };
    if (validUntil && validUntil <= now) return { ...told, status: 'EXPIRED', since: validUntil };
    const isOutdated = action === 'GIVEN' && facts.changedSince(purpose, policyVersion, inForce);
    return { ...told, status: isOutdated ? 'NEEDS_RENEWAL' : action, since: occurredAt };
  });
}

/** Removes what devices said that were not used for so long as a company keeps it. Answers how many devices that were. */
export async function forgetDevices(db: Db, now: Date, atMost: number): Promise<number> {
  const forgotten = await db.execute(sql`
    delete from devices where id_sha256 in (
      select id_sha256 from devices where keep_until <= ${now.toISOString()} and keep_until <= now()
      order by keep_until limit ${atMost} for update skip locked) returning 1`);
  return forgotten.length;
}

function requireDevicePurpose(purposes: readonly string[], purpose: string): void {
  if (purposes.includes(purpose)) return;
  const mend = purposes.length > 0 ? `these are: ${purposes.join(', ')}.` : 'none is.';
  throw badInput('purpose', `is no use that can be chosen before login; ${mend}`);
}

/**
 * The device until the transaction ends, with what it has said, the browser's signal with it. Whatever is said prolongs
 * how long it is kept.
 */
async function takeDevice(
  tx: Tx,
  now: Date,
  { devices: { days }, signalled }: DeviceRules,
  deviceId: string | undefined,
): Promise<{ deviceId: string; choices: DeviceChoices }> {
  const keepUntil = DateTime.fromJSDate(now, { zone: 'utc' }).plus({ days }).toJSDate();
  const taken = deviceId ?? randomBytes(ID_BYTES).toString('base64url');
  const idSha256 = hashOf(taken);
  if (deviceId === undefined) await tx.insert(devices).values({ idSha256, createdAt: now, keepUntil });
  else {
    const [device] = await tx
      .update(devices)
      .set({ keepUntil: sql`greatest(${devices.keepUntil}, ${keepUntil.toISOString()}::timestamptz)` })
      .where(and(eq(devices.idSha256, idSha256), isNull(devices.joinedAs)))
      .returning({ idSha256: devices.idSha256 });
    if (!device) throw notFound(NO_DEVICE);
  }
  await heedSignal(tx, now, idSha256, signalled);
  return { deviceId: taken, choices: await choicesOf(tx, idSha256) };
}

/** A use is refused by the signal once: who agrees to it afterwards has said so themself. */
async function heedSignal(tx: Tx, now: Date, idSha256: Buffer, signalled: readonly string[]): Promise<void> {
  const missing = await unheeded(tx, idSha256, signalled);
  if (missing.length === 0) return;
  const choices = await choicesOf(tx, idSha256);
  const below = [...choices].filter(
    ([key, { action }]) => action === 'GIVEN' && missing.some((purpose) => covers(purpose, key)),
  );
  const policyVersion = await versionInForceOn(tx, londonDay(now));
  const occurredAt = momentAfter(choices, now);
  const said = { idSha256, policyVersion, action: 'WITHDRAWN', channel: 'BROWSER_SIGNAL', occurredAt } as const;
  const refused = new Set([...missing, ...below.map(([key]) => key)]);
  await tx.insert(deviceConsentEvents).values([...refused].map((purpose) => ({ ...said, purpose })));
}

/** Those of the uses that the signal of this device has not refused yet. */
async function unheeded(db: Db | Tx, idSha256: Buffer, signalled: readonly string[]): Promise<readonly string[]> {
  if (signalled.length === 0) return [];
  const heard = await db
    .select({ purpose: deviceConsentEvents.purpose })
    .from(deviceConsentEvents)
    .where(and(eq(deviceConsentEvents.idSha256, idSha256), eq(deviceConsentEvents.channel, 'BROWSER_SIGNAL')));
  return signalled.filter((purpose) => !heard.some((each) => each.purpose === purpose));
}

export async function choicesOf(db: Db | Tx, idSha256: Buffer): Promise<DeviceChoices> {
  const events = await db
    .select()
    .from(deviceConsentEvents)
    .where(eq(deviceConsentEvents.idSha256, idSha256))
    .orderBy(asc(deviceConsentEvents.occurredAt), asc(deviceConsentEvents.id));
  return new Map(events.map((event) => [event.purpose, event]));
}

const momentAfter = (choices: DeviceChoices, now: Date) =>
  new Date(Math.max(now.getTime(), ...[...choices.values()].map(({ occurredAt }) => occurredAt.getTime() + 1)));

/** One answer for what is no id and for one nobody has. */
export function hashOf(deviceId: string): Buffer {
  if (!ID.test(deviceId)) throw notFound(NO_DEVICE);
  return createHash('sha256').update(Buffer.from(deviceId, 'base64url')).digest();
}
