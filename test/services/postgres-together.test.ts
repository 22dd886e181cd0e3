import { parse } from 'graphql';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector, SubgraphContext } from '../../src/services/connector.js';
import { postgresConnector } from '../../src/services/postgres/connector.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { type FaultyProxy, startFaultyProxy } from '../support/services/faulty-proxy.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';

const PEOPLE = 300;

let database: TestDatabase;
let sql: postgres.Sql;
let proxy: FaultyProxy;
beforeAll(async () => {
  database = await emptyDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql`create table orders (id int primary key, owner text, title text, secret text, more jsonb)`;
  await sql`insert into orders select n, 'p' || n / 2, 'order ' || n, 'CANARY', '{"a":[1]}' from generate_series(0, ${
    PEOPLE * 2 - 1
  }) n`;
  proxy = await startFaultyProxy(Number(new URL(database.url).port));
});
afterAll(async () => {
  await proxy.close();
  await sql.end();
  await database.drop();
});

const orders = collection('orders', [
  field('id', { primaryKey: true, dataType: 'integer' }),
  field('owner', { identity: 'external_id' }),
  field('title'),
  field('secret'),
  field('more', { dataType: 'json' }),
]);

function connectorTo(url: string, options?: Parameters<typeof postgresConnector>[1]): Connector {
  const connection = { kind: 'postgres', url, schema: 'public' } as const;
  return postgresConnector(
    service(connection, {
      kind: 'POSTGRES',
      name: 'shop',
      field: 'shop',
      title: 'Shop',
      datasets: [dataset([orders])],
    }),
    options,
  );
}

/** Account ids are the external ids. */
const people: SubgraphContext = {
  subjects: async (ids) => ids.map((accountId) => ({ accountId, externalId: accountId, emails: [], phones: [] })),
};
const TITLES = parse(`query ($r: [_Any!]!, $first: Int) { _entities(representations: $r) { ... on Account {
  shop { orders(first: $first) { nodes { title more } } } } } }`);
const ask = (connector: Connector, ids: readonly string[], first = 5, document = TITLES) =>
  connector.execute({ document, variables: { r: ids.map((id) => ({ __typename: 'Account', id })), first } }, people);
const expected = (id: number) => ({
  shop: { orders: { nodes: [0, 1].map((n) => ({ title: `order ${id * 2 + n}`, more: { a: [1] } })) } },
});

/** What the connector's sessions run at this moment or ran last. */
const statements = async (): Promise<string[]> =>
  (
    await sql`select query from pg_stat_activity where application_name = 'habeas' and datname = current_database()`
  ).map(({ query }) => query);

describe('reads of a database that come at the same time', () => {
  it('are one statement, that reads the selected columns alone; everybody has objects of their own', async () => {
    let asked = 0;
    const connector = connectorTo(database.url, {
      metrics: {
        answered: () => {
          asked += 1;
        },
        failed: () => {},
        retried: () => {},
        carried: () => {},
        incident: () => {},
        watch: () => {},
      },
    });
    const ids = Array.from({ length: 64 }, (_, index) => index % 60);
    const answers = await Promise.all(ids.map((id) => ask(connector, [`p${id}`])));
    expect(answers).toEqual(ids.map((id) => ({ data: { _entities: [expected(id)] } })));
    expect(asked).toBe(1);
    const [statement = '', ...others] = await statements();
    expect([others, statement]).toEqual([[], expect.stringContaining('"title"')]);
    expect(statement).not.toMatch(/secret/);
    const nested = answers.flatMap(({ data }) => collectObjects(data));
    expect(new Set(nested).size).toBe(nested.length);
    await connector.close();
  });

  it('are apart where they ask for other pages or fields; a large question is parted by people', async () => {
    const connector = connectorTo(database.url);
    const other = parse(`query ($r: [_Any!]!, $first: Int) { _entities(representations: $r) { ... on Account {
      shop { orders(first: $first) { totalCount nodes { id } } } } } }`);
    const everybody = Array.from({ length: PEOPLE }, (_, index) => `p${index}`);
    const [one, two, all] = await Promise.all([
      ask(connector, ['p1'], 1),
      ask(connector, ['p1'], 2, other),
      ask(connector, everybody),
    ]);
    expect(one.data?._entities).toMatchObject([{ shop: { orders: { nodes: [{ title: 'order 2' }] } } }]);
    expect(two.data?._entities).toEqual([{ shop: { orders: { totalCount: 2, nodes: [{ id: 2 }, { id: 3 }] } } }]);
    expect(all.data?._entities).toEqual(everybody.map((_id, index) => expected(index)));
    await connector.close();
  });

  it('fail in time where the database says nothing, and come back with it', async () => {
    const url = Object.assign(new URL(database.url), { port: String(proxy.port) }).href;
    const connector = connectorTo(url, { limits: { connectMs: 500, totalMs: 700 } });
    expect((await ask(connector, ['p1'])).errors).toBeUndefined();
    proxy.mode = 'silent';
    const began = performance.now();
    const answers = await Promise.all([ask(connector, ['p1']), ask(connector, ['p2'])]);
    expect(performance.now() - began).toBeLessThan(3_000); // as long as a busy machine needs; without the deadline, forever
    for (const { data, errors } of answers) {
      expect(data?._entities).toEqual([{ shop: { orders: null } }]);
      expect(errors).toMatchObject([
        { path: ['_entities', 0, 'shop', 'orders'], extensions: { code: 'SERVICE_UNAVAILABLE', service: 'shop' } },
      ]);
    }
    proxy.mode = 'well';
    expect(await ask(connector, ['p1'])).toEqual({ data: { _entities: [expected(1)] } });
    await connector.close();
  });
});

function collectObjects(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(collectObjects)];
}
