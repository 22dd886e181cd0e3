import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withdraw } from '../../src/consents/consents.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { openStore, type Store } from '../support/store.js';
import { type Receiver, startReceiver } from './receiver.js';
import { type Telling, tellingTo, toldService } from './telling.js';

/** Withdrawals. From 2,000 on, at 200 a second, it is measured how soon the service is told. */
const COUNT = Number(process.env.HABEAS_ROUNDS ?? 200);
const PER_SECOND = 200;
const IS_MEASURED = COUNT >= 2_000;
let store: Store;
let shop: Receiver;
let telling: Telling;
beforeAll(async () => {
  [store, shop] = await Promise.all([openStore(), startReceiver()]);
  telling = await tellingTo(store, [toldService('shop', { url: shop.url })]);
});
afterAll(async () => {
  await telling.stop();
  await Promise.all([store.close(), shop.stop()]);
});

it(`R-33 tells a service of ${COUNT} withdrawals${IS_MEASURED ? ', 99 of 100 within two seconds' : ''}`, async () => {
  const people: { accountId: string; externalId: string }[] = [];
  while (people.length < COUNT) people.push(...(await Promise.all(Array.from({ length: 10 }, () => telling.person()))));
  await telling.start({ timing: { pollMs: 1_000 } });
  await expect.poll(() => telling.statuses(), { timeout: 120_000 }).toEqual({ TOLD: people.length });
  const done = new Map<string, number>();
  const began = performance.now();
  await Promise.all(
    people.map(async ({ accountId, externalId }, index) => {
      await delay(Math.max(0, began + (index * 1_000) / PER_SECOND - performance.now()));
      const act = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;
      const withdrawal = { ...act, accountId, purpose: 'analytics.reporting' };
      await store.db.transaction((tx) => withdraw(tx, new Date(), taxonomy, withdrawal));
      done.set(externalId, Date.now());
    }),
  );
  await expect.poll(() => telling.statuses(), { timeout: 120_000 }).toEqual({ TOLD: 2 * people.length });
  const told = (await shop.received()).filter(({ body }) => JSON.parse(body).type === 'consent.withdrawn');
  expect(told.length).toBe(people.length);
  const waited = told
    .map(({ body, at }) => at - (done.get(JSON.parse(body).data.externalId) ?? 0))
    .sort((a, b) => a - b);
  const p99 = waited[Math.floor(waited.length * 0.99)] ?? Number.POSITIVE_INFINITY;
  if (IS_MEASURED) {
    process.stdout.write(`told after: p50 ${waited[Math.floor(waited.length / 2)]} ms, p99 ${p99} ms\n`);
    expect(p99).toBeLessThan(2_000);
  }
}, 600_000);
