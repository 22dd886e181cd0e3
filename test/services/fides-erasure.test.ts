import { readFileSync } from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Subject } from '../../src/services/connector.js';
import { parseManifest } from '../../src/services/manifest.js';
import { PostgresErasure } from '../../src/services/postgres/erasure.js';
import type { Collection, ErasureRule, Service } from '../../src/services/service.js';
import { covers } from '../../src/services/taxonomy.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';

const FIXTURES = path.join(import.meta.dirname, '../fixtures/fides');
const { signal } = new AbortController();
const STEP = { key: 'fides', scope: { heldBack: [] } };
const email = (address: string): Subject => ({ accountId: address, emails: [address], phones: [] });

/** The one override of Fides' own tests of this data. */
const OVERRIDE: Readonly<Record<string, string>> = { 'employee.name': 'testing-test' };

/**
 * A policy of Fides as rules of a manifest: fields whose category is targeted are emptied, or overridden; primary keys
 * never; rows stay; whoever else reaches them.
 */
function asFides(service: Service, targets: readonly string[]): Service {
  const ruleOf = ({ name, fields }: Collection): ErasureRule => {
    const targeted = fields.filter(
      ({ primaryKey, categories }) =>
        !primaryKey && categories.some((category) => targets.some((target) => covers(target, category))),
    );
    const mask = targeted.map((field) => {
      const value = OVERRIDE[`${name}.${field.name}`] ?? null;
      return { field: field.name, with: value === null ? ('null' as const) : ('constant' as const), value };
    });
    const action = mask.length > 0 ? 'MASK' : 'KEEP';
    return { action, keepFor: null, keepFrom: null, reason: null, legalGround: null, mask, shared: 'erase' };
  };
  const collections = service.datasets.flatMap((dataset) => dataset.collections);
  return { ...service, erasure: new Map(collections.map((each) => [each.name, ruleOf(each)])) };
}

/** What Fides changes in its sample database: by row, the columns and what they become. */
const EXPECTED: readonly { identity: string; targets: string[]; changes: Record<string, Record<string, unknown>> }[] = [
  { identity: 'jane@example.com', targets: ['user.name'], changes: { 'customer 3': { name: null } } },
  {
    identity: 'jane@example.com',
    targets: ['user.contact', 'user.name'],
    changes: {
      'customer 3': { email: null, name: null },
      'address 4': { city: null, house: null, state: null, street: null, zip: null },
    },
  },
  {
    identity: 'jane@example.com',
    targets: ['user.financial'],
    changes: { 'payment_card pay_ccc-ccc': { ccn: null, code: null, name: null } },
  },
  {
    identity: 'employee-1@example.com',
    targets: ['user.name'],
    changes: { 'employee 1': { name: 'testing-test' } },
  },
  {
    identity: 'employee-1@example.com',
    targets: ['user.contact', 'user.name'],
    changes: {
      'employee 1': { email: null, name: 'testing-test' },
      'address 3': { city: null, house: null, state: null, street: null, zip: null },
      // It masks those of ser_bbb-bbb and ser_ccc-ccc too, which are empty.
      'service_request ser_aaa-aaa': { alt_email: null },
    },
  },
];

let database: TestDatabase;
let sql: postgres.Sql;
let opened: PostgresErasure[] = [];

beforeEach(async () => {
  database = await emptyDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(readFileSync(path.join(FIXTURES, 'postgres_sample.sql'), 'utf8'));
});
afterEach(async () => {
  await Promise.all(opened.map((each) => each.close()));
  opened = [];
  await sql.end();
  await database.drop();
});

function cookieHouse(): Service {
  const file = path.join(FIXTURES, 'manifest.yml');
  return parseManifest(readFileSync(file, 'utf8'), file, { COOKIE_HOUSE_DATABASE_URL: database.url });
}

function erasing(service: Service): PostgresErasure {
  const erasure = new PostgresErasure(service, Buffer.alloc(32));
  opened.push(erasure);
  return erasure;
}

type Rows = Map<string, Record<string, unknown>>;

/** Every row of every table, by table and what comes first in it. */
async function allRows(): Promise<Rows> {
  const tables = await sql<{ name: string }[]>`select tablename as name from pg_tables where schemaname = 'public'`;
  const rows: Rows = new Map();
  for (const { name } of tables) {
    for (const { row } of await sql<
      { row: Record<string, unknown> }[]
    >`select to_jsonb(t) as row from ${sql(name)} t`) {
      const key = name === 'order_item' ? `${row.order_id} ${row.item_no}` : (row.id ?? JSON.stringify(row));
      rows.set(`${name} ${key}`, row);
    }
  }
  return rows;
}

function changed(before: Rows, after: Rows): Record<string, Record<string, unknown>> {
  const changes: Record<string, Record<string, unknown>> = {};
  for (const [key, row] of before) {
    const now = after.get(key);
    if (!now) changes[key] = { gone: true };
    const columns = Object.entries(now ?? {}).filter(([column, value]) => value !== row[column]);
    if (columns.length > 0) changes[key] = Object.fromEntries(columns);
  }
  return changes;
}

describe('A database written for Fides', () => {
  it.each(EXPECTED)('is masked as Fides masks it: $identity, $targets', async ({ identity, targets, changes }) => {
    const before = await allRows();
    const erasure = erasing(asFides(cookieHouse(), targets));
    expect((await erasure.erase(email(identity), STEP, signal)).refusals).toEqual([]);
    const after = await allRows();
    expect(changed(before, after)).toEqual(changes);
    await erasure.erase(email(identity), STEP, signal);
    expect(await allRows()).toEqual(after);
  });

  it('is left alone by default where rows are other people’s too', async () => {
    const before = await allRows();
    const plan = await erasing(cookieHouse()).erase(email('employee-1@example.com'), STEP, signal);
    expect(plan.items.map(({ action, collection, records }) => `${action} ${records} ${collection}`).sort()).toEqual([
      'DELETE 1 employee',
      'KEEP 1 address',
      'KEEP 3 service_request',
    ]);
    expect(changed(before, await allRows())).toEqual({ 'employee 1': { gone: true } });
  });

  it('keeps the address Jill shares when customer 1 is erased', async () => {
    const plan = await erasing(cookieHouse()).erase(email('customer-1@example.com'), STEP, signal);
    expect(plan.refusals).toEqual([]);
    const items = plan.items.map(({ action, collection, records }) => `${action} ${records} ${collection}`);
    expect(items).toEqual(expect.arrayContaining(['DELETE 1 customer', 'DELETE 6 login', 'DELETE 1 visit']));
    expect(await sql`select id from address order by id`).toMatchObject([{ id: 1 }, { id: 3 }, { id: 4 }]);
  });
});
