import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DataRecord, Json, Subject } from '../../src/services/connector.js';
import { PostgresStore } from '../../src/services/postgres/store.js';
import { referenceGraph } from '../../src/services/reference-graph.js';
import type { Collection, Dataset, Field } from '../../src/services/service.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';

/** Small worlds, so that keys meet: values of every type that are equal, nearly equal, and not at all. */
const VALUES = {
  int4: [0, 1, 2, 3, null],
  int8: ['0', '1', '2', '9007199254740993', null],
  text: ['', '0', '1', '2', 'a@x', 'A@X', 'b@x', '9007199254740993', ' 1', null],
  numeric: ['0', '1.0', '2', '2.5', null],
  uuid: ['00000000-0000-0000-0000-000000000001', '00000000-0000-0000-0000-00000000000a', null],
  'int4[]': [[], [1], [0, 2], [1, null, 3], null],
  'text[]': [[], ['1'], ['a@x', 'b@x'], ['A@X', null, ''], null],
} as const;
type ColumnType = keyof typeof VALUES;
const TYPES = Object.keys(VALUES) as ColumnType[];

interface World {
  readonly tables: readonly {
    readonly types: readonly ColumnType[];
    readonly rows: readonly (readonly number[])[];
    readonly identities: readonly (string | null)[];
    readonly wholeArrays: readonly boolean[];
  }[];
  readonly references: readonly {
    readonly from: readonly [table: number, column: number];
    readonly to: readonly [table: number, column: number];
    readonly written: 'from' | 'to';
  }[];
}

const COLUMNS = 3;
const world: fc.Arbitrary<World> = fc.integer({ min: 1, max: 4 }).chain((count) => {
  const place = fc.tuple(fc.nat(count - 1), fc.nat(COLUMNS - 1));
  const columns = <Value>(value: fc.Arbitrary<Value>) => fc.array(value, { minLength: COLUMNS, maxLength: COLUMNS });
  const identity = fc.oneof(
    { weight: 4, arbitrary: fc.constant(null) },
    { weight: 3, arbitrary: fc.constantFrom('email', 'phone_number', 'member_id') },
  );
  return fc.record({
    tables: fc.array(
      fc.record({
        types: columns(fc.constantFrom(...TYPES)),
        rows: fc.array(columns(fc.nat(20)), { maxLength: 8 }),
        identities: columns(identity),
        wholeArrays: columns(fc.boolean()),
      }),
      { minLength: count, maxLength: count },
    ),
    references: fc.array(
      fc.record({ from: place, to: place, written: fc.constantFrom('from' as const, 'to' as const) }),
      { maxLength: 6 },
    ),
  });
});

const person: fc.Arbitrary<Subject> = fc.record({
  accountId: fc.constant('somebody'),
  externalId: fc.constantFrom('0', '1', '2', '', 'a@x', '00000000-0000-0000-0000-00000000000A'),
  emails: fc.subarray(['a@x', 'B@X', '1']),
  phones: fc.subarray(['0', '2', '']),
});

const pick = (type: ColumnType, index: number) => VALUES[type][index % VALUES[type].length] ?? null;
const name = (table: number) => `t${table}`;

function datasetOf({ tables, references }: World): Dataset {
  return dataset(
    tables.map((table, t) =>
      collection(name(t), [
        field('id', { primaryKey: true }),
        ...table.types.map((_type, c) =>
          field(`c${c}`, {
            identity: table.identities[c] ?? null,
            returnAllElements: table.wholeArrays[c] ?? false,
            references: references.flatMap(({ from, to, written }) => {
              const [here, there] = written === 'from' ? [to, from] : [from, to];
              if (here[0] !== t || here[1] !== c) return [];
              return [{ dataset: 'held', collection: name(there[0]), field: `c${there[1]}`, direction: written }];
            }),
          }),
        ),
      ]),
    ),
  );
}

function rowsOf(world: World): Map<string, DataRecord[]> {
  return new Map(
    world.tables.map(({ types, rows }, t) => [
      `held.${name(t)}`,
      rows.map((picks, id) => ({
        id,
        ...Object.fromEntries(types.map((type, c) => [`c${c}`, pick(type, picks[c] ?? 0) as Json])),
      })),
    ]),
  );
}

interface Key {
  readonly value: Json;
  readonly type: string;
}

/** Whether a key reaches a value, written down anew from the rules: as the value's own type, and null never. */
function reaches(key: Key, value: Json, type: string, caseless: boolean): boolean {
  if (key.value === null || value === null) return false;
  const text = key.type === 'numeric' ? String(Number(key.value)) : String(key.value);
  if (caseless) return text.toLowerCase() === String(value).toLowerCase();
  if (type === 'int4' || type === 'int8') return /^[+-]?\d+$/.test(text) && BigInt(text) === BigInt(String(value));
  if (type === 'numeric') return /^[+-]?\d+(\.\d+)?$/.test(text) && Number(text) === Number(value);
  if (type === 'uuid') return text.toLowerCase() === value;
  return text === value;
}

const element = (type: string) => type.replace('[]', '');

/** The walk as one would write it for a handful of rows in memory. */
function naiveWalk(world: World, data: Dataset, subject: Subject): Map<string, DataRecord[]> {
  const rows = rowsOf(world);
  const found = new Map<string, DataRecord[]>();
  const typeOf = (table: string, path: string): string =>
    world.tables[Number(table.slice('held.t'.length))]?.types[Number(path.slice(1))] ?? '';
  const valuesOf = (table: string, path: string): Key[] =>
    (found.get(table) ?? []).flatMap((row) => {
      const value = row[path] ?? null;
      const type = element(typeOf(table, path));
      return (Array.isArray(value) ? value : [value]).map((one) => ({ value: one, type }));
    });
  for (const step of referenceGraph([data]).steps) {
    const ways = [
      ...step.seeds.map(({ field: path, identity }) => ({
        path,
        caseless: identity === 'email',
        keys: identities(subject, identity).map((value) => ({ value, type: 'text' })),
      })),
      ...step.arriving.map(({ from, to }) => ({
        path: to.field,
        caseless: false,
        keys: valuesOf(from.collection, from.field),
      })),
    ];
    const matches = (value: Json, path: string) =>
      ways.some(
        (way) =>
          way.path === path &&
          way.keys.some((key) => reaches(key, value, element(typeOf(step.key, path)), way.caseless)),
      );
    const reached = (rows.get(step.key) ?? []).filter((row) =>
      ways.some(({ path }) => {
        const value = row[path] ?? null;
        return (Array.isArray(value) ? value : [value]).some((one) => matches(one, path));
      }),
    );
    found.set(
      step.key,
      reached.map((row) => withMatching(row, step.collection, ways, matches)),
    );
  }
  return found;
}

function withMatching(
  row: DataRecord,
  { fields }: Collection,
  ways: readonly { path: string }[],
  matches: (value: Json, path: string) => boolean,
): DataRecord {
  const shown = (one: Field): Json => {
    const value = row[one.name] ?? null;
    const chosen = Array.isArray(value) && !one.returnAllElements && ways.some(({ path }) => path === one.name);
    return chosen ? value.filter((element) => matches(element, one.name)) : value;
  };
  return Object.fromEntries(fields.map((one) => [one.name, shown(one)]));
}

function identities(subject: Subject, identity: string): readonly string[] {
  if (identity === 'email') return subject.emails;
  if (identity === 'phone_number') return subject.phones;
  return subject.externalId === undefined ? [] : [subject.externalId];
}

let database: TestDatabase;
let sql: postgres.Sql;

beforeAll(async () => {
  database = await emptyDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});

afterAll(async () => {
  await sql.end();
  await database.drop();
});

async function build(world: World): Promise<void> {
  await sql`drop schema public cascade`;
  await sql`create schema public`;
  for (const [t, { types }] of world.tables.entries()) {
    const columns = types.map((type, c) => `c${c} ${type}`);
    await sql.unsafe(`create table ${name(t)} (id int primary key, ${columns.join(', ')})`);
    for (const row of rowsOf(world).get(`held.${name(t)}`) ?? []) {
      const places = Object.keys(row).map((_column, index) => `$${index + 1}`);
      await sql.unsafe(`insert into ${name(t)} values (${places.join(', ')})`, Object.values(row) as never[]);
    }
  }
}

/** Postgres tells an integer from a decimal; JSON of ours tells a safe one from one that is not. */
const normal = (records: readonly DataRecord[]) =>
  records.map((record) =>
    Object.fromEntries(
      Object.entries(record).map(([key, value]) => [key, Array.isArray(value) ? value.map(asText) : asText(value)]),
    ),
  );
const asText = (value: Json) => (typeof value === 'number' ? String(value) : value);

it('finds in a real Postgres what a walk in memory finds, each record once, alone as among others', async () => {
  await fc.assert(
    fc.asyncProperty(world, person, person, async (world, subject, other) => {
      await build(world);
      const data = datasetOf(world);
      const store = new PostgresStore(
        service({ kind: 'postgres', url: database.url, schema: 'public' }, { datasets: [data] }),
      );
      try {
        const expected = naiveWalk(world, data, subject);
        const found = new Map<string, DataRecord[]>();
        for await (const page of store.records(subject, new AbortController().signal)) {
          const key = `held.${page.collection}`;
          found.set(key, [...(found.get(key) ?? []), ...page.records]);
        }
        for (const [key, records] of expected) {
          expect(normal(found.get(key) ?? []), key).toEqual(normal(records));
          const [collectionName = ''] = key.split('.').slice(-1);
          const [, answer] = await store.read({
            dataset: 'held',
            collection: collectionName,
            subjects: [other, subject, other],
            fields: ['id', 'c0', 'c1', 'c2'],
            first: 200,
            after: null,
            count: true,
          });
          expect(normal(answer?.records.map(({ record }) => record) ?? []), key).toEqual(normal(records));
          expect(answer?.totalCount).toBe(records.length);
        }
        expect([...found.keys()].filter((key) => !expected.has(key))).toEqual([]);
      } finally {
        await store.close();
      }
    }),
    { numRuns: Number(process.env.HABEAS_ROUNDS ?? 40) },
  );
}, 300_000);
