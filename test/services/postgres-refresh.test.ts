import { parse } from 'graphql';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector, Subject } from '../../src/services/connector.js';
import { postgresConnector } from '../../src/services/postgres/connector.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';

const ADA: Subject = { accountId: 'ada', emails: ['ada@example.com'], phones: [] };

let database: TestDatabase;
let sql: postgres.Sql;
let shop: Connector;
beforeAll(async () => {
  database = await emptyDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const customers = collection('customers', [
    field('id', { primaryKey: true }),
    field('email', { identity: 'email' }),
    field('points', { dataType: null }),
  ]);
  shop = postgresConnector(
    service(
      { kind: 'postgres', url: database.url, schema: 'public' },
      { kind: 'POSTGRES', name: 'shop', field: 'shop', title: 'Shop', datasets: [dataset([customers])] },
    ),
  );
});
afterAll(async () => {
  await shop.close();
  await sql.end();
  await database.drop();
});

const pointsOf = (sdl: string) => /points: (\w+)/.exec(sdl)?.[1];

async function points(): Promise<unknown> {
  const document = parse(`query ($r: [_Any!]!) {
    _entities(representations: $r) { ... on Account { shop { customers { nodes { points } } } } }
  }`);
  const variables = { r: [{ __typename: 'Account', id: 'ada' }] };
  const { data, errors } = await shop.execute({ document, variables }, { subjects: async () => [ADA] });
  expect(errors).toBeUndefined();
  return JSON.parse(JSON.stringify(data));
}

const answer = (value: unknown) => ({ _entities: [{ shop: { customers: { nodes: [{ points: value }] } } }] });

describe("the SDL of a database, read anew, follows its columns' types", () => {
  it('from before the table is there to after a migration', async () => {
    expect(pointsOf(await shop.sdl())).toBe('String');
    await sql`create table customers (id text primary key, email text, points integer)`;
    await sql`insert into customers values ('c1', 'ada@example.com', 7)`;
    expect(pointsOf(await shop.refresh())).toBe('Int');
    expect(pointsOf(await shop.sdl())).toBe('Int');
    expect(await points()).toEqual(answer(7));

    await sql`alter table customers alter column points type boolean using points > 0`;
    expect(pointsOf(await shop.refresh())).toBe('Boolean');
    expect(await points()).toEqual(answer(true));
  });

  it('and stays as it is where nothing has changed, or nobody answers', async () => {
    const sdl = await shop.sdl();
    expect(await shop.refresh()).toBe(sdl);
    await sql
      .unsafe(`alter database ${new URL(database.url).pathname.slice(1)} allow_connections false`)
      .catch(() => {});
    await sql`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
    await expect(shop.refresh()).rejects.toMatchObject({ failure: 'SERVICE_UNREACHABLE' });
    expect(await shop.sdl()).toBe(sdl);
    await sql.unsafe(`alter database ${new URL(database.url).pathname.slice(1)} allow_connections true`);
    expect(await shop.refresh()).toBe(sdl);
  });
});
