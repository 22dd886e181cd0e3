import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { BeforeKept, readFeed } from '../../src/events/feed.js';
import { pruneEvents } from '../../src/events/prune.js';
import { toldOf } from '../../src/events/state.js';
import { openStore, type Store } from '../support/store.js';
import { type Telling, tellingTo, toldService } from './telling.js';

const OLD = new Date('2024-01-01T12:00:00.000Z');
const BEFORE = new Date('2025-01-01T00:00:00.000Z');
let store: Store;
let telling: Telling;
let accountId: string;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());
beforeEach(async () => {
  await store.sql`truncate events, event_deliveries, event_subscriptions`;
  telling = await tellingTo(store, [
    toldService('library', { client: 'library' }),
    toldService('shop', { client: 'shop' }),
  ]);
  ({ accountId } = await telling.person());
  await store.sql`truncate events, event_deliveries`;
});

const publish = async (count: number, recordedAt = OLD) => {
  for (let time = 0; time < count; time++) await telling.publish(accountId, { recordedAt, sourceId: `${time}` });
};
const read = (service: string, after: string | null, first = 200) => readFeed(store.sql, service, after, first);
const sequences = async (service: string, after: string | null) =>
  (await read(service, after)).rows.map(({ sequence }) => sequence);
const toldLongAgo = (service: string) =>
  store.sql`update event_deliveries set told_at = ${OLD} where service = ${service} and status = 'TOLD'`;
const fetched = async (service: string, after: string) => {
  await read(service, null);
  await read(service, after);
  await toldLongAgo(service);
};
const prune = (atMost = 100) => pruneEvents(store.sql, BEFORE, atMost);

describe('events that are old', () => {
  it('go once every service was told of them long ago, and not before', async () => {
    await publish(4);
    await fetched('library', '4');
    await fetched('shop', '2');
    expect(await prune()).toBe(2);
    expect(await prune()).toBe(0);
    expect(await sequences('shop', '2')).toEqual(['3', '4']);
    expect(
      await toldOf(store.sql, [
        { accountId, id: '0' },
        { accountId, id: '3' },
      ]),
    ).toEqual([[], [expect.objectContaining({ service: 'library' }), expect.objectContaining({ service: 'shop' })]]);
    await read('shop', '4');
    expect(await prune(), 'told, but a moment ago').toBe(0);
    await toldLongAgo('shop');
    expect(await prune(1)).toBe(1);
    expect(await prune(1)).toBe(1);
    expect(await store.sql`select from events`).toHaveLength(0);
    expect(await store.sql`select from event_deliveries`).toHaveLength(0);
  });

  it('stay where they are newer, wait or are dead letters', async () => {
    await publish(2);
    await publish(1, new Date('2026-01-01T12:00:00.000Z'));
    await fetched('library', '3');
    await fetched('shop', '3');
    await store.sql`update event_deliveries set status = 'DEAD' where service = 'shop' and sequence = 1`;
    await store.sql`update event_deliveries set status = 'PENDING' where service = 'shop' and sequence = 2`;
    expect(await prune()).toBe(0);
    expect(await store.sql`select from events`).toHaveLength(3);
  });

  it('go where nobody was to be told of them', async () => {
    await store.sql`delete from event_subscriptions`;
    await publish(3);
    expect(await prune()).toBe(3);
  });
});

describe('the feed, once events are gone', () => {
  it('says that a cursor lies before what is kept, and goes on from any other', async () => {
    await publish(5);
    await fetched('library', '5');
    await fetched('shop', '3');
    expect(await prune()).toBe(3);
    for (const after of ['0', '1', '2']) await expect(read('library', after)).rejects.toThrow(BeforeKept);
    expect(await sequences('library', '3')).toEqual(['4', '5']);
    expect(await sequences('library', null)).toEqual(['4', '5']);
    expect((await read('library', null)).totalCount).toBe(2);
  });

  it('gives no place twice', async () => {
    await publish(2);
    await fetched('library', '2');
    await fetched('shop', '2');
    expect(await prune()).toBe(2);
    expect(await read('library', null)).toEqual({ rows: [], hasNextPage: false, totalCount: 0 });
    await publish(1);
    expect(await sequences('library', '2')).toEqual(['3']);
    expect((await read('library', '3')).totalCount).toBe(1);
  });
});
