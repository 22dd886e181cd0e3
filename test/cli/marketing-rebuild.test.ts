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
const data = mkdtempSync(path.join(tmpdir(), 'habeas-marketing-rebuild-'));
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
  habeas(['marketing', 'rebuild', ...options], { DATABASE_URL: database.url, HABEAS_DATA: data });
const states = () => sql`select scope, key, allowed from preference_states order by scope, key`;

it('habeas marketing rebuild compares, tells what differs by exit code and line, and mends it', async () => {
  const id = randomUUID();
  await sql`insert into accounts (id, record) values (${id}, '')`;
  await sql`
    insert into preference_events
      (account_id, scope, key, action, allowed, undoes, occurred_at, recorded_at, channel, actor)
    values (${id}, 'ALL', '', 'SAID', false, null, '2026-01-01Z', now(), 'WEB', 'data subject'),
           (${id}, 'TOPIC', 'news', 'SAID', true, null, '2026-01-02Z', now(), 'WEB', 'data subject'),
           (${id}, 'TOPIC', 'news', 'UNSUBSCRIBED', false, null, '2026-01-03Z', now(), 'WEB', 'data subject'),
           (${id}, 'CHANNEL', 'EMAIL', 'SAID', true, null, '2026-01-03Z', now(), 'WEB', 'data subject')`;
  await sql`
    insert into preference_events
      (account_id, scope, key, action, allowed, undoes, occurred_at, recorded_at, channel, actor)
    select account_id, scope, key, 'UNDONE', true, id, '2026-01-04Z', now(), 'WEB', 'data subject'
    from preference_events where action = 'UNSUBSCRIBED'`;
  // The opt-out of all is missing, one topic is wrong, and one is in no ledger.
  await sql`
    insert into preference_states (account_id, scope, key, allowed, since, event_id)
    select account_id, scope, key, allowed, occurred_at, id from preference_events
    where action = 'UNSUBSCRIBED' or scope = 'CHANNEL'
    union all select account_id, 'TOPIC', 'training', true, occurred_at, id from preference_events where scope = 'ALL'`;
  const found = await rebuild('--check');
  expect(found).toMatchObject({ code: 1, stderr: '' });
  expect(found.stdout.split('\n')).toEqual([
    expect.stringMatching(`^${id} ALL: nothing, but the ledger says refused 2026-01-01 .* 1$`),
    expect.stringMatching(`^${id} TOPIC news: refused 2026-01-03 .* 3, but the ledger says allowed 2026-01-02 .* 2$`),
    expect.stringMatching(`^${id} TOPIC training: allowed 2026-01-01 .* 1, but the ledger says nothing$`),
    'people with preferences: 1; 3 differed',
    '',
  ]);
  expect(await states()).toHaveLength(3);

  expect(await rebuild()).toMatchObject({ code: 0, stdout: expect.stringContaining('and are as it says now\n') });
  expect(await states()).toEqual([
    { scope: 'ALL', key: '', allowed: false },
    { scope: 'CHANNEL', key: 'EMAIL', allowed: true },
    { scope: 'TOPIC', key: 'news', allowed: true },
  ]);
  expect(await sql`select gate_epoch from accounts`).toEqual([{ gate_epoch: '1' }]);
  expect(await rebuild('--check')).toMatchObject({
    code: 0,
    stdout: 'people with preferences: 1; nothing differs from the ledger\n',
  });
});
