import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { verifyPackage } from '../../src/exports/package/verify.js';
import {
  askForEverything,
  fetchPackage,
  hasStatus,
  type Package,
  packageOf,
  requestOf,
  waitFor,
} from '../exports/export-of.js';
import { type SmallCompany, smallCompany } from '../exports/small-company.js';
import { sweepLater, worldOf } from '../exports/sweep-now.js';
import { embeddedPostgresAt, migratedDatabase, type TestDatabase } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';

/** More of them with `HABEAS_ROUNDS`. */
const KILLS = Number(process.env.HABEAS_ROUNDS ?? 4);
const REQUESTS = Math.ceil(KILLS / 2);
const NOTES = 8_000;

/** Every record once: as many as there are, and no id twice. */
function expectEveryNoteOnce({ manifest, records }: Package): void {
  expect(manifest.complete).toBe(true);
  const ids = records('notes', 'notes').map(({ id }) => id);
  expect(ids).toHaveLength(NOTES);
  expect(new Set(ids).size).toBe(NOTES);
  expect(records('desk', 'tickets')).toHaveLength(2);
}

let company: SmallCompany;
beforeAll(async () => {
  company = await smallCompany();
});
afterAll(() => company.stop());

describe('R-01 workers that are killed', () => {
  let database: TestDatabase;
  let server: Habeas;
  let sql: postgres.Sql;
  const workers = new Set<Habeas>();
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-killed-'));
  const part = (name: 'serve' | 'work') =>
    startHabeas({ part: name, databaseUrl: database.url, services: company.manifests, dataDirectory });

  beforeAll(async () => {
    database = await migratedDatabase();
    sql = postgres(database.url, { max: 2, onnotice: () => {} });
    server = await part('serve');
  });
  afterAll(async () => {
    await Promise.all([...workers].map((worker) => worker.stop()));
    await server.stop();
    await sql.end();
    await database.drop();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  let killedAtWork = 0;

  async function startWorker(): Promise<Habeas> {
    const worker = await part('work');
    workers.add(worker);
    return worker;
  }

  /** Starts workers one after the other and kills each at a moment of chance, where there is work in the middle of it. */
  async function killOneAfterTheOther(kills: number, before: () => Promise<void>): Promise<void> {
    for (let kill = 0; kill < kills; kill += 1) {
      await before();
      const worker = await startWorker();
      for (let looks = 0; looks < 100 && !(await isAtWork()); looks += 1) await delay(20);
      await delay(Math.random() * 700);
      killedAtWork += (await isAtWork()) ? 1 : 0;
      await worker.kill();
      workers.delete(worker);
    }
  }

  async function isAtWork(): Promise<boolean> {
    const [work] = await sql`
      select count(*)::int as running from graphile_worker._private_jobs where locked_at > now() - interval '5 seconds'`;
    return work?.running > 0;
  }

  test(
    `${KILLS} times over ${REQUESTS} requests: every request ends, with one whole package and no half one`,
    async () => {
      const staff = await server.staff('support');
      const waiting: Client[] = [];
      for (let person = 0; person < REQUESTS; person += 1) {
        waiting.push(await server.person(await company.register(staff, `p${person}`, NOTES)));
      }
      const asked: { client: Client; id: string }[] = [];
      const askNext = async () => {
        const client = waiting.pop();
        if (client) asked.push({ client, id: await askForEverything(client) });
      };

      // What can be fetched at any moment must be whole. Each package is fetched at most thrice here.
      let isOver = false;
      const looks = new Map<string, number>();
      const lookout = async () => {
        while (!isOver) {
          for (const { client, id } of asked.filter((each) => (looks.get(each.id) ?? 0) < 3)) {
            const { status, export: link } = await requestOf(client, id);
            if (status === 'COMPLETED') expect(link).not.toBeNull();
            if (!link) continue;
            looks.set(id, (looks.get(id) ?? 0) + 1);
            const zip = Buffer.from(await (await fetchPackage(link.url, client)).arrayBuffer());
            expect(await verifyPackage(zip)).toEqual({ ok: true, problems: [] });
            expect(zip.length).toBe(link.bytes);
          }
          await delay(200);
        }
      };
      const looking = lookout().then(
        () => null,
        (error: unknown) => error,
      );

      await Promise.all([
        killOneAfterTheOther(REQUESTS, askNext),
        killOneAfterTheOther(KILLS - REQUESTS, async () => {}),
      ]);
      const lastKill = performance.now();
      await Promise.all([startWorker(), startWorker()]);
      const done = await Promise.all(asked.map(({ client, id }) => waitFor(client, id, hasStatus('COMPLETED'))));
      const tookMs = performance.now() - lastKill;
      isOver = true;
      expect(await looking).toBeNull();

      expect(asked).toHaveLength(REQUESTS);
      expect(killedAtWork).toBeGreaterThan(KILLS / 3);
      expect(tookMs).toBeLessThan(60_000);
      for (const [index, request] of done.entries()) {
        const received = await packageOf(asked[index]?.client ?? staff, request);
        expect(await verifyPackage(received.zip)).toEqual({ ok: true, problems: [] });
        expectEveryNoteOnce(received);
        expect(request.history.filter(({ action }) => action === 'completed')).toHaveLength(1);
      }
    },
    120_000 + KILLS * 10_000,
  );

  test('and leave nothing behind: one package for each request, no job, and after a sweep no other file', async () => {
    const packages = await sql<{ fileName: string }[]>`select file_name as "fileName" from export_packages`;
    expect(packages).toHaveLength(REQUESTS);
    expect(await sql`select 1 from graphile_worker.jobs where key like 'exports_%'`).toHaveLength(0);
    const world = await worldOf(server, database.url, company.manifests);
    await sweepLater(world);
    await world.close();
    const left = readdirSync(path.join(dataDirectory, 'exports')).sort();
    expect(left).toEqual(packages.map(({ fileName }) => fileName).sort());
  });
});

describe('A whole Habeas that is killed, its Postgres with it', () => {
  test('goes on with the request when it is started again', async () => {
    const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-killed-whole-'));
    embeddedPostgresAt(path.join(dataDirectory, 'postgres'));
    const begin = () => startHabeas({ dataDirectory, services: company.manifests });
    const first = await begin();
    const accountId = await company.register(await first.staff('support'), 'ada', NOTES);
    company.desk.hangs = true;
    const id = await askForEverything(await first.person(accountId));
    await expect.poll(() => company.desk.waiting.length).toBe(1);
    await first.kill();
    company.desk.hangs = false;
    const second = await begin();
    const client = await second.person(accountId);
    const request = await waitFor(client, id, hasStatus('COMPLETED'));
    expect(request.tasks.some(({ attempts }) => attempts > 1)).toBe(true);
    const received = await packageOf(client, request);
    expect(await verifyPackage(received.zip)).toEqual({ ok: true, problems: [] });
    expectEveryNoteOnce(received);
    expect(await second.stop()).toBe(0);
    rmSync(dataDirectory, { recursive: true, force: true });
  });
});
