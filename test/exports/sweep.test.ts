import { randomUUID } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { readConfig } from '../../src/config.js';
import { collectHandler } from '../../src/exports/collect.js';
import { requestAccess } from '../../src/exports/exports.js';
import { sealHandler } from '../../src/exports/seal.js';
import { sweepHandler } from '../../src/exports/sweep.js';
import type { JobRun } from '../../src/jobs/jobs.js';
import { reopenTasks } from '../../src/requests/requests.js';
import type { World } from '../../src/world.js';
import { openStore, type Store } from '../support/store.js';
import { type SmallCompany, smallCompany } from './small-company.js';
import { worldOf } from './sweep-now.js';

const SERVICES = ['desk', 'habeas', 'notes'];
const RUN: JobRun = { attempt: 1, maxAttempts: 40, signal: new AbortController().signal };

let company: SmallCompany;
let store: Store;
let world: World & { close(): Promise<void> };
let accountId: string;
const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-sweep-'));
const folder = path.join(dataDirectory, 'exports');

beforeAll(async () => {
  [company, store] = await Promise.all([smallCompany(), openStore()]);
  const config = readConfig({ NODE_ENV: 'test', HABEAS_DATA: dataDirectory });
  world = await worldOf({ config, keys: store.keys }, store.url, company.manifests);
  mkdirSync(folder, { recursive: true });
  const known = await company.add('ada', 40);
  accountId = (await store.db.transaction((tx) => register(tx, store.keys, new Date(), known))).id;
});
afterEach(async () => {
  await store.sql`delete from privacy_requests`;
  await store.sql`delete from graphile_worker._private_jobs`;
  for (const entry of readdirSync(folder)) rmSync(path.join(folder, entry), { recursive: true });
});
afterAll(async () => {
  await world.close();
  await store.close();
  await company.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

// No worker runs here: each step is taken by hand.
const sweep = () => sweepHandler(world).handle({}, RUN);
const collect = (requestId: string, service: string) => collectHandler(world).handle({ requestId, service }, RUN);
const seal = (requestId: string) => sealHandler(world).handle({ requestId }, RUN);

async function ask(): Promise<string> {
  const asked = await store.db.transaction((tx) =>
    requestAccess(tx, new Date(), world.registry, world.config, {
      accountId,
      portabilityOnly: false,
      formats: ['JSON'],
      channel: 'API',
      actor: 'data subject',
    }),
  );
  return asked.id;
}

async function asked(step: 'collected' | 'sealed'): Promise<string> {
  const id = await ask();
  for (const service of SERVICES) await collect(id, service);
  if (step === 'sealed') await seal(id);
  await store.sql`delete from graphile_worker._private_jobs`;
  return id;
}

const jobs = async () =>
  (await store.sql`select key from graphile_worker.jobs order by key`).map(({ key }) => String(key));
const statusOf = async (id: string) =>
  (await store.sql`select status from privacy_requests where id = ${id}`)[0]?.status;
const packages = async () =>
  store.sql<{ id: string; fileName: string; removedAt: Date | null }[]>`
    select id, file_name as "fileName", removed_at as "removedAt" from export_packages`;

function age(entry: string, minutes: number): void {
  const then = new Date(Date.now() - minutes * 60_000);
  utimesSync(path.join(folder, entry), then, then);
}

describe('The sweep', () => {
  test('removes what killed processes left behind, once it is an hour old, and nothing that is wanted', async () => {
    const done = await asked('sealed');
    const running = await asked('collected');
    const [{ fileName } = { fileName: '' }] = await packages();
    const halfSealed = `${randomUUID()}.zip.sealed.tmp`;
    const unpublished = `${randomUUID()}.zip.sealed`;
    const fresh = `${randomUUID()}.zip.sealed.tmp`;
    for (const name of [halfSealed, unpublished, fresh]) writeFileSync(path.join(folder, name), 'half');
    mkdirSync(path.join(folder, done, 'notes', '1.tmp-0011223344556677'), { recursive: true });
    for (const name of [halfSealed, unpublished, done, running, fileName]) age(name, 61);
    age(fresh, 59);
    await sweep();
    expect(readdirSync(folder).sort()).toEqual([fresh, running, fileName].sort());
  });

  test('removes the files of packages that expired or were revoked, and says when', async () => {
    for (let count = 0; count < 3; count += 1) await asked('sealed');
    const [expired, revoked, good] = await packages();
    if (!expired || !revoked || !good) throw new Error('three packages were made');
    await store.sql`update export_packages set expires_at = now() - interval '1 second' where id = ${expired.id}`;
    await store.sql`update export_packages set revoked_at = now() where id = ${revoked.id}`;
    await sweep();
    expect(readdirSync(folder)).toEqual([good.fileName]);
    const after = new Map((await packages()).map(({ id, removedAt }) => [id, removedAt]));
    expect([after.get(expired.id), after.get(revoked.id), after.get(good.id)]).toEqual([
      expect.any(Date),
      expect.any(Date),
      null,
    ]);
    await sweep();
    expect(await packages()).toHaveLength(3);
  });

  test('sets requests to work again whose jobs were lost, each service once', async () => {
    const id = await ask();
    await collect(id, 'habeas');
    await store.sql`delete from graphile_worker._private_jobs`;
    await sweep();
    const lost = [`exports_collect:${id}:desk`, `exports_collect:${id}:notes`];
    expect(await jobs()).toEqual(lost);
    await sweep();
    expect(await jobs()).toEqual(lost);
    await collect(id, 'desk');
    await collect(id, 'notes');
    await store.sql`delete from graphile_worker._private_jobs`;
    await sweep();
    expect(await jobs()).toEqual([`exports_seal:${id}`]);
    await seal(id);
    expect(await statusOf(id)).toBe('COMPLETED');
  });

  test('leaves a job alone that runs for the last time, and replaces one that was killed then', async () => {
    const id = await ask();
    const last = store.sql`update graphile_worker._private_jobs set attempts = max_attempts, locked_at = now(), locked_by = 'pool'`;
    await last;
    await sweep();
    expect(await store.sql`select 1 from graphile_worker.jobs where locked_by is null`).toHaveLength(0);
    await store.sql`update graphile_worker._private_jobs set locked_at = null, locked_by = null`;
    await sweep();
    expect(await store.sql`select 1 from graphile_worker.jobs where attempts < max_attempts`).toHaveLength(3);
    expect(await statusOf(id)).toBe('IN_PROGRESS');
  });
});

describe('Sealing', () => {
  test('again after it was done, or after the request was cancelled, makes no second package', async () => {
    const id = await asked('sealed');
    await seal(id);
    expect(await packages()).toHaveLength(1);
    const other = await asked('collected');
    await store.sql`update privacy_requests set status = 'CANCELLED' where id = ${other}`;
    await seal(other);
    expect(await packages()).toHaveLength(1);
  });

  test('waits where staff set a service to work again in between', async () => {
    const id = await asked('collected');
    await store.db.transaction((tx) => reopenTasks(tx, id, ['desk']));
    await seal(id);
    expect([await statusOf(id), (await packages()).length]).toEqual(['IN_PROGRESS', 0]);
    await collect(id, 'desk');
    expect(await jobs()).toEqual([`exports_seal:${id}`]);
    await seal(id);
    expect([await statusOf(id), (await packages()).length]).toEqual(['COMPLETED', 1]);
  });

  test.each([
    ['is gone', (part: string) => rmSync(part, { recursive: true })],
    ['lost its report', (part: string) => rmSync(path.join(part, 'part.report'))],
    ['was damaged', damage],
  ])('reads the services again when a part %s', async (_what, break_) => {
    const id = await asked('collected');
    break_(path.join(folder, id, 'notes', '1'));
    await seal(id);
    expect([await statusOf(id), (await packages()).length]).toEqual(['IN_PROGRESS', 0]);
    expect(readdirSync(folder)).toEqual([id]);
    expect(await jobs()).toEqual(SERVICES.map((service) => `exports_collect:${id}:${service}`));
    for (const service of SERVICES) await collect(id, service);
    await seal(id);
    expect([await statusOf(id), (await packages()).length]).toEqual(['COMPLETED', 1]);
    expect(existsSync(path.join(folder, id))).toBe(false);
  });
});

/** Turns one bit of the largest file. */
function damage(part: string): void {
  const [largest] = readdirSync(part)
    .filter((name) => name.startsWith('notes'))
    .map((name) => path.join(part, name));
  if (!largest) throw new Error('The part has no notes.');
  const bytes = readFileSync(largest);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
  writeFileSync(largest, bytes);
}
