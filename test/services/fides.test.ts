import { readFileSync } from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DataRecord, Subject } from '../../src/services/connector.js';
import { parseManifest } from '../../src/services/manifest.js';
import { PostgresStore } from '../../src/services/postgres/store.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/fides');
const DATASET = 'postgres_example_test_dataset';

const email = (address: string): Subject => ({ accountId: address, emails: [address], phones: [] });
const loyalty = (externalId: string): Subject => ({ accountId: externalId, externalId, emails: [], phones: [] });

/** How each collection's rows are told apart in the expectations below. */
const LABEL: Readonly<Record<string, (row: DataRecord) => unknown>> = {
  order_item: (row) => `${row.order_id} ${row.product_id} ${row.quantity}`,
  visit: (row) => row.last_visit,
};

/** The rows Fides itself finds for each identity in its sample database. */
const EXPECTED: readonly { subject: Subject; rows: Record<string, unknown[]> }[] = [
  {
    subject: email('customer-1@example.com'),
    rows: {
      customer: [1],
      address: [1, 2],
      orders: ['ord_aaa-aaa', 'ord_ccc-ccc', 'ord_ddd-ddd'],
      order_item: ['ord_aaa-aaa 1 1', 'ord_ccc-ccc 1 1', 'ord_ccc-ccc 2 1', 'ord_ddd-ddd 1 1'],
      product: [1, 2],
      payment_card: ['pay_aaa-aaa'],
      login: [1, 2, 3, 4, 5, 6],
      visit: ['2021-01-06T01:00:00'],
      service_request: ['ser_aaa-aaa'],
    },
  },
  {
    subject: email('jane@example.com'),
    rows: { customer: [3], address: [4], orders: ['ord_ddd-eee'], payment_card: ['pay_ccc-ccc'], login: [8] },
  },
  {
    subject: email('employee-1@example.com'),
    rows: { employee: [1], address: [3], service_request: ['ser_aaa-aaa', 'ser_bbb-bbb', 'ser_ccc-ccc'] },
  },
  { subject: email('admin-account@example.com'), rows: { report: [1, 2, 3, 4] } },
  { subject: loyalty('CH-1'), rows: { loyalty: ['CH-1'] } },
  { subject: email('nobody@example.com'), rows: {} },
];

let database: TestDatabase;
const stores: PostgresStore[] = [];

beforeAll(async () => {
  database = await emptyDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(readFileSync(path.join(FIXTURES, 'postgres_sample.sql'), 'utf8'));
  await sql.end();
});

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await database.drop();
});

function cookieHouse(change: (manifest: string) => string = (manifest) => manifest) {
  const file = path.join(FIXTURES, 'manifest.yml');
  const service = parseManifest(change(readFileSync(file, 'utf8')), file, { COOKIE_HOUSE_DATABASE_URL: database.url });
  const store = new PostgresStore(service);
  stores.push(store);
  return { service, store };
}

async function everything(store: PostgresStore, subject: Subject): Promise<Record<string, DataRecord[]>> {
  const found: Record<string, DataRecord[]> = {};
  for await (const { collection, records } of store.records(subject, new AbortController().signal)) {
    found[collection] = [...(found[collection] ?? []), ...records];
  }
  return found;
}

const labels = (found: Record<string, DataRecord[]>) =>
  Object.fromEntries(
    Object.entries(found).map(([name, rows]) => [name, rows.map(LABEL[name] ?? (({ id }) => id)).sort()]),
  );

describe('A dataset written for Fides, unchanged', () => {
  it.each(EXPECTED)(
    'leads from $subject.accountId to the rows Fides finds, and no other',
    async ({ subject, rows }) => {
      const { store } = cookieHouse();
      expect(labels(await everything(store, subject))).toEqual(rows);
    },
  );

  it('reads only the fields it declares', async () => {
    const { service, store } = cookieHouse();
    const found = await everything(store, email('customer-1@example.com'));
    for (const { name, fields } of service.datasets.flatMap(({ collections }) => collections)) {
      for (const record of found[name] ?? []) {
        expect(Object.keys(record).sort()).toEqual(fields.map((field) => field.name).sort());
      }
    }
  });

  it('keeps money, dates and numbers as the database has them', async () => {
    const { store } = cookieHouse();
    const found = await everything(store, email('customer-1@example.com'));
    expect(found.product).toContainEqual({ id: 1, name: 'The Choco Chip', price: '$20.00' });
    expect(found.address?.[0]).toMatchObject({ house: 123, zip: '12345' });
    expect(found.service_request?.[0]).toMatchObject({ opened: '2021-01-01', closed: '2021-01-03' });
    expect(found.payment_card?.[0]).toMatchObject({ ccn: 123456789, code: 321, preferred: true });
    expect(found.loyalty).toBeUndefined();
  });

  it('finds an e-mail address whatever its case', async () => {
    const { store } = cookieHouse();
    const found = await everything(store, email('Jane@Example.COM'));
    expect(found.customer).toMatchObject([{ id: 3 }]);
  });

  it('reads the schema its namespace names', async () => {
    const yaml = readFileSync(path.join(FIXTURES, 'postgres_example_test_dataset.yml'), 'utf8');
    const backup = yaml.replace(
      /^( {4}name: Postgres Example.*)$/m,
      '$1\n    fides_meta: { namespace: { schema: backup_schema } }',
    );
    const { store } = cookieHouse((manifest) => `${manifest.replace(/^.*datasets:.*\n/m, '')}${backup}`);
    const johanna = await everything(store, email('customer-500@example.com'));
    expect(labels(johanna)).toEqual({ customer: [1], address: [7] });
    expect(await everything(store, email('customer-1@example.com'))).toEqual({});
  });

  it('answers several people at once as it answers each alone', async () => {
    const { service, store } = cookieHouse();
    const subjects = EXPECTED.map(({ subject }) => subject);
    const alone = await Promise.all(subjects.map((subject) => everything(store, subject)));
    for (const { key, collections } of service.datasets) {
      for (const { name, fields } of collections) {
        const answers = await store.read({
          dataset: key,
          collection: name,
          subjects,
          fields: fields.map((field) => field.name),
          first: 200,
          after: null,
          count: true,
        });
        for (const [index, each] of alone.entries()) {
          const records = each[name] ?? [];
          expect(answers[index]?.records.map(({ record }) => record)).toEqual(records);
          expect(answers[index]).toMatchObject({ hasNextPage: false, totalCount: records.length });
        }
      }
    }
  });

  it('pages through a collection, every record once', async () => {
    const { store } = cookieHouse();
    const seen: unknown[] = [];
    let after: string | null = null;
    for (let page = 1; page <= 3; page++) {
      const [answer] = await store.read({
        dataset: DATASET,
        collection: 'login',
        subjects: [email('customer-1@example.com')],
        fields: ['id'],
        first: 2,
        after,
        count: false,
      });
      seen.push(...(answer?.records.map(({ record }) => record.id) ?? []));
      expect(answer?.hasNextPage).toBe(page < 3);
      after = answer?.records.at(-1)?.cursor ?? null;
    }
    expect(seen).toEqual([1, 2, 3, 4, 5, 6]);
  });
});
