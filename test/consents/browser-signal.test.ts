import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { heedBrowserSignal, heedDeviceSignal } from '../../src/consents/browser-signal.js';
import { checkConfiguredPurposes } from '../../src/consents/configured-purposes.js';
import { withdrawObjection } from '../../src/consents/objecting.js';
import { objectionsOf } from '../../src/consents/objections.js';
import { readEpochs } from '../../src/consents/standing.js';
import { requestsOf } from '../../src/requests/requests.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import type { World } from '../../src/world.js';
import { openStore, type Store } from '../support/store.js';

const PURPOSES = ['marketing.advertising', 'analytics'];
let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const logged: string[] = [];
/** A process of its own. */
const process = (env: Record<string, string> = { HABEAS_GPC_PURPOSES: PURPOSES.join(', ') }) =>
  ({
    ...store,
    clock: systemClock,
    config: readConfig({ NODE_ENV: 'test', ...env }),
    registry: { services: [], taxonomy },
    log: { error: (_fields: object, message: string) => logged.push(message) },
  }) as unknown as World;
const person = async () => (await store.db.transaction((tx) => register(tx, store.keys, new Date(), {}))).id;
const epochOf = async (id: string) => (await readEpochs(store.sql, [id])).get(id);

describe('Sec-GPC: 1', () => {
  it('is an objection by BROWSER_SIGNAL to the uses configured, once, however many requests bring it', async () => {
    const [world, id] = [process(), await person()];
    await Promise.all(Array.from({ length: 20 }, () => heedBrowserSignal(world, id)));
    expect(await objectionsOf(store.db, id)).toMatchObject(
      [...PURPOSES].sort().map((purpose) => ({ purpose, channel: 'BROWSER_SIGNAL' })),
    );
    const { rows } = await requestsOf(store.db, id, 10, null);
    expect(rows.map(({ type, status, channel }) => [type, status, channel])).toEqual(
      PURPOSES.map(() => ['OBJECTION', 'COMPLETED', 'BROWSER_SIGNAL']),
    );
  });

  it('is written down once by several processes, and changes nothing for one that starts anew', async () => {
    const id = await person();
    await Promise.all([process(), process(), process()].map((world) => heedBrowserSignal(world, id)));
    const epoch = await epochOf(id);
    await heedBrowserSignal(process(), id);
    expect(await epochOf(id)).toBe(epoch);
    expect((await requestsOf(store.db, id, 10, null)).totalCount).toBe(2);
  });

  it('does not bring back an objection the person has taken back', async () => {
    const id = await person();
    await heedBrowserSignal(process(), id);
    await store.db.transaction((tx) =>
      withdrawObjection(tx, new Date(), { accountId: id, purpose: 'analytics', actor: 'data subject' }),
    );
    await heedBrowserSignal(process(), id);
    expect((await objectionsOf(store.db, id)).map(({ purpose }) => purpose)).toEqual(['marketing.advertising']);
  });

  it('asks the database nothing the second time, and remembers nobody it could not be written down for', async () => {
    const id = await person();
    const world = process();
    await heedBrowserSignal(world, id);
    let asked = 0;
    const db = new Proxy(store.db, {
      get: (target, key) => {
        asked += 1;
        return Reflect.get(target, key) as unknown;
      },
    });
    await heedBrowserSignal(Object.assign(world, { db }), id);
    expect(asked).toBe(0);

    const broken = process();
    const good = broken.db;
    const failing = {
      select: () => {
        throw new Error('no database');
      },
    } as unknown as World['db'];
    const other = await person();
    await heedBrowserSignal(Object.assign(broken, { db: failing }), other);
    expect(logged).toEqual(['a browser’s signal could not be written down']);
    await heedBrowserSignal(Object.assign(broken, { db: good }), other);
    expect(await objectionsOf(store.db, other)).toHaveLength(2);
  });

  it('on a device is at login the same objection, and what was taken back does not come again', async () => {
    const [world, id] = [process(), await person()];
    const join = (refused: string[]) => store.db.transaction((tx) => heedDeviceSignal(tx, world, id, refused));
    await join(['analytics']);
    await store.db.transaction((tx) =>
      withdrawObjection(tx, new Date(), { accountId: id, purpose: 'analytics', actor: 'data subject' }),
    );
    await join(['analytics', 'no.such.use']);
    expect(await objectionsOf(store.db, id)).toEqual([]);
    await heedBrowserSignal(world, id);
    expect(await objectionsOf(store.db, id)).toMatchObject([
      { purpose: 'marketing.advertising', channel: 'BROWSER_SIGNAL' },
    ]);
  });

  it('is heeded for no use where none is configured; uses nobody knows keep Habeas from starting', async () => {
    const id = await person();
    await heedBrowserSignal(process({ HABEAS_GPC_PURPOSES: 'none' }), id);
    expect(await objectionsOf(store.db, id)).toEqual([]);
    const settings = { HABEAS_GPC_PURPOSES: 'analytic', HABEAS_DEVICE_PURPOSES: 'functional.storages' };
    expect(() => checkConfiguredPurposes(readConfig(settings), taxonomy)).toThrow(
      'HABEAS_DEVICE_PURPOSES: functional.storages is no data use that is known: did you mean functional.storage?\n' +
        'HABEAS_GPC_PURPOSES: analytic is no data use that is known: did you mean analytics?',
    );
  });
});
