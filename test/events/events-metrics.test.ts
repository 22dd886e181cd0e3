import postgres from 'postgres';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { measureEvents } from '../../src/events/events-metrics.js';
import { readFeed } from '../../src/events/feed.js';
import { openStore, type Store } from '../support/store.js';
import { type Receiver, startReceiver } from './receiver.js';
import { type Telling, tellingTo, toldService } from './telling.js';

let store: Store;
let shop: Receiver;
let telling: Telling;
beforeAll(async () => {
  [store, shop] = await Promise.all([openStore(), startReceiver()]);
  telling = await tellingTo(store, [
    toldService('shop', { url: shop.url }),
    toldService('library', { client: 'sync' }),
  ]);
});
afterAll(async () => {
  await telling.stop();
  await Promise.all([store.close(), shop.stop()]);
});

const HOUR = 3_600_000;
/** What a process tells that does none of the work itself; an hour from now. */
async function scraped(sql: postgres.Sql = store.sql): Promise<Record<string, number>> {
  const registry = new Registry();
  measureEvents(registry, sql, { now: () => new Date(Date.now() + HOUR) });
  const lines = (await registry.metrics()).split('\n').filter((line) => line.startsWith('habeas_events_'));
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0], Number(line.split(' ')[1])]));
}

it('tells what waits, for how long, what was given up and how attempts went, whichever process made them', async () => {
  const { accountId } = await telling.person();
  shop.behave({ refuses: 'analytics' });
  await telling.publish(accountId, { purpose: 'analytics' });
  const of = async (name: string, service: string) => (await scraped())[`${name}{service="${service}"}`];
  const attempts = async (service: string, outcome: string) =>
    (await scraped())[`habeas_events_attempts_total{service="${service}",outcome="${outcome}"}`];
  const patient = await telling.start();
  await expect.poll(() => attempts('shop', 'failed'), { timeout: 10_000 }).toBeGreaterThan(0);
  await patient.stop();
  const impatient = await telling.start({ giveUpMs: 0 });
  await expect.poll(() => attempts('shop', 'given_up'), { timeout: 10_000 }).toBe(1);
  await impatient.stop();
  expect(await attempts('shop', 'told')).toBe(1); // that they are linked
  expect(await of('habeas_events_dead_letters', 'shop')).toBe(1);
  expect(await of('habeas_events_waiting', 'shop')).toBe(0);
  expect(await of('habeas_events_oldest_waiting_seconds', 'shop')).toBe(0);

  expect(await of('habeas_events_waiting', 'library')).toBe(2);
  const age = await of('habeas_events_oldest_waiting_seconds', 'library');
  expect(age).toBeGreaterThan(3_599);
  expect(age).toBeLessThan(3_660);
  await readFeed(store.sql, 'library', null, 10);
  await readFeed(store.sql, 'library', '2', 10);
  expect(await of('habeas_events_waiting', 'library')).toBe(0);
  expect(await attempts('library', 'fetched')).toBe(2);
});

it('keeps all else readable while the database does not answer', async () => {
  const nobody = postgres('postgres://habeas@127.0.0.1:9/none', { max: 1, connect_timeout: 1 });
  expect(await scraped(nobody)).toEqual({});
  await nobody.end();
});
