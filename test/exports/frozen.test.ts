import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { verifyPackage } from '../../src/exports/package/verify.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { type Asked, askForEverything, hasStatus, packageOf, requestOf, waitFor } from './export-of.js';
import { type SmallCompany, smallCompany } from './small-company.js';

let company: SmallCompany;
let database: TestDatabase;
let sql: postgres.Sql;
let server: Habeas;
let frozen: Habeas;
let other: Habeas;
const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-frozen-'));
const part = (name: 'serve' | 'work') =>
  startHabeas({ part: name, databaseUrl: database.url, services: company.manifests, dataDirectory });

beforeAll(async () => {
  [company, database] = await Promise.all([smallCompany(), migratedDatabase()]);
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  [server, frozen] = await Promise.all([part('serve'), part('work')]);
});
afterAll(async () => {
  company.desk.hangs = false;
  frozen.process.kill('SIGCONT');
  await Promise.all([server, frozen, other].map((each) => each?.stop()));
  await sql.end();
  await company.stop();
  await database.drop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

test('A worker sweeps by the clock', async () => {
  const known = await sql`select identifier from graphile_worker._private_known_crontabs`;
  expect(known.map(({ identifier }) => identifier).sort()).toEqual([
    'consents_expiry',
    'consents_forget_devices',
    'consents_renewal',
    'events_prune',
    'exports_sweep',
    'marketing_contacts',
  ]);
});

const deskOf = ({ tasks }: Asked) => tasks.find(({ service }) => service === 'desk');

test('R-03 a worker that froze and wakes up late finds its work taken over and changes nothing', async () => {
  const client = await server.person(await company.register(await server.staff('support'), 'ada', 50));
  company.desk.hangs = true;
  const id = await askForEverything(client);
  await expect.poll(() => company.desk.waiting.length).toBe(1);
  await waitFor(client, id, ({ tasks }) => tasks.filter(({ status }) => status === 'SUCCEEDED').length === 2);
  frozen.process.kill('SIGSTOP');
  other = await part('work');
  const takenOver = await waitFor(client, id, (request) => deskOf(request)?.attempts === 2);
  expect(deskOf(takenOver)).toMatchObject({ status: 'RUNNING', records: null });
  await expect.poll(() => company.desk.waiting.length).toBe(2);

  // The late answer reaches the worker that froze, while the other still waits for its own.
  const [late] = company.desk.waiting;
  if (late) late.mayGoOn = true;
  frozen.process.kill('SIGCONT');
  await expect.poll(() => company.desk.waiting.length).toBe(1);
  await delay(2_500);
  expect(deskOf(await requestOf(client, id))).toMatchObject({ status: 'RUNNING', attempts: 2, records: null });
  // Nor has it ended the other's job: the sweep, which every fifth minute looks for lost ones, would begin a third run.
  expect(await sql`select 1 from graphile_worker.jobs where key = ${`exports_collect:${id}:desk`}`).toHaveLength(1);

  company.desk.hangs = false;
  const done = await waitFor(client, id, hasStatus('COMPLETED'));
  const received = await packageOf(client, done);
  expect(await verifyPackage(received.zip)).toEqual({ ok: true, problems: [] });
  expect(received.records('notes', 'notes')).toHaveLength(50);
  expect(received.records('desk', 'tickets')).toHaveLength(2);
  expect(done.history.map(({ action }) => action)).toEqual(['received', 'completed']);
  const [packages] = await sql`select count(*)::int as count from export_packages`;
  expect(packages?.count).toBe(1);

  // It is a worker like any other again.
  await other.stop();
  const next = await waitFor(client, await askForEverything(client), hasStatus('COMPLETED'));
  expect((await packageOf(client, next)).manifest.complete).toBe(true);
}, 180_000);
