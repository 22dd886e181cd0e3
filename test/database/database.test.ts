import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ConfigError } from '../../src/config.js';
import { createDatabase, openDatabase } from '../../src/database/database.js';
import { freePort } from '../../src/database/embedded.js';
import { emptyDatabase } from '../support/database.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-open-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const open = (databaseUrl: string) => openDatabase({ databaseUrl, dataDirectory: folder });

async function refusal(databaseUrl: string): Promise<string> {
  const error: unknown = await open(databaseUrl).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error instanceof Error ? error.message : '';
}

function changed(change: (url: URL) => void): string {
  const url = new URL(inject('postgresUrl'));
  change(url);
  return url.href;
}

describe('a database that is given', () => {
  it('is opened and brought up to date', async () => {
    const given = await emptyDatabase();
    const database = await open(given.url);
    const [row] = await database.sql`select count(*)::int as accounts from accounts`;
    expect(row).toEqual({ accounts: 0 });
    expect([database.url, database.shared]).toEqual([given.url, false]);
    await database.close();
    await given.drop();
  });

  it('prepares each statement of a transaction once for each connection, but not lists of rows', async () => {
    const given = await emptyDatabase();
    const database = await open(given.url);
    const kept = await database.db.transaction(async (tx) => {
      for (let n = 0; n < 3; n += 1) await tx.transaction((inner) => inner.execute(sql`select ${n}::int as once`));
      await tx.execute(
        sql`select * from (values ${sql.join(
          Array.from({ length: 61 }, (_, n) => sql`(${n}::int)`),
          sql`, `,
        )}) as many`,
      );
      return tx.execute(sql`select statement from pg_prepared_statements where statement ~ 'as (once|many)'`);
    });
    expect([...kept]).toEqual([{ statement: 'select $1::int as once' }]);
    await database.close();
    await given.drop();
  });

  it('is not there: says so', async () => {
    expect(await refusal(changed((url) => (url.pathname = '/nowhere')))).toBe(
      'DATABASE_URL: there is no such database: make it first, empty.',
    );
  });

  it('has another password: says so without it', async () => {
    const said = await refusal(changed((url) => (url.password = 'CANARY')));
    expect(said).toBe('DATABASE_URL: the server does not take this user name and password.');
  });

  it('has nothing behind its address: says so', async () => {
    const port = await freePort();
    expect(await refusal(`postgres://habeas:CANARY@127.0.0.1:${port}/habeas`)).toBe(
      'DATABASE_URL: no Postgres answers there. Is it running, and are host and port right?',
    );
    expect(await refusal('postgres://habeas:CANARY@nowhere.invalid/habeas')).toMatch(/^DATABASE_URL: the(re| name)/);
  });

  it('R-46: has something behind its address that never answers: says so within five seconds', async () => {
    const sockets = new Set<Socket>();
    const silent = createServer((socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const { port } = silent.address() as { port: number };
    const began = performance.now();
    expect(await refusal(`postgres://habeas:CANARY@127.0.0.1:${port}/habeas`)).toMatch(
      /^DATABASE_URL: no Postgres answered there within 3 seconds/,
    );
    expect(performance.now() - began).toBeLessThan(5_000);
    for (const socket of sockets) socket.destroy();
    silent.close();
  });

  it('has something else than Postgres behind its address: says so', async () => {
    const web = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')).listen(0, '127.0.0.1');
    await new Promise((resolve) => web.once('listening', resolve));
    const { port } = web.address() as { port: number };
    expect(await refusal(`postgres://habeas:CANARY@127.0.0.1:${port}/habeas`)).toMatch(
      /^DATABASE_URL: no Postgres answered there/,
    );
    web.close();
  });
});

describe('a database that is made', () => {
  it('is made once by starters that come at once', async () => {
    const server = inject('postgresUrl');
    const name = `made_${Date.now()}`;
    await Promise.all(Array.from({ length: 5 }, () => createDatabase(server, name)));
    await createDatabase(server, name);
    const database = await open(changed((url) => (url.pathname = `/${name}`)));
    expect([...(await database.sql`select current_database() as name`)]).toEqual([{ name }]);
    await database.close();
  });
});
