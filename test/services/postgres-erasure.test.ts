import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import type { Subject } from '../../src/services/connector.js';
import { PostgresErasure } from '../../src/services/postgres/erasure.js';
import type { Collection, ErasureRule, Field, Mask } from '../../src/services/service.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';

const ADA: Subject = { accountId: 'ada', externalId: '7', emails: ['ada@example.com'], phones: [] };
const { signal } = new AbortController();
const ALL = { heldBack: [] };
const KEY = { key: 'step-1', scope: ALL };

let database: TestDatabase;
let sql: postgres.Sql;
const opened: PostgresErasure[] = [];

beforeAll(async () => {
  database = await emptyDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()));
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  await sql.unsafe(`
    create schema shop; set search_path to shop;
    create table customers (id int primary key, email text, name text not null, town varchar(40), born date);
    create table orders (id int primary key, customer_id int not null references customers, address_id int);
    create table items (order_id int references orders, no int, product text, primary key (order_id, no));
    create table invoices (id int primary key, customer_id int references customers, name text, issued_at date, total numeric);
    create table notes (id int primary key, customer_id int not null references customers, parent_id int references notes);
    create table addresses (id int primary key, street text);
    insert into customers values (1, 'Ada@example.com', 'Ada', 'Bath', '1990-05-17'), (2, 'bob@example.com', 'Bob', 'York', '1980-01-01');
    insert into addresses values (10, 'Own'), (11, 'Shared'), (12, 'Bobs');
    insert into orders values (100, 1, 10), (101, 1, 11), (102, 2, 11), (103, 2, 12);
    insert into items values (100, 1, 'pen'), (100, 2, 'ink'), (101, 1, 'cap'), (102, 1, 'hat');
    insert into invoices values (1, 1, 'Ada', now() - interval '1 year', 5), (2, 1, 'Ada', now() - interval '9 years', 6), (3, 2, 'Bob', now(), 7);
    insert into notes values (1, 1, null), (2, 1, 1), (3, 1, 2), (4, 2, null);`);
});
afterEach(async () => {
  await sql.unsafe('drop schema shop cascade; set search_path to default');
});

const from = (place: string): Partial<Field> => {
  const [name = '', key = ''] = place.split('.');
  return { references: [{ dataset: 'held', collection: name, field: key, direction: 'from' }] };
};

const CUSTOMERS = collection('customers', [
  field('id', { primaryKey: true }),
  field('email', { identity: 'email', categories: ['user.contact.email'] }),
  field('name', { categories: ['user.name'] }),
  field('town'),
  field('born'),
]);
const ORDERS = collection('orders', [
  field('id', { primaryKey: true }),
  field('customer_id', from('customers.id')),
  field('address_id'),
]);
const ITEMS = collection('items', [field('order_id', from('orders.id')), field('no'), field('product')]);
const INVOICES = collection('invoices', [
  field('id', { primaryKey: true }),
  field('customer_id', from('customers.id')),
  field('name', { categories: ['user.name'] }),
  field('issued_at'),
  field('total'),
]);
const NOTES = collection('notes', [field('id'), field('customer_id', from('customers.id')), field('parent_id')]);
const ADDRESSES = collection('addresses', [field('id', from('orders.address_id')), field('street')]);
const SHOP = [CUSTOMERS, ORDERS, ITEMS, INVOICES, NOTES, ADDRESSES];

const rule = (action: ErasureRule['action'], rest: Partial<ErasureRule> = {}): ErasureRule => ({
  action,
  keepFor: null,
  keepFrom: null,
  reason: null,
  legalGround: null,
  mask: [],
  shared: 'keep',
  ...rest,
});
const mask = (name: string, strategy: Mask['with'] = 'null', value: string | null = null): Mask => ({
  field: name,
  with: strategy,
  value,
});
const KEEP_INVOICES = rule('KEEP', {
  keepFor: 'P6Y',
  keepFrom: 'issued_at',
  reason: 'Tax records.',
  legalGround: 'VATA 1994',
  mask: [mask('name'), mask('customer_id')],
});

function erasing(rules: Record<string, ErasureRule>, collections: readonly Collection[] = SHOP, url = database.url) {
  const erasure = new PostgresErasure(
    service(
      { kind: 'postgres', url, schema: 'shop' },
      {
        kind: 'POSTGRES',
        name: 'shop',
        title: 'Shop',
        datasets: [dataset(collections)],
        erasure: new Map(Object.entries(rules)),
      },
    ),
    Buffer.alloc(32, 7),
  );
  opened.push(erasure);
  return erasure;
}

const counts = (plan: { items: readonly { collection: string; action: string; records: number }[] }) =>
  plan.items.map(({ collection: name, action, records }) => `${action} ${records} ${name}`);

const state = async () =>
  (
    await sql`
    select (select json_agg(c order by id) from customers c) as customers, (select json_agg(o order by id) from orders o) as orders,
           (select json_agg(i order by order_id, no) from items i) as items, (select json_agg(i order by id) from invoices i) as invoices,
           (select json_agg(n order by id) from notes n) as notes, (select json_agg(a order by id) from addresses a) as addresses`
  )[0];

describe('Erasing a person from a database', () => {
  it('deletes what is theirs, keeps what the rules keep and what others share, and touches nobody else', async () => {
    const erasure = erasing({ invoices: KEEP_INVOICES });
    const planned = await erasure.plan(ADA, ALL, signal);
    expect(counts(planned).sort()).toEqual([
      'DELETE 1 addresses',
      'DELETE 1 customers',
      'DELETE 1 invoices',
      'DELETE 2 orders',
      'DELETE 3 items',
      'DELETE 3 notes',
      'KEEP 1 addresses',
      'KEEP 1 invoices',
      'MASK 1 invoices',
    ]);
    expect(
      planned.items.find(({ action, collection: name }) => action === 'KEEP' && name === 'invoices'),
    ).toMatchObject({
      reason: 'Tax records.',
      legalGround: 'VATA 1994',
      keepUntil: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
    expect((await state())?.customers).toHaveLength(2);

    expect(await erasure.erase(ADA, KEY, signal)).toEqual(planned);
    const after = await state();
    expect(after).toMatchObject({
      customers: [{ id: 2 }],
      orders: [{ id: 102 }, { id: 103 }],
      items: [{ order_id: 102 }],
      invoices: [
        { id: 1, name: null, customer_id: null, total: 5 },
        { id: 3, name: 'Bob' },
      ],
      notes: [{ id: 4 }],
      addresses: [{ id: 11 }, { id: 12 }],
    });
    expect(await erasure.erase(ADA, KEY, signal)).toMatchObject({ items: [], refusals: [] });
    expect(await erasure.remaining(ADA, ALL, signal)).toMatchObject({ items: [], refusals: [] });
    expect(await state()).toEqual(after);
  });

  it('puts what refers before what it refers to', async () => {
    const { items } = await erasing({}).plan(ADA, ALL, signal);
    const order = items.filter(({ action }) => action === 'DELETE').map(({ collection: name }) => name);
    for (const name of ['orders', 'invoices', 'notes'])
      expect(order.indexOf(name)).toBeLessThan(order.indexOf('customers'));
    expect(order.indexOf('items')).toBeLessThan(order.indexOf('orders'));
  });

  it('lets shared rows go where the manifest says so', async () => {
    const erasure = erasing({ addresses: rule('DELETE', { shared: 'erase' }) });
    expect(counts(await erasure.erase(ADA, KEY, signal))).toContain('DELETE 2 addresses');
  });

  it('leaves rows that are another person’s by their own identity', async () => {
    await sql`alter table notes add column author_email text`;
    await sql`update notes set author_email = 'bob@example.com' where id = 3`;
    const notes = { ...NOTES, fields: [...NOTES.fields, field('author_email', { identity: 'email' })] };
    const erasure = erasing({}, [CUSTOMERS, ORDERS, ITEMS, INVOICES, notes]);
    expect((await erasure.plan(ADA, ALL, signal)).refusals).toEqual([
      {
        code: 'CANNOT_BE_ERASED',
        message: { en: expect.stringContaining('Rows of notes that stay refer to rows that would go') },
      },
    ]);
  });

  it('masks by every strategy, the same however often it runs', async () => {
    const masks = [
      mask('email', 'hash'),
      mask('name', 'random'),
      mask('town', 'constant', "O'Town"),
      mask('born', 'year'),
    ];
    const erasure = erasing({ customers: rule('MASK', { mask: masks }) }, [CUSTOMERS]);
    const externally = {
      ...CUSTOMERS,
      fields: CUSTOMERS.fields.map((each) => (each.name === 'id' ? { ...each, identity: 'external_id' } : each)),
    };
    const again = erasing({ customers: rule('MASK', { mask: masks }) }, [externally]);
    const one: Subject = { ...ADA, externalId: '1' };
    expect(counts(await erasure.erase(one, KEY, signal))).toEqual(['MASK 1 customers']);
    const [row] = await sql`select email, name, town, born::text from customers where id = 1`;
    expect(row).toMatchObject({
      email: expect.stringMatching(/^erased-[0-9a-f]{32}$/),
      name: expect.stringMatching(/^[A-Z][a-z]{2}$/),
      town: "O'Town",
      born: '1990-01-01',
    });
    expect(counts(await again.erase(one, KEY, signal))).toEqual([]);
    expect(await sql`select email, name, town, born::text from customers where id = 1`).toEqual([row]);
  });

  it('draws numbers and ids of the same shape, and masks inside JSON', async () => {
    await sql`create table devices (id int primary key, email text, imei int8, token uuid, about jsonb)`;
    await sql`insert into devices values (1, 'ada@example.com', 490154203237518, gen_random_uuid(), '{"owner": {"name": "Ada"}, "os": "x"}')`;
    const about = field('about', { fields: [field('owner', { fields: [field('name')] }), field('os')] });
    const devices = collection('devices', [
      field('id'),
      field('email', { identity: 'email' }),
      field('imei'),
      field('token'),
      about,
    ]);
    const erasure = erasing(
      { devices: rule('MASK', { mask: [mask('imei', 'random'), mask('token', 'random'), mask('about.owner.name')] }) },
      [devices],
    );
    const [before] = await sql`select imei::text, token from devices`;
    expect(counts(await erasure.erase(ADA, KEY, signal))).toEqual(['MASK 1 devices']);
    const [after] = await sql`select imei::text, token, about from devices`;
    expect(after?.imei).toMatch(/^1\d{14}$/);
    expect(after?.token).not.toBe(before?.token);
    expect(after?.about).toEqual({ owner: { name: null }, os: 'x' });
    expect(counts(await erasure.erase(ADA, KEY, signal))).toEqual([]);
  });

  it('anonymises: what identifies and what leads to the person is taken out', async () => {
    const erasure = erasing({ invoices: rule('ANONYMISE', { reason: 'Turnover.' }) });
    expect(counts(await erasure.erase(ADA, KEY, signal))).toContain('ANONYMISE 2 invoices');
    expect((await state())?.invoices).toMatchObject([
      { id: 1, name: null, customer_id: null, total: 5 },
      { id: 2, name: null, customer_id: null },
      { id: 3, name: 'Bob', customer_id: 2 },
    ]);
  });

  it('deletes cycles of references', async () => {
    await sql`alter table customers add column main_order int references orders`;
    await sql`update customers set main_order = 100 where id = 1`;
    expect(counts(await erasing({}).erase(ADA, KEY, signal))).toContain('DELETE 1 customers');
    expect((await state())?.customers).toMatchObject([{ id: 2 }]);
  });

  it('goes through large collections in batches', async () => {
    await sql`create index on notes (parent_id)`;
    await sql`insert into notes select n, 1, 1 from generate_series(1001, 13000) n`;
    expect(counts(await erasing({}).erase(ADA, KEY, signal))).toContain('DELETE 12003 notes');
  });

  it('leaves collections under a legal hold', async () => {
    const held = { heldBack: ['invoices', 'customers'] };
    const plan = await erasing({}).erase(ADA, { key: 'k', scope: held }, signal);
    expect(counts(plan)).toEqual(expect.arrayContaining(['KEEP 1 customers', 'KEEP 2 invoices', 'DELETE 2 orders']));
    expect(plan.items.find(({ collection: name }) => name === 'customers')?.reason).toBe('It is under a legal hold.');
  });

  it('refuses, and changes nothing, where a constraint is against it: table, column and mend are named', async () => {
    const before = await state();
    const kept = erasing({ invoices: rule('KEEP', { keepFor: 'P6Y', keepFrom: 'issued_at', reason: 'Tax.' }) });
    for (const plan of [await kept.plan(ADA, ALL, signal), await kept.erase(ADA, KEY, signal)]) {
      expect(plan.items).toEqual([]);
      expect(plan.refusals[0]?.message.en).toMatch(
        /^Rows of invoices that stay refer to rows that would go \(invoices_/,
      );
    }
    const empty = await erasing({ customers: rule('MASK', { mask: [mask('name')] }) }).plan(ADA, ALL, signal);
    expect(empty.refusals[0]?.message.en).toBe(
      'customers.name must not be empty: give it a mask with a value in habeas.erasure.',
    );
    const wrong = await erasing({ customers: rule('MASK', { mask: [mask('name', 'year')] }) }).plan(ADA, ALL, signal);
    expect(wrong.refusals[0]?.message.en).toContain('held.customers.name is text and cannot be masked with year');
    expect(await state()).toEqual(before);
  });

  it('does not let what is kept go in silence by a cascade', async () => {
    await sql`alter table invoices drop constraint invoices_customer_id_fkey`;
    await sql`alter table invoices add foreign key (customer_id) references customers on delete cascade`;
    const plan = await erasing({ invoices: { ...KEEP_INVOICES, mask: [] } }).erase(ADA, KEY, signal);
    expect(plan.refusals[0]?.message.en).toContain('on delete cascade');
    expect((await state())?.invoices).toHaveLength(3);
  });

  it('ends the same where two run at once', async () => {
    const [one, two] = [erasing({ invoices: KEEP_INVOICES }), erasing({ invoices: KEEP_INVOICES })];
    const done = await Promise.all([one.erase(ADA, KEY, signal), two.erase(ADA, KEY, signal)]);
    expect(done.map(({ items }) => items.length > 0).sort()).toEqual([false, true]);
    expect((await state())?.customers).toMatchObject([{ id: 2 }]);
  });

  it('finds nothing of a person it does not know', async () => {
    expect(await erasing({}).plan({ accountId: 'x', emails: ['x@example.com'], phones: [] }, ALL, signal)).toEqual({
      service: 'shop',
      items: [],
      refusals: [],
    });
  });

  it('names the mend where its role may not erase, and tells a lost database', async () => {
    await sql.unsafe(`drop role if exists reads_alone; create role reads_alone login password 'x';
      grant usage on schema shop to reads_alone; grant select on all tables in schema shop to reads_alone`);
    const url = new URL(database.url);
    [url.username, url.password] = ['reads_alone', 'x'];
    const refused = erasing({}, SHOP, url.href).plan(ADA, ALL, signal);
    await expect(refused).rejects.toThrow('connection.postgres.erase_url');
    await expect(erasing({}, SHOP, 'postgres://127.0.0.1:1/x').plan(ADA, ALL, signal)).rejects.toThrow(ServiceError);
    await sql.unsafe('drop owned by reads_alone; drop role reads_alone');
  });
});
