import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { fillOnFirstStart, type Store } from '../../examples/company/bulk-load.js';
import { ehcpAuditStore } from '../../examples/ehcp-audit/store.js';
import { newsletterStore } from '../../examples/newsletter/store.js';
import { NOWHERE } from '../../examples/not-started.js';
import { eraseLearner } from '../../examples/training/erase.js';
import { trainingStore } from '../../examples/training/store.js';
import type { Subject } from '../../src/services/connector.js';
import { parseManifest } from '../../src/services/manifest.js';
import { PostgresErasure } from '../../src/services/postgres/erasure.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';

/** The demo's stores as on their first day, without their services. */
const STORES: Readonly<Record<string, Store>> = {
  'ehcp-audit': ehcpAuditStore,
  newsletter: newsletterStore,
  training: trainingStore,
};
const databases = new Map<string, TestDatabase>();
const connections = new Map<string, postgres.Sql>();
const { signal } = new AbortController();
const ALL = { heldBack: [] };

beforeAll(async () => {
  for (const [name, store] of Object.entries(STORES)) {
    const database = await emptyDatabase();
    const sql = postgres(database.url, { max: 1, onnotice: () => {} });
    for (const role of ['habeas_reader', 'habeas_eraser']) {
      await sql.unsafe(`do $$ begin create role ${role} login password 'x'; exception when others then null; end $$`);
    }
    await fillOnFirstStart(sql, store);
    databases.set(name, database);
    connections.set(name, sql);
  }
});
afterAll(async () => {
  for (const [name, sql] of connections) {
    await sql.unsafe('drop owned by habeas_reader, habeas_eraser');
    await sql.end();
    await databases.get(name)?.drop();
  }
});

const sqlOf = (name: string): postgres.Sql => {
  const sql = connections.get(name);
  if (!sql) throw new Error(`no store ${name}`);
  return sql;
};

/** Erases under the role that may, as the demo's manifest says. */
function erasing(name: string): PostgresErasure {
  const file = fileURLToPath(new URL(`../../examples/manifests/${name}.yml`, import.meta.url));
  const url = new URL(databases.get(name)?.url ?? '');
  [url.username, url.password] = ['habeas_eraser', 'x'];
  const key = name === 'newsletter' ? 'NEWSLETTER_ERASE_URL' : 'EHCP_AUDIT_ERASE_URL';
  return new PostgresErasure(
    parseManifest(readFileSync(file, 'utf8'), file, { ...NOWHERE, [key]: url.href }),
    Buffer.alloc(32),
  );
}

test('a member of the audit tool can be erased: audits stay without their lead, and organisations with all others', async () => {
  const sql = sqlOf('ehcp-audit');
  const erasure = erasing('ehcp-audit');
  const members = await sql<{ external_id: string; id: string }[]>`
    select distinct m.external_id, m.id from members m join audits a on a.lead_member_id = m.id order by m.id limit 25`;
  expect(members.length).toBeGreaterThan(10);
  const [before] =
    await sql`select (select count(*) from audits) as audits, (select count(*) from organisations) as organisations`;
  for (const { external_id, id } of members) {
    const subject: Subject = { accountId: id, externalId: external_id, emails: [], phones: [] };
    const plan = await erasure.plan(subject, ALL, signal);
    expect(plan.refusals).toEqual([]);
    const actions = plan.items.map(({ collection, action }) => `${action} ${collection}`);
    expect(actions).toEqual(expect.arrayContaining(['DELETE members', 'ANONYMISE audits']));
    expect(await erasure.erase(subject, { key: id, scope: ALL }, signal)).toEqual(plan);
    expect((await erasure.remaining(subject, ALL, signal)).items).toEqual([]);
  }
  const [after] =
    await sql`select (select count(*) from audits) as audits, (select count(*) from organisations) as organisations`;
  expect(after).toEqual(before);
  await erasure.close();
}, 60_000);

test('a reader of the newsletter can be erased: the issues stay', async () => {
  const sql = sqlOf('newsletter');
  const erasure = erasing('newsletter');
  const readers = await sql<{ email: string }[]>`select distinct email from subscriptions order by email limit 10`;
  for (const { email } of readers) {
    const subject: Subject = { accountId: email, emails: [email], phones: [] };
    const plan = await erasure.erase(subject, { key: email, scope: ALL }, signal);
    expect(plan.refusals).toEqual([]);
    expect(plan.items.map(({ action, collection }) => `${action} ${collection}`)).toContain('DELETE subscriptions');
    expect((await erasure.remaining(subject, ALL, signal)).items).toEqual([]);
  }
  expect((await sql`select 1 from campaigns limit 1`).length).toBe(1);
  await erasure.close();
});

test('a learner can be erased, and twice is the same as once', async () => {
  const sql = sqlOf('training');
  const [learner] = await sql<{ account_id: string }[]>`select account_id from certificates limit 1`;
  for (let run = 1; run <= 2; run++) {
    await eraseLearner(sql, learner?.account_id ?? '');
    for (const table of ['learners', 'bookings', 'certificates']) {
      expect(await sql`select 1 from ${sql(table)} where account_id = ${learner?.account_id ?? ''}`).toEqual([]);
    }
  }
});
