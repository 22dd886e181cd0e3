import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { habeas } from '../support/command.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let sql: postgres.Sql;
const data = mkdtempSync(path.join(tmpdir(), 'habeas-rebuild-'));
beforeAll(async () => {
  database = await migratedDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
  rmSync(data, { recursive: true, force: true });
});

const rebuild = (...options: string[]) =>
  habeas(['consents', 'rebuild', ...options], { DATABASE_URL: database.url, HABEAS_DATA: data });

it('habeas consents rebuild compares, tells what differs by exit code and line, and mends it', async () => {
  const id = randomUUID();
  await sql`insert into accounts (id, record) values (${id}, '')`;
  await sql`
    insert into consent_events (account_id, purpose, action, occurred_at, recorded_at, policy_version, channel, actor)
    values (${id}, 'analytics', 'GIVEN', '2026-01-01Z', now(), 1, 'WEB', 'data subject'),
           (${id}, 'analytics', 'WITHDRAWN', '2026-01-02Z', now(), 1, 'WEB', 'data subject')`;
  const found = await rebuild('--check');
  expect(found).toMatchObject({ code: 1, stderr: '' });
  expect(found.stdout).toMatch(
    new RegExp(`^${id} analytics: nothing, but the ledger says WITHDRAWN 2026-01-02 .* 1\n`),
  );
  expect(found.stdout).toContain('people with consents: 1; 1 differed\n');
  expect(await sql`select status from consent_states`).toEqual([]);

  expect(await rebuild()).toMatchObject({ code: 0, stdout: expect.stringContaining('and are as it says now\n') });
  expect(await sql`select status, policy_version from consent_states`).toEqual([
    { status: 'WITHDRAWN', policy_version: 1 },
  ]);
  expect(await sql`select gate_epoch from accounts`).toEqual([{ gate_epoch: '1' }]);
  expect(await rebuild('--check')).toMatchObject({
    code: 0,
    stdout: 'people with consents: 1; nothing differs from the ledger\n',
  });
});
