import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addSecret, liveSecrets, newSecret } from '../../src/events/secrets.js';
import { deadLetters, deliveryStates, redeliver } from '../../src/events/state.js';
import { subscribe } from '../../src/events/subscriptions.js';
import { openStore, type Store } from '../support/store.js';
import { type Received, type Receiver, startReceiver } from './receiver.js';
import { type Telling, tellingTo, toldService } from './telling.js';

const SECRET = newSecret();
let store: Store;
let shop: Receiver;
let telling: Telling;
/** Name of the service: another one in each test. */
let name: string;
let number = 0;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  shop = await startReceiver();
  name = `shop-${++number}`;
  telling = await tellingTo(store, [toldService(name, { url: shop.url, secret: SECRET })]);
});
afterEach(async () => {
  await telling.stop();
  await shop.stop();
});

const taken = async () => (await shop.received()).filter(({ isTaken }) => isTaken);
const isTold = (count: number) => expect.poll(() => telling.statuses()).toEqual({ TOLD: count });
const verify = (secret: string, { body, headers }: Received) => new Webhook(secret).verify(body, headers);
const data = ({ body }: Received) => JSON.parse(body).data;
/** What each person's service was told, in order, without what came twice. */
function toldOf(received: readonly Received[]): Map<string, number[]> {
  const seen = new Set<string>();
  const told = new Map<string, number[]>();
  for (const each of received) {
    const id = each.headers['webhook-id'] ?? '';
    const { externalId, policyVersion } = data(each);
    if (seen.has(id) || policyVersion === undefined) continue;
    seen.add(id);
    told.set(externalId, [...(told.get(externalId) ?? []), policyVersion]);
  }
  return told;
}

describe('a service is told', () => {
  it('as Standard Webhooks says, of nothing personal but the id it knows the person by', async () => {
    await telling.start();
    const { accountId, externalId } = await telling.person();
    await telling.publish(accountId, { purpose: 'analytics.reporting', policyVersion: 2 });
    await isTold(2);
    const received = await taken();
    expect(received.map((each) => verify(SECRET, each))).toMatchObject([
      { type: 'account.linked' },
      { type: 'consent.withdrawn', version: 1, data: { externalId, purpose: 'analytics.reporting', policyVersion: 2 } },
    ]);
    for (const { body, path, headers } of received) {
      expect(body).not.toContain(accountId);
      expect(path).toBe('/told');
      expect(headers['content-type']).toBe('application/json');
    }
    expect(new Set(received.map(({ headers }) => headers['webhook-id'])).size).toBe(2);
  });

  it('in a signature that a changed byte or another secret does not fit', async () => {
    await telling.start();
    await telling.person();
    await isTold(1);
    const [first] = await taken();
    if (!first) throw new Error('nothing came');
    expect(() => verify(newSecret(), first)).toThrow();
    expect(() => verify(SECRET, { ...first, body: first.body.replace('linked', 'erased') })).toThrow();
    expect(() => verify(SECRET, { ...first, headers: { ...first.headers, 'webhook-id': 'other' } })).toThrow();
  });

  it('within a second, without waiting for the next look', async () => {
    await telling.start({ timing: { pollMs: 60_000 } });
    const { accountId } = await telling.person();
    await isTold(1);
    const at = Date.now();
    await telling.publish(accountId);
    await isTold(2);
    expect(((await taken()).at(-1)?.at ?? 0) - at).toBeLessThan(5_000);
  });

  it('again where it does not take it, in order for each person, and others go past', async () => {
    const [stuck, free] = [await telling.person(), await telling.person()];
    shop.behave({ refuses: stuck.externalId });
    for (const { accountId } of [stuck, free]) {
      for (const policyVersion of [1, 2, 3]) await telling.publish(accountId, { policyVersion });
    }
    await Promise.all([telling.start(), telling.start()]);
    await expect.poll(() => telling.statuses()).toMatchObject({ TOLD: 4 });
    expect(toldOf(await taken())).toEqual(new Map([[free.externalId, [1, 2, 3]]]));
    const refused = (await shop.received()).filter(({ isTaken }) => !isTaken);
    expect(new Set(refused.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    shop.behave({ refuses: null });
    await isTold(8);
    expect(toldOf(await taken()).get(stuck.externalId)).toEqual([1, 2, 3]);
  });

  it('only at its own address: a redirect is no answer', async () => {
    const elsewhere = await startReceiver();
    shop.behave({ status: 307, location: elsewhere.url });
    await telling.start();
    await telling.person();
    await expect.poll(async () => (await shop.received()).length).toBeGreaterThan(1);
    expect(await elsewhere.received()).toEqual([]);
    await elsewhere.stop();
  });
});

describe('a service that is down', () => {
  it('R-33 gets everything when it is back, in order for each person', async () => {
    const people = await Promise.all(Array.from({ length: 12 }, () => telling.person()));
    await telling.start({ timing: { backoffMs: () => 3_600_000 } });
    await isTold(12);
    await shop.close();
    for (const policyVersion of [1, 2, 3]) {
      await Promise.all(people.map(({ accountId }) => telling.publish(accountId, { policyVersion })));
    }
    const failing = async () =>
      (await deliveryStates(store.sql)).find((each) => each.service === name)?.failingSince ?? null;
    await expect.poll(failing).not.toBeNull();
    await shop.open();
    await isTold(48);
    expect(await failing()).toBeNull();
    expect(toldOf(await taken())).toEqual(new Map(people.map(({ externalId }) => [externalId, [1, 2, 3]])));
  }, 60_000);

  it('leaves a dead letter after days, which is sent again when staff say so', async () => {
    const { accountId } = await telling.person();
    shop.behave({ status: 400 });
    await telling.start({ giveUpMs: 0 });
    await expect.poll(() => telling.statuses()).toEqual({ DEAD: 1 });
    const { rows } = await deadLetters(store.sql, { service: name, first: 10, after: null });
    expect(rows).toMatchObject([{ accountId, type: 'account.linked', failure: 'answered 400', attempts: 1 }]);
    shop.behave({ status: 200 });
    await telling.publish(accountId);
    await expect.poll(() => telling.statuses()).toEqual({ DEAD: 1, TOLD: 1 });
    expect(await redeliver(store.sql, { service: 'other', ids: null })).toBe(0);
    expect(await redeliver(store.sql, { service: null, ids: rows.map(({ id }) => id) })).toBe(1);
    await isTold(2);
    expect(await redeliver(store.sql, { service: null, ids: null })).toBe(0);
  });
});

describe('a secret is rotated', () => {
  it('with both signatures for a while, then with the new one alone', async () => {
    await telling.start();
    const { accountId } = await telling.person();
    const next = newSecret();
    await addSecret(store.sql, store.keys, name, next, { now: new Date() });
    const signatures = async () => {
      await telling.publish(accountId);
      return (await taken()).at(-1)?.headers['webhook-signature']?.split(' ').length;
    };
    await expect.poll(signatures).toBe(2);
    const both = (await taken()).at(-1);
    if (!both) throw new Error('nothing came');
    for (const secret of [SECRET, next]) expect(() => verify(secret, both)).not.toThrow();
    await store.sql`update event_secrets set ends_at = now() where service = ${name} and ends_at is not null`;
    await expect.poll(signatures).toBe(1);
    const last = (await taken()).at(-1);
    if (!last) throw new Error('nothing came');
    expect(() => verify(next, last)).not.toThrow();
    expect(() => verify(SECRET, last)).toThrow();
  });

  it('also by its manifest, and a manifest that still has the old one changes nothing', async () => {
    const live = async () =>
      (await store.sql`select from event_secrets where service = ${name} and ends_at is null`).length;
    const next = toldService(name, { url: shop.url, secret: newSecret() });
    await subscribe(store.sql, store.keys, new Date(), [next]);
    expect(await live()).toBe(1);
    const current = await liveSecrets(store.sql, store.keys, name, new Date());
    expect(current).toEqual([next.notify?.secret, SECRET]);
    await subscribe(store.sql, store.keys, new Date(), telling.services);
    expect(await liveSecrets(store.sql, store.keys, name, new Date())).toEqual(current);
  });
});
