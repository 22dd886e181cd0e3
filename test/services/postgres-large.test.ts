import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { PostgresStore } from '../../src/services/postgres/store.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';

const ITEMS = Number(process.env.HABEAS_RECORDS ?? 80_000);
const ORDERS = ITEMS / 100;
const MEGABYTE = 2 ** 20;

let database: TestDatabase;
let store: PostgresStore;

beforeAll(async () => {
  database = await emptyDatabase();
  const sql = postgres(database.url, { max: 1 });
  await sql`create table customer (id int primary key, email text)`;
  await sql`create table orders (id int primary key, customer_id int)`;
  await sql`create table item (id int primary key, order_id int, note text)`;
  await sql`insert into customer values (1, 'ada@example.com'), (2, 'bob@example.com')`;
  await sql`insert into orders select n, 1 + n % 2 from generate_series(1, ${2 * ORDERS}::int) n`;
  await sql`insert into item select n, 1 + n % ${2 * ORDERS}::int, repeat('x', 500) from generate_series(1, ${2 * ITEMS}::int) n`;
  await sql`create index on item (order_id)`;
  await sql`analyze`;
  await sql.end();
  const from = (place: string) => {
    const [name = '', path = ''] = place.split('.');
    return { references: [{ dataset: 'held', collection: name, field: path, direction: 'from' as const }] };
  };
  store = new PostgresStore(
    service(
      { kind: 'postgres', url: database.url, schema: 'public' },
      {
        datasets: [
          dataset([
            collection('customer', [field('id'), field('email', { identity: 'email' })]),
            collection('orders', [field('id'), field('customer_id', from('customer.id'))]),
            collection('item', [field('id'), field('order_id', from('orders.id')), field('note')]),
          ]),
        ],
      },
    ),
  );
});

afterAll(async () => {
  await store.close();
  await database.drop();
});

it(`streams ${ITEMS.toLocaleString('en-GB')} records two references away, each once, in flat memory (T-32)`, async () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  collectGarbage();
  const before = process.memoryUsage();
  const seen = new Set<number>();
  let records = 0;
  let pages = 0;
  let most = { heapUsed: 0, rss: 0 };
  for await (const page of store.records(
    { accountId: 'ada', emails: ['ada@example.com'], phones: [] },
    new AbortController().signal,
  )) {
    if (page.collection !== 'item') continue;
    records += page.records.length;
    for (const { id } of page.records) seen.add(Number(id));
    if (pages++ % 20 === 0) collectGarbage();
    const { heapUsed, rss } = process.memoryUsage();
    most = { heapUsed: Math.max(most.heapUsed, heapUsed), rss: Math.max(most.rss, rss) };
  }
  expect(records).toBe(ITEMS);
  expect(seen.size).toBe(ITEMS);
  expect(pages).toBeGreaterThanOrEqual(ITEMS / 1000);
  // All records together are 650 bytes each; the set of ids this test keeps is a part of what is measured.
  expect(most.heapUsed - before.heapUsed).toBeLessThan(ITEMS * 500);
  expect(most.rss - before.rss).toBeLessThan(200 * MEGABYTE);
});

it('reads one moment, whatever is written meanwhile', async () => {
  const sql = postgres(database.url, { max: 1 });
  let records = 0;
  let written = false;
  for await (const page of store.records(
    { accountId: 'bob', emails: ['bob@example.com'], phones: [] },
    new AbortController().signal,
  )) {
    if (!written) await sql`insert into item values (${10 * ITEMS}, 2, 'later')`;
    written = true;
    if (page.collection === 'item') records += page.records.length;
  }
  await sql.end();
  expect(records).toBe(ITEMS);
});

it('stops at the database too when the export is given up', async () => {
  const controller = new AbortController();
  const sql = postgres(database.url, { max: 1 });
  await expect(
    (async () => {
      for await (const page of store.records(
        { accountId: 'ada', emails: ['ada@example.com'], phones: [] },
        controller.signal,
      )) {
        if (page.collection === 'item') controller.abort(new Error('given up'));
      }
    })(),
  ).rejects.toThrow('given up');
  await expect
    .poll(
      async () =>
        (
          await sql`select 1 from pg_stat_activity where application_name = 'habeas' and datname = current_database()
                   and state <> 'idle'`
        ).length,
    )
    .toBe(0);
  await sql.end();
});

it('leaves nothing open when a reader breaks off', async () => {
  const sql = postgres(database.url, { max: 1 });
  for await (const page of store.records(
    { accountId: 'ada', emails: ['ada@example.com'], phones: [] },
    new AbortController().signal,
  )) {
    if (page.collection === 'item') break;
  }
  await expect
    .poll(
      async () =>
        (
          await sql`select 1 from pg_stat_activity where application_name = 'habeas' and datname = current_database()
                   and state <> 'idle'`
        ).length,
    )
    .toBe(0);
  await sql.end();
});
