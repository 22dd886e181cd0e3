import { createHash, randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Registration, register } from '../../src/accounts/accounts.js';
import { give, withdraw } from '../../src/consents/consents.js';
import { consentHistory, currentConsents } from '../../src/consents/current.js';
import { joinDevice } from '../../src/consents/device-joining.js';
import {
  deviceConsents,
  forgetDevices,
  giveOnDevice,
  heedOnDevice,
  withdrawOnDevice,
} from '../../src/consents/devices.js';
import { rebuildStates } from '../../src/consents/rebuild.js';
import { readEpochs } from '../../src/consents/standing.js';
import { HabeasError } from '../../src/errors.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { openStore, type Store } from '../support/store.js';
import { MAIL, publishThree, REPORTS } from './policies.js';

const NOW = new Date('2026-06-01T12:00:00.000Z');
const DAY = 86_400_000;
const later = (days: number) => new Date(NOW.getTime() + days * DAY);
const RULES = { devices: { purposes: [REPORTS, MAIL], days: 400, perMinute: 60 }, months: 24, taxonomy, signalled: [] };
const OWN = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await publishThree(store.db);
});
afterAll(() => store.close());

const person = async (registration: Registration = {}) =>
  (await store.db.transaction((tx) => register(tx, store.keys, NOW, registration))).id;
const agree = (
  deviceId?: string,
  more: { purpose?: string; policyVersion?: number; wording?: string } = {},
  now = NOW,
) =>
  store.db.transaction((tx) => giveOnDevice(tx, now, RULES, { deviceId, purpose: REPORTS, policyVersion: 2, ...more }));
const refuse = (deviceId?: string, purpose = REPORTS, now = NOW) =>
  store.db.transaction((tx) => withdrawOnDevice(tx, now, RULES, { deviceId, purpose }));
const join = (accountId: string, deviceId: string, now = later(1)) =>
  store.db.transaction((tx) => joinDevice(tx, store.keys, now, { accountId, deviceId, age: 13 }));
const told = async (deviceId: string, now = NOW) =>
  (await deviceConsents(store, now, deviceId)).map(({ purpose, status }) => `${purpose} ${status}`);
const statusOf = async (accountId: string, purpose = REPORTS) =>
  (await currentConsents(store.sql, [accountId])).get(accountId)?.find((each) => each.purpose === purpose)?.status;
const refusal = async (attempt: Promise<unknown>) => {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HabeasError)) throw new Error(`not refused: ${error}`);
  return `${error.code} ${error.message}`;
};
const NO_DEVICE = expect.stringContaining('NOT_FOUND deviceId: there is no device with this id');

describe('a choice before login (P05)', () => {
  it('is kept under 128 random bits, of which the database has a hash alone', async () => {
    const [one, two] = [await agree(), await refuse()];
    for (const id of [one, two]) expect(Buffer.from(id, 'base64url')).toHaveLength(16);
    expect(one).not.toBe(two);
    expect([await told(one), await told(two)]).toEqual([[`${REPORTS} GIVEN`], [`${REPORTS} WITHDRAWN`]]);
    const hash = createHash('sha256').update(Buffer.from(one, 'base64url')).digest();
    const rows = await store.sql`select * from device_consent_events where id_sha256 = ${hash}`;
    expect(rows).toMatchObject([
      {
        ...{ purpose: REPORTS, action: 'GIVEN', policy_version: 2, occurred_at: NOW },
        ...{ wording: `About ${REPORTS}\nWhat it means.`, valid_until: new Date('2028-06-01T12:00:00.000Z') },
      },
    ]);
    expect(JSON.stringify(await store.sql`select * from devices`)).not.toContain(one);
  });

  it('can be changed as often as one likes; twice the same refusal is one', async () => {
    const id = await agree();
    await refuse(id);
    await refuse(id);
    await agree(id, { purpose: MAIL });
    expect((await told(id)).sort()).toEqual([`${REPORTS} WITHDRAWN`, `${MAIL} GIVEN`].sort());
    await agree(id);
    expect(await told(id)).toContain(`${REPORTS} GIVEN`);
    const hash = createHash('sha256').update(Buffer.from(id, 'base64url')).digest();
    expect(await store.sql`select action from device_consent_events where id_sha256 = ${hash} order by id`).toEqual(
      ['GIVEN', 'WITHDRAWN', 'GIVEN', 'GIVEN'].map((action) => ({ action })),
    );
  });

  it('ends by rule, and is asked for anew where the policy has changed', async () => {
    const id = await agree(undefined, { purpose: MAIL, policyVersion: 1 });
    expect(await told(id)).toEqual([`${MAIL} NEEDS_RENEWAL`]);
    const other = await agree();
    expect(await told(other, new Date('2028-06-01T12:00:00.000Z'))).toEqual([`${REPORTS} EXPIRED`]);
  });

  it.each<[string, () => Promise<unknown>, string]>([
    [
      'a use that needs a login',
      () => agree(undefined, { purpose: 'analytics' }),
      `BAD_USER_INPUT purpose: is no use that can be chosen before login; these are: ${REPORTS}, ${MAIL}.`,
    ],
    ['refusing such a use', () => refuse(undefined, 'analytics'), 'BAD_USER_INPUT purpose: is no use that can be'],
    [
      'a future version',
      () => agree(undefined, { policyVersion: 3 }),
      'BAD_USER_INPUT policyVersion: version 3 is not',
    ],
    ['blank words', () => agree(undefined, { wording: ' ' }), 'BAD_USER_INPUT wording: is missing'],
    ['an id nobody has', () => agree(randomBytes(16).toString('base64url')), 'NOT_FOUND deviceId: there is no device'],
    ['what is no id', () => refuse('me'), 'NOT_FOUND deviceId: there is no device'],
  ])('is refused for %s, and leaves nothing', async (_what, attempt, expected) => {
    const [before] = await store.sql`select count(*) from devices`;
    expect(await refusal(attempt())).toContain(expected);
    expect(await store.sql`select count(*) from devices`).toEqual([before]);
  });

  it('is never changed afterwards, nor removed before its time, by anybody', async () => {
    const id = await agree(undefined, {}, new Date());
    const hash = createHash('sha256').update(Buffer.from(id, 'base64url')).digest();
    for (const attempt of [
      store.sql`update device_consent_events set action = 'WITHDRAWN' where id_sha256 = ${hash}`,
      store.sql`delete from device_consent_events where id_sha256 = ${hash}`,
      store.sql`truncate device_consent_events`,
      store.sql`delete from devices where id_sha256 = ${hash}`,
      store.sql`update devices set keep_until = now() where id_sha256 = ${hash}`,
      store.sql`truncate devices cascade`,
    ]) {
      await expect(attempt).rejects.toThrow(/rows of device.* are (only ever added|kept for a time)/);
    }
  });

  it('is removed once the device has not been used for the time configured, and not before', async () => {
    const unused = await agree(undefined, {}, new Date(Date.now() - 401 * DAY));
    const used = await agree(undefined, {}, new Date(Date.now() - 401 * DAY));
    await refuse(used, REPORTS, new Date(Date.now() - 399 * DAY));
    await forgetDevices(store.db, new Date(), 1_000);
    expect(await refusal(told(unused))).toEqual(NO_DEVICE);
    expect(await told(used)).toEqual([`${REPORTS} WITHDRAWN`]);
    const hash = createHash('sha256').update(Buffer.from(unused, 'base64url')).digest();
    expect(await store.sql`select from device_consent_events where id_sha256 = ${hash}`).toEqual([]);
  });
});

describe('joining an account at login (P05)', () => {
  it('makes the choices the account’s, with their time and words, and the id answers nothing more', async () => {
    const [id, deviceId] = [await person(), await agree(undefined, { wording: 'Cookies? Yes.' })];
    await join(id, deviceId);
    expect(await statusOf(id)).toBe('GIVEN');
    expect((await consentHistory(store.sql, id, 10, null)).rows).toMatchObject([
      {
        ...{ purpose: REPORTS, action: 'GIVEN', occurredAt: NOW, recordedAt: later(1), policyVersion: 2 },
        ...{ channel: 'WEB', actor: 'data subject', wording: 'Cookies? Yes.' },
        evidence: 'said before login at 2026-06-01T12:00:00.000Z',
      },
    ]);
    for (const attempt of [told, agree, refuse]) expect(await refusal(attempt(deviceId))).toEqual(NO_DEVICE);
    // Nobody finds out by the table whose device it was.
    const [row] = await store.sql`select * from devices where joined_as is not null`;
    expect(JSON.stringify(row)).not.toContain(id);
  });

  it('of the same person again changes nothing; of another there is no such device', async () => {
    const [id, other, deviceId] = [await person(), await person(), await agree()];
    await join(id, deviceId);
    await store.db.transaction((tx) => withdraw(tx, later(2), taxonomy, { ...OWN, accountId: id, purpose: REPORTS }));
    await join(id, deviceId, later(3));
    expect(await statusOf(id)).toBe('WITHDRAWN');
    expect((await consentHistory(store.sql, id, 10, null)).totalCount).toBe(2);
    expect(await refusal(join(other, deviceId))).toEqual(NO_DEVICE);
    expect(await refusal(join(other, 'nothing'))).toEqual(NO_DEVICE);
    expect((await readEpochs(store.sql, [other])).get(other)).toBe('0');
  });

  it('lets a refusal on the device end what the account agreed to, also after it', async () => {
    const [id, deviceId] = [await person(), await refuse()];
    const giving = { ...OWN, accountId: id, purpose: REPORTS, policyVersion: 2 };
    await store.db.transaction((tx) => give(tx, store.keys, later(1), { age: 13, months: 24, taxonomy }, giving));
    await join(id, deviceId, later(2));
    expect(await statusOf(id)).toBe('WITHDRAWN');
    expect((await consentHistory(store.sql, id, 1, null)).rows).toMatchObject([
      { action: 'WITHDRAWN', occurredAt: later(2), evidence: 'said before login at 2026-06-01T12:00:00.000Z' },
    ]);
  });

  it('lets a refusal of the account stand, also one before the device agreed', async () => {
    const [id, deviceId] = [await person(), await agree()];
    const refusing = { ...OWN, accountId: id, purpose: 'analytics', occurredAt: later(-9) };
    await store.db.transaction((tx) => withdraw(tx, NOW, taxonomy, refusing));
    await join(id, deviceId);
    expect(await statusOf(id)).toBeUndefined();
    expect(await statusOf(id, 'analytics')).toBe('WITHDRAWN');
  });

  it.each<[string, Registration, string]>([
    ['a child', { birthYears: { from: 2015, to: 2015 } }, ''],
    ['a restricted account', {}, "update accounts set status = 'RESTRICTED' where id = "],
    [
      'somebody who objects',
      {},
      `insert into objections (purpose, since, channel, recorded_at, account_id) select 'analytics', now(), 'WEB', now(), id from accounts where id = `,
    ],
  ])('takes no yes for %s, but a refusal', async (_who, registration, statement) => {
    const id = await person(registration);
    if (statement) await store.sql.unsafe(`${statement}'${id}'`);
    await join(id, await agree());
    expect(await statusOf(id)).toBeUndefined();
    await join(id, await refuse());
    expect(await statusOf(id)).toBe('WITHDRAWN');
  });

  it('leaves what holds as the ledger says, whichever of two devices joins first, and both at once', async () => {
    const joinAll = async (choose: (() => Promise<string>)[], atOnce = false) => {
      const [id, devices] = [await person(), await Promise.all(choose.map((each) => each()))];
      if (atOnce) await Promise.all(devices.map((each) => join(id, each)));
      else for (const each of devices) await join(id, each);
      return statusOf(id);
    };
    const yes = () => agree(undefined, {}, later(0.5));
    const no = () => refuse();
    expect(await joinAll([yes, no])).toBe('WITHDRAWN');
    expect(await joinAll([no, yes])).toBe('WITHDRAWN');
    expect(await joinAll([yes, no], true)).toBe('WITHDRAWN');
    expect(await joinAll([yes, yes])).toBe('GIVEN');
    expect((await rebuildStates(store.sql, { check: true })).differences).toEqual([]);
  });

  it('by two people at once is one person’s alone', async () => {
    const [one, two, deviceId] = [await person(), await person(), await agree()];
    const outcomes = await Promise.allSettled([join(one, deviceId), join(two, deviceId)]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect([await statusOf(one), await statusOf(two)].filter((each) => each === 'GIVEN')).toHaveLength(1);
  });
});

describe('Sec-GPC: 1 on a device (P05)', () => {
  const ADS = 'marketing.advertising';
  const SIGNALLED = { ...RULES, signalled: [ADS, 'analytics'] };
  const ask = (deviceId: string, now = NOW) => heedOnDevice(store.db, now, SIGNALLED, deviceId);
  const eventsOf = (deviceId: string) =>
    store.sql`
      select purpose, action, channel from device_consent_events
      where id_sha256 = ${createHash('sha256').update(Buffer.from(deviceId, 'base64url')).digest()} order by id`;

  it('refuses the uses configured, once, however many requests bring it', async () => {
    const id = await store.db.transaction((tx) => withdrawOnDevice(tx, NOW, SIGNALLED, { purpose: MAIL }));
    await Promise.all(Array.from({ length: 8 }, () => ask(id)));
    expect(await eventsOf(id)).toEqual([
      { purpose: ADS, action: 'WITHDRAWN', channel: 'BROWSER_SIGNAL' },
      { purpose: 'analytics', action: 'WITHDRAWN', channel: 'BROWSER_SIGNAL' },
      { purpose: MAIL, action: 'WITHDRAWN', channel: 'WEB' },
    ]);
    expect(await refusal(ask(randomBytes(16).toString('base64url')))).toEqual(NO_DEVICE);
  });

  it('ends what the device had agreed to below them; what it agrees to afterwards it has said itself', async () => {
    const id = await agree();
    await Promise.all([ask(id, later(1)), ask(id, later(1))]);
    expect((await told(id, later(1))).sort()).toEqual(
      [`${ADS} WITHDRAWN`, 'analytics WITHDRAWN', `${REPORTS} WITHDRAWN`].sort(),
    );
    const giving = { deviceId: id, purpose: REPORTS, policyVersion: 2 };
    await store.db.transaction((tx) => giveOnDevice(tx, later(2), SIGNALLED, giving));
    await ask(id, later(3));
    expect(await told(id, later(3))).toContain(`${REPORTS} GIVEN`);
  });

  it('joins the account as a refusal that ends what it had agreed to, and says which uses it objects to', async () => {
    const [id, deviceId] = [await person(), await agree()];
    await ask(deviceId);
    const giving = { ...OWN, accountId: id, purpose: REPORTS, policyVersion: 2 };
    await store.db.transaction((tx) => give(tx, store.keys, later(0.5), { age: 13, months: 24, taxonomy }, giving));
    expect([...(await join(id, deviceId))].sort()).toEqual(['analytics', ADS].sort());
    expect([await statusOf(id), await statusOf(id, ADS)]).toEqual(['WITHDRAWN', 'WITHDRAWN']);
    const { rows } = await consentHistory(store.sql, id, 10, null);
    expect(new Set(rows.map(({ action, channel }) => `${action} ${channel}`))).toEqual(
      new Set(['GIVEN APP', 'WITHDRAWN BROWSER_SIGNAL']),
    );
    expect(await join(id, deviceId)).toEqual([]);
    expect((await rebuildStates(store.sql, { check: true })).differences).toEqual([]);
  });
});
