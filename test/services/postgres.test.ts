import { createServer, type Socket } from 'node:net';
import { parse } from 'graphql';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/database/embedded.js';
import { HabeasError, ServiceError } from '../../src/errors.js';
import type { CollectionQuestion } from '../../src/services/collection-reader.js';
import type { DataRecord, Subject } from '../../src/services/connector.js';
import { checkPostgres } from '../../src/services/postgres/check.js';
import { postgresConnector } from '../../src/services/postgres/connector.js';
import { PostgresStore } from '../../src/services/postgres/store.js';
import type { Collection, Field, Reference, Service } from '../../src/services/service.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';
import { allPages } from '../support/services/pages.js';

const ADA: Subject = { accountId: 'ada', externalId: '7', emails: ['ada@example.com'], phones: ['+441234567890'] };
const BOB: Subject = { accountId: 'bob', externalId: '8', emails: ['bob@example.com'], phones: [] };

let database: TestDatabase;
let sql: postgres.Sql;
const stores: PostgresStore[] = [];

beforeAll(async () => {
  database = await emptyDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});

afterAll(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await sql.end();
  await database.drop();
});

function serviceOf(collections: readonly Collection[], url = database.url): Service {
  return service(
    { kind: 'postgres', url, schema: 'public' },
    { kind: 'POSTGRES', title: 'Shop', datasets: [dataset(collections)] },
  );
}

function storeOf(collections: readonly Collection[], url?: string): PostgresStore {
  const store = new PostgresStore(serviceOf(collections, url));
  stores.push(store);
  return store;
}

function references(place: string, direction: Reference['direction'], rest: Partial<Field> = {}): Partial<Field> {
  const [name = '', ...path] = place.split('.');
  return { ...rest, references: [{ dataset: 'held', collection: name, field: path.join('.'), direction }] };
}

const email = field('email', { identity: 'email' });

async function records(store: PostgresStore, subject = ADA): Promise<Record<string, DataRecord[]>> {
  const found: Record<string, DataRecord[]> = {};
  for await (const page of store.records(subject, new AbortController().signal)) {
    found[page.collection] = [...(found[page.collection] ?? []), ...page.records];
  }
  return found;
}

function ask(collectionName: string, rest: Partial<CollectionQuestion> = {}): CollectionQuestion {
  return {
    dataset: 'held',
    collection: collectionName,
    subjects: [ADA],
    fields: ['id'],
    first: 50,
    after: null,
    count: false,
    ...rest,
  };
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('Values of every type', () => {
  const column = (type: string, literal: string, json: unknown) => ({ type, literal, json });
  const columns = [
    column('smallint', '-32768', -32768),
    column('integer', '2147483647', 2147483647),
    column('bigint', '9007199254740991', 9007199254740991),
    column('bigint', '9007199254740993', '9007199254740993'),
    column('numeric', '1.10', '1.10'),
    column('money', '1234.5', '$1,234.50'),
    column('real', '0.1', 0.1),
    column('double precision', 'NaN', 'NaN'),
    column('boolean', 'f', false),
    column('text', `O'Neil "x" \\ 😀`, `O'Neil "x" \\ 😀`),
    column('date', '2024-02-29', '2024-02-29'),
    column('timestamptz', '2024-06-01T13:00:00.123456+01', '2024-06-01T12:00:00.123456Z'),
    column('timestamp', '2024-06-01T13:00:00', '2024-06-01T13:00:00'),
    column('interval', '1 day 02:00', 'P1DT2H'),
    column('bytea', '\\x00ff10', 'AP8Q'),
    column('uuid', '00000000-0000-0000-0000-00000000000A', '00000000-0000-0000-0000-00000000000a'),
    column('inet', '10.0.0.1', '10.0.0.1'),
    column('json', '{"nul":"a\\u0000b","id":12345678901234567890,"n":1.5}', {
      nul: 'a\u0000b',
      id: '12345678901234567890',
      n: 1.5,
    }),
    column('jsonb', '[{"a":null,"text":"12345678901234567890"},0.1]', [{ a: null, text: '12345678901234567890' }, 0.1]),
    column('text[]', '{a,NULL,"NULL","b,c"}', ['a', null, 'NULL', 'b,c']),
    column('integer[]', '{{1,2},{3,4}}', [
      [1, 2],
      [3, 4],
    ]),
    column('numeric[]', '{1.10}', ['1.10']),
    column('timestamptz[]', '{2024-06-01T12:00:00Z}', ['2024-06-01T12:00:00Z']),
    column('text', 'x', 'x'),
  ];
  let store: PostgresStore;

  beforeAll(async () => {
    const types = columns.map(({ type }, index) => `c${index} ${type}`).join(', ');
    await sql.unsafe(`create table every (email text, ${types})`);
    const values = columns.map(({ literal }) => `'${literal.replaceAll("'", "''")}'`).join(', ');
    await sql.unsafe(`insert into every values ('ada@example.com', ${values})`);
    await sql`insert into every (email) values ('ada@example.com')`;
    store = storeOf([
      collection('every', [email, ...columns.map((_column, index) => field(`c${index}`, { dataType: null }))]),
    ]);
  });

  it('come as JSON without loss, null as null', async () => {
    const [full, empty] = (await records(store)).every ?? [];
    for (const [index, { type, json }] of columns.entries()) {
      expect(full?.[`c${index}`], `${type} ${index}`).toEqual(json);
      expect(empty?.[`c${index}`], `${type} ${index}`).toBeNull();
    }
  });

  it('have the GraphQL scalar that holds them', async () => {
    const types = await store.columnTypes();
    const told = new Map([...types].map(([{ name }, scalar]) => [name, scalar]));
    expect(columns.map((_column, index) => told.get(`c${index}`)).slice(0, 13)).toEqual([
      ...['Int', 'Int', 'String', 'String', 'String', 'String', 'Float', 'Float', 'Boolean', 'String'],
      ...['Date', 'DateTime', 'String'],
    ]);
    const place = (type: string) => columns.findIndex((one) => one.type === type);
    expect(told.get(`c${place('jsonb')}`)).toBe('JSON');
    expect(told.get(`c${place('timestamptz[]')}`)).toBe('[DateTime]');
  });
});

describe('Ways to a row', () => {
  it('meet in one record, however many lead to it', async () => {
    await sql.unsafe(`
      create table member (id int primary key, email text, phone text, number text, boss int);
      insert into member values
        (1, 'ADA@example.com', '+441234567890', '7', 1),
        (2, null, '+441234567890', null, 1),
        (3, 'ada@example.com.evil', '441234567890', '07', 1);
      create table note (id int primary key, member_id int, author text);
      insert into note values (1, 1, 'ada@example.com'), (2, 2, 'Ada@Example.com'), (3, 3, 'bob@example.com');`);
    const found = await records(
      storeOf([
        collection('member', [
          field('id'),
          email,
          field('phone', { identity: 'phone_number' }),
          field('number', { identity: 'member_no' }),
        ]),
        collection('note', [
          field('id'),
          field('member_id', references('member.id', 'from')),
          field('author', { identity: 'email' }),
        ]),
      ]),
    );
    expect(found.member?.map(({ id }) => id)).toEqual([1, 2]);
    expect(found.note?.map(({ id }) => id)).toEqual([1, 2]);
  });

  it('never lead from what is nobody’s: null joins nothing, zero and the empty text do', async () => {
    await sql.unsafe(`
      create table holder (id int primary key, email text, tag text, number int);
      insert into holder values (1, 'ada@example.com', '', 0), (2, 'bob@example.com', null, null);
      create table tagged (id int primary key, tag text, number int);
      insert into tagged values (1, '', null), (2, null, null), (3, null, 0);`);
    const store = storeOf([
      collection('holder', [field('id'), email, field('tag'), field('number')]),
      collection('tagged', [
        field('id'),
        field('tag', references('holder.tag', 'from')),
        field('number', references('holder.number', 'from')),
      ]),
    ]);
    expect((await records(store)).tagged?.map(({ id }) => id)).toEqual([1, 3]);
    expect((await records(store, BOB)).tagged).toBeUndefined();
  });

  it('cast keys to the column’s type, and drop what it cannot hold', async () => {
    await sql.unsafe(`
      create table flat (id int primary key, email text, house text);
      insert into flat values (1, 'ada@example.com', '12'), (2, 'ada@example.com', '12a'),
        (3, 'ada@example.com', '99999999999999999999'), (4, 'ada@example.com', '; drop table flat');
      create table house (id int primary key, number int);
      insert into house values (1, 12), (2, 13);
      create table plan (id int primary key, house_number numeric);
      insert into plan values (1, 12.00), (2, 12.5);
      create domain plate as uuid;
      create table car (id int primary key, plate plate);`);
    const found = await records(
      storeOf([
        collection('flat', [field('id'), email, field('house', references('house.number', 'to'))]),
        collection('house', [field('id'), field('number')]),
        collection('plan', [field('id'), field('house_number', references('house.number', 'from'))]),
        collection('car', [field('id'), field('plate', references('flat.house', 'from'))]),
      ]),
    );
    expect(found.flat).toHaveLength(4);
    expect(found.house).toEqual([{ id: 1, number: 12 }]);
    expect(found.plan).toEqual([{ id: 1, house_number: '12.00' }]);
    expect(found.car).toBeUndefined();
  });

  it('keep of an array only the elements that led to the row, unless all are wanted', async () => {
    await sql.unsafe(`
      create table family (id int primary key, emails text[]);
      insert into family values (1, '{Ada@example.com,bob@example.com}'), (2, '{bob@example.com}');
      create table letter (id int primary key, address text);
      insert into letter values (1, 'Ada@example.com'), (2, 'bob@example.com');`);
    const family = (rest: Partial<Field>) =>
      storeOf([
        collection('family', [field('id'), field('emails', { identity: 'email', ...rest })]),
        collection('letter', [field('id'), field('address', references('family.emails', 'from'))]),
      ]);
    expect(await records(family({}))).toEqual({
      family: [{ id: 1, emails: ['Ada@example.com'] }],
      letter: [{ id: 1, address: 'Ada@example.com' }],
    });
    expect(await records(family({ returnAllElements: true }))).toMatchObject({
      family: [{ id: 1, emails: ['Ada@example.com', 'bob@example.com'] }],
      letter: [{ id: 1 }, { id: 2 }],
    });
  });

  it('lead through declared parts of JSON, and show no other part', async () => {
    await sql.unsafe(`
      create table profile (id int primary key, data jsonb);
      insert into profile values (1, '{"contact": {"mail": "ada@example.com", "secret": 1}, "ref": 5, "hidden": true}');
      create table visit (id int primary key, place int);
      insert into visit values (1, 5), (2, 6);`);
    const parts = [
      field('contact', { fields: [field('mail', { identity: 'email' })] }),
      field('ref', references('visit.place', 'to')),
    ];
    const found = await records(
      storeOf([
        collection('profile', [field('id'), field('data', { fields: parts })]),
        collection('visit', [field('id'), field('place')]),
      ]),
    );
    expect(found).toEqual({
      profile: [{ id: 1, data: { contact: { mail: 'ada@example.com' }, ref: 5 } }],
      visit: [{ id: 1, place: 5 }],
    });
  });

  it('find names of any kind, and text no database holds finds nothing', async () => {
    await sql.unsafe(`
      create table "Odd ""Table""; drop" ("select" int primary key, "E Mail" text);
      insert into "Odd ""Table""; drop" values (1, 'ada@example.com');`);
    const store = storeOf([collection('Odd "Table"; drop', [field('select'), field('E Mail', { identity: 'email' })])]);
    expect(await records(store)).toEqual({ 'Odd "Table"; drop': [{ select: 1, 'E Mail': 'ada@example.com' }] });
    expect(await records(store, { accountId: 'x', emails: ['a\0b', '\ud800', "' or 1=1 --"], phones: [] })).toEqual({});
  });
});

describe('Pages', () => {
  beforeAll(async () => {
    await sql.unsafe(`
      create table ride (code text, day date, email text, primary key (day, code));
      insert into ride select chr(65 + n % 3), date '2024-01-01' + n / 3, 'ada@example.com' from generate_series(0, 10) n;
      insert into ride values ('Z', '2020-01-01', 'bob@example.com');
      create table loose (email text, n int);
      insert into loose select 'ada@example.com', n / 2 from generate_series(0, 6) n;
      create view seen as select email, n, n::text || random()::text as noise from loose;
      create view plain as select email, n from loose where n < 2;`);
  });

  it.each([
    ['a primary key of several columns', 'ride', ['day', 'code'], 11],
    ['no key at all', 'loose', ['n'], 7],
    ['a view, by the key its dataset names', 'keyed', ['n'], 4],
  ])('go on where the last one ended: %s', async (_what, name, fields, total) => {
    await sql.unsafe(`create or replace view keyed as select distinct email, n from loose`);
    const store = storeOf([
      collection(name, [email, ...fields.map((one) => field(one, { primaryKey: name === 'keyed' && one === 'n' }))]),
    ]);
    const seen: DataRecord[] = [];
    let after: string | null = null;
    do {
      const [mine, none] = await store.read(
        ask(name, { subjects: [ADA, { ...BOB, emails: [] }], fields, first: 3, after, count: true }),
      );
      expect(mine?.totalCount).toBe(total);
      expect(none).toEqual({ records: [], hasNextPage: false, totalCount: 0 });
      seen.push(...(mine?.records.map(({ record }) => record) ?? []));
      after = mine?.hasNextPage ? (mine.records.at(-1)?.cursor ?? null) : null;
    } while (after !== null);
    expect(seen).toHaveLength(total);
    const everything = (await records(store))[name]?.map(({ email: _email, ...rest }) => rest);
    expect(seen).toEqual(everything);
  });

  it('ask for no column that is not wanted', async () => {
    const store = storeOf([collection('ride', [email, field('code'), field('gone')])]);
    const [answer] = await store.read(ask('ride', { fields: ['code'], first: 1 }));
    expect(answer?.records.map(({ record }) => record)).toEqual([{ code: 'A' }]);
    const [counted] = await store.read(ask('ride', { fields: [], first: 1, count: true }));
    expect(counted?.totalCount).toBe(11);
  });

  it.each([
    '',
    'x',
    '%%',
    Buffer.from('["2024-01-01"]').toString('base64url'),
    Buffer.from('["never","A"]').toString('base64url'),
    Buffer.from('[null,1]').toString('base64url'),
  ])('refuse a cursor that is none: %j', async (cursor) => {
    const error = await failure(
      storeOf([collection('ride', [email])]).read(ask('ride', { fields: [], after: cursor })),
    );
    expect(error).toBeInstanceOf(HabeasError);
    expect(error).toMatchObject({
      code: 'BAD_USER_INPUT',
      message: 'after: this is no cursor of this collection: take one from an earlier page.',
    });
  });
});

describe('A database that fails', () => {
  const people = [collection('person', [field('id'), email])];

  beforeAll(async () => {
    await sql.unsafe(`
      create table person (id int primary key, email text);
      insert into person values (1, 'ada@example.com');
      create view slow as select id, email, pg_sleep(30)::text from person;
      create view broken as select id, email, (email::int) as number from person;
      create role stranger login;`);
  });

  async function told(store: PostgresStore, question = ask('person')): Promise<ServiceError> {
    const error = await failure(store.read(question));
    if (!(error instanceof ServiceError)) throw error;
    expect(error.message).not.toMatch(/ada@|select|postgres:/i);
    expect(error.cause).toBeUndefined();
    return error;
  }

  it('by not being there is unreachable, in the graph as in an export', async () => {
    const store = storeOf(people, `postgres://habeas@127.0.0.1:${await freePort()}/x`);
    expect(await told(store)).toMatchObject({ failure: 'SERVICE_UNREACHABLE', message: 'Shop cannot be reached.' });
    expect(await failure(records(store))).toMatchObject({ failure: 'SERVICE_UNREACHABLE' });
    expect(await store.health()).toEqual({ healthy: false, reason: 'Shop cannot be reached.' });
    expect((await store.columnTypes()).size).toBe(2);
    expect(await checkPostgres(serviceOf(people, `postgres://habeas@127.0.0.1:1/x`))).toEqual([
      { needed: true, text: 'Shop cannot be reached.' },
    ]);
  });

  it('by never answering is unhealthy within two seconds', async () => {
    const sockets: Socket[] = [];
    const silent = createServer((socket) => sockets.push(socket));
    const port = await freePort();
    await new Promise<void>((resolve) => silent.listen(port, '127.0.0.1', resolve));
    const store = new PostgresStore(serviceOf(people, `postgres://habeas@127.0.0.1:${port}/x`));
    const started = performance.now();
    expect(await store.health()).toEqual({ healthy: false, reason: 'Shop did not answer within two seconds.' });
    expect(performance.now() - started).toBeLessThan(3000);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('by lacking a column names the column, and is well once it has it', async () => {
    const store = storeOf([collection('person', [field('id'), email, field('colour')])]);
    expect(await store.read(ask('person'))).toMatchObject([{ records: [{ record: { id: 1 } }] }]);
    const error = await told(store, ask('person', { fields: ['colour'] }));
    expect(error).toMatchObject({ failure: 'SERVICE_ANSWER_INVALID' });
    expect(error.message).toBe(
      'Shop: there is no column colour for held.person.colour: name one that exists, or drop the field.',
    );
    await sql`alter table person add column colour text default 'red'`;
    expect(await store.read(ask('person', { fields: ['colour'] }))).toMatchObject([
      { records: [{ record: { colour: 'red' } }] },
    ]);
    await sql`alter table person drop column colour`;
    expect(await told(store, ask('person', { fields: ['colour'] }))).toMatchObject({
      failure: 'SERVICE_ANSWER_INVALID',
    });
  });

  it('by lacking a table names it', async () => {
    expect((await told(storeOf([collection('nobody', [field('id'), email])]), ask('nobody'))).message).toBe(
      'Shop: there is no table for held.nobody: name one that exists, or drop the collection.',
    );
  });

  it('by not letting us in says so', async () => {
    const url = new URL(database.url);
    url.username = 'stranger';
    expect(await told(storeOf(people, url.href))).toMatchObject({ failure: 'SERVICE_REFUSED_US' });
    url.pathname = '/no_such_database';
    expect(await told(storeOf(people, url.href))).toMatchObject({ failure: 'SERVICE_REFUSED_US' });
  });

  it('at a value tells nothing of the value', async () => {
    const store = storeOf([collection('broken', [field('id'), email, field('number')])]);
    const error = await told(store, ask('broken', { fields: ['number'] }));
    expect(error).toMatchObject({
      failure: 'SERVICE_ANSWER_INVALID',
      message: 'Shop could not answer the question (SQLSTATE 22P02).',
    });
    expect(await failure(records(store))).toMatchObject({ message: error.message });
  });

  it('by being slow is cut off after ten seconds', async () => {
    const store = storeOf([collection('slow', [field('id'), email, field('pg_sleep')])]);
    const started = performance.now();
    expect(await told(store, ask('slow', { fields: ['pg_sleep'] }))).toMatchObject({ failure: 'SERVICE_UNREACHABLE' });
    expect(performance.now() - started).toBeLessThan(15_000);
  });

  it('during an export fails the export, never shortens it', async () => {
    await sql`create table if not exists many as select n as id, 'ada@example.com' as email from generate_series(1, 5000) n`;
    const store = storeOf([collection('many', [field('id'), email]), collection('person', [field('id'), email])]);
    const error = await failure(
      (async () => {
        for await (const _page of store.records(ADA, new AbortController().signal)) {
          await sql`select pg_terminate_backend(pid) from pg_stat_activity
                    where application_name = 'habeas' and datname = current_database() and state <> 'idle'`;
        }
      })(),
    );
    expect(error).toMatchObject({ failure: 'SERVICE_UNREACHABLE' });
  });

  it('is never written to', async () => {
    await sql`create function meddle() returns int language sql as 'insert into person values (99) returning 1'`;
    await sql`create view meddling as select id, email, meddle() as number from person`;
    const store = storeOf([collection('meddling', [field('id'), email, field('number')])]);
    expect(await told(store, ask('meddling', { fields: ['number'] }))).toMatchObject({
      failure: 'SERVICE_ANSWER_INVALID',
    });
    expect(await failure(records(store))).toMatchObject({ failure: 'SERVICE_ANSWER_INVALID' });
    expect(await sql`select 1 from person where id = 99`).toHaveLength(0);
  });
});

describe('As a subgraph', () => {
  it('answers typed fields for several people in one statement', async () => {
    await sql.unsafe(`
      create table trip (id bigint primary key, email text, started_at timestamptz, price numeric, secret text);
      insert into trip values (1, 'ada@example.com', '2024-01-01Z', 1.50, 's'), (2, 'bob@example.com', null, null, 's');`);
    const connector = postgresConnector(
      serviceOf([
        collection('trip', [
          field('id'),
          email,
          field('started_at', { dataType: null }),
          field('price', { dataType: null }),
          field('secret', { categories: [] }),
        ]),
      ]),
    );
    const sdl = await connector.sdl();
    expect(sdl).toContain(
      'startedAt: DateTime @personalData(category: "user.content", purposes: ["essential.service"])',
    );
    expect(sdl).not.toContain('secret');
    const answer = await connector.execute(
      {
        document: parse(`query ($people: [_Any!]!) {
          _entities(representations: $people) { ... on Account { support { trip { totalCount nodes { id startedAt price } } } } }
        }`),
        variables: { people: ['ada', 'bob', 'eve'].map((id) => ({ __typename: 'Account', id })) },
      },
      { subjects: async (ids) => ids.map((id) => [ADA, BOB].find(({ accountId }) => accountId === id) ?? null) },
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data?._entities).toEqual([
      { support: { trip: { totalCount: 1, nodes: [{ id: '1', startedAt: '2024-01-01T00:00:00Z', price: '1.50' }] } } },
      { support: { trip: { totalCount: 1, nodes: [{ id: '2', startedAt: null, price: null }] } } },
      null,
    ]);
    // Article 15 gives the person also what no category lets anybody else read.
    expect(await allPages(connector, ADA)).toMatchObject([{ collection: 'trip', records: [{ secret: 's' }] }]);
    expect(await connector.health()).toEqual({ healthy: true });
    await connector.close();
  });
});

describe('The check of a manifest against its database', () => {
  it('finds nothing where all is well', async () => {
    await sql.unsafe(`
      create table well (id int primary key, email text);
      create index on well (lower(email));
      create table part (id int primary key, well_id int);
      create index on part (well_id, id);`);
    const collections = [
      collection('well', [field('id'), email]),
      collection('part', [field('id'), field('well_id', references('well.id', 'from'))]),
    ];
    expect(await checkPostgres(serviceOf(collections))).toEqual([]);
  });

  it('names each mend in one line', async () => {
    await sql.unsafe(`
      create table bare (id int, email text, code uuid, flags text);
      create table leaf (id int primary key, bare_id text, done boolean);`);
    const mends = await checkPostgres(
      serviceOf([
        collection('bare', [
          field('id', { primaryKey: true }),
          email,
          field('emial'),
          field('flags', { categories: [], fields: [] }),
          field('code', { fields: [field('x')] }),
        ]),
        collection('leaf', [
          field('bare_id', references('bare.id', 'from')),
          field('done', references('bare.id', 'from')),
        ]),
        collection('absent', [field('id')]),
      ]),
    );
    expect(mends.map(({ needed, text }) => `${needed ? 'must' : 'may'} ${text}`)).toEqual([
      'must held.bare.emial: there is no such column; did you mean "email"?',
      'must held.bare.code: the column is uuid and has no parts: drop the nested fields.',
      'may held.bare: the graph does not show flags: name data_categories.',
      'must held.absent: there is no table public.absent: rename or drop it.',
      'may held.bare: nothing in the database keeps id unique: pages may miss rows; add a primary key.',
      'may held.bare.email: has no index: create index on public.bare (lower(email)).',
      'may held.leaf.bare_id: has no index, and held.bare leads here by it: create index on public.leaf (bare_id).',
      'may held.bare.id → held.leaf.done: integer and boolean are compared by their text, which no index serves: give both one type.',
    ]);
  });
});
