import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { setStatus, takeForDecision } from '../../src/accounts/account-status.js';
import { register } from '../../src/accounts/accounts.js';
import { type Keys, loadKeys } from '../../src/crypto/keys.js';
import { type Database, openDatabase } from '../../src/database/database.js';
import { accountsToEraseAgain, findRestored } from '../../src/erasures/restored.js';
import { isErased, type Known, layTombstones } from '../../src/erasures/tombstones.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { deskManifests } from '../support/desk.js';
import { startHabeas } from '../support/habeas.js';
import { post } from '../support/post.js';

const NOW = new Date('2026-06-01T12:00:00.000Z');
let folder: string;
let services: string;
let file: string;
let keys: Keys;
let live: TestDatabase;
const dumps: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-restored-'));
  file = path.join(folder, 'tombstones.jsonl');
  keys = await loadKeys(path.join(folder, 'keys.json'), { create: true });
  services = deskManifests('http://127.0.0.1:9');
  live = await migratedDatabase();
});
afterAll(async () => {
  await live.drop();
  await administer(async (sql) => {
    for (const name of dumps) await sql`drop database if exists ${sql(name)} with (force)`;
  });
  for (const each of [folder, services]) rmSync(each, { recursive: true, force: true });
});

async function administer(act: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(inject('postgresUrl'), { max: 1, onnotice: () => {} });
  await act(sql).finally(() => sql.end());
}

async function opened<Result>(url: string, act: (database: Database) => Promise<Result>): Promise<Result> {
  const database = await openDatabase({ databaseUrl: url, dataDirectory: folder });
  return act(database).finally(() => database.close());
}

/** The database as it is now, to be restored later. */
async function dump(): Promise<string> {
  const name = `dump_${randomBytes(6).toString('hex')}`;
  dumps.push(name);
  await administer((sql) => sql`create database ${sql(name)} template ${sql(new URL(live.url).pathname.slice(1))}`);
  const url = new URL(live.url);
  url.pathname = `/${name}`;
  return url.href;
}

const erase = ({ db }: Database, id: string) =>
  db.transaction(async (tx) => {
    await takeForDecision(tx, id);
    await setStatus(tx, NOW, id, 'ERASED');
  });

it('serves nobody from a database older than the tombstones, until who was erased is so again', async () => {
  const ids = Array.from({ length: 5 }, () => randomUUID());
  await opened(live.url, async ({ db }) => {
    for (const id of ids) {
      const profile = { displayName: `canary ${id}` };
      await db.transaction((tx) =>
        register(tx, keys, NOW, { id, profile, links: [{ service: 'desk', externalId: id }] }),
      );
    }
  });
  const old = await dump();
  const later = randomUUID(); // Came after the dump, and was erased too.
  const erased = [...ids.slice(0, 2), later];
  await opened(live.url, async (database) => {
    await database.db.transaction((tx) => register(tx, keys, NOW, { id: later }));
    for (const id of erased) {
      const known: Known[] = [{ accountId: id }, { service: 'desk', externalId: id }];
      await layTombstones({ db: database.db, keys }, file, NOW, known);
      await erase(database, id);
    }
    await findRestored(database, keys, file, NOW);
    expect(await accountsToEraseAgain(database.db)).toEqual([]);
  });

  const habeas = await startHabeas({ services, databaseUrl: old, dataDirectory: folder });
  try {
    const staff = await habeas.staff('dps');
    const asked = ids.map((id) => `a${id.slice(0, 8)}: account(id: "${id}") { profile { displayName } }`).join(' ');
    const answer = await post(staff, `{ ${asked} }`);
    expect(answer).toMatchObject({ status: 503, errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE' } }] });
    expect(JSON.stringify(answer)).not.toContain('canary');
    for (const [address, status] of [
      ['/readyz', 503],
      ['/livez', 200],
      ['/exports/whatever', 503],
    ] as const) {
      expect((await fetch(new URL(address, habeas.url))).status, address).toBe(status);
    }
    expect(await (await fetch(new URL('/readyz', habeas.url))).json()).toEqual({
      status: 'unavailable',
      toEraseAgain: 2,
    });
    await opened(old, async (database) => {
      expect((await accountsToEraseAgain(database.db)).sort()).toEqual(ids.slice(0, 2).sort());
      expect(await isErased(database.db, keys, { accountId: later })).toBe(true);
      for (const id of await accountsToEraseAgain(database.db)) await erase(database, id);
    });
    await expect.poll(async () => (await fetch(new URL('/readyz', habeas.url))).status, { timeout: 10_000 }).toBe(200);
    const after = JSON.stringify(await post(staff, `{ ${asked} }`));
    for (const id of ids.slice(0, 2)) expect(after).not.toContain(`canary ${id}`);
    for (const id of ids.slice(2)) expect(after).toContain(`canary ${id}`);
  } finally {
    await habeas.stop();
  }
}, 60_000);
