import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { freePort, startEmbeddedPostgres } from '../../src/database/embedded.js';
import { migrate } from '../../src/database/migrate.js';
import { defineJob, handler, type JobHandler } from '../../src/jobs/jobs.js';
import { startWorker, type Worker } from '../../src/jobs/worker.js';
import { createLogger } from '../../src/telemetry.js';
import { openStore, type Store } from '../support/store.js';

const last = defineJob({ name: 'last', payload: z.object({ name: z.string(), ms: z.number() }), maxAttempts: 5 });
const note = defineJob({ name: 'note', payload: z.object({ name: z.string() }), maxAttempts: 2 });

let store: Store;
const workers: Worker[] = [];
let noted: string[] = [];

beforeAll(async () => {
  store = await openStore();
});
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.stop()));
  await store.sql`delete from graphile_worker._private_jobs`;
  noted = [];
});
afterAll(() => store.close());

async function start(handlers: readonly JobHandler[], schedule: Record<string, string> = {}): Promise<Worker> {
  const worker = await startWorker({ url: store.url, handlers, schedule, concurrency: 2, log: createLogger('silent') });
  workers.push(worker);
  return worker;
}

const noting = handler(note, async ({ name }) => {
  noted.push(name);
});
const lasting = handler(last, async ({ name, ms }) => {
  noted.push(`${name} began`);
  await delay(ms);
  noted.push(`${name} ended`);
});
const jobs = async () => (await store.sql`select * from graphile_worker.jobs`).length;

describe('A job', () => {
  test('of a transaction that is rolled back never runs, one of a committed transaction does', async () => {
    await start([noting]);
    const rolledBack = store.db.transaction(async (tx) => {
      await note.enqueue(tx, { name: 'rolled back' });
      throw new Error('changed my mind');
    });
    await expect(rolledBack).rejects.toThrow('changed my mind');
    await store.db.transaction((tx) => note.enqueue(tx, { name: 'committed' }));
    await expect.poll(() => noted).toEqual(['committed']);
    await delay(1_500);
    expect(noted).toEqual(['committed']);
  });

  test('that waits under a key is replaced by the next of that key; others are their own', async () => {
    await store.db.transaction(async (tx) => {
      await note.enqueue(tx, { name: 'first' }, { key: 'same' });
      await note.enqueue(tx, { name: 'second' }, { key: 'same' });
      await note.enqueue(tx, { name: 'other' }, { key: 'other' });
    });
    expect(await jobs()).toBe(2);
    await start([noting]);
    await expect.poll(() => [...noted].sort()).toEqual(['other', 'second']);
  });

  test('for later waits until then', async () => {
    await start([noting]);
    const runAt = new Date(Date.now() + 2_500);
    await store.db.transaction((tx) => note.enqueue(tx, { name: 'later' }, { runAt }));
    await delay(1_000);
    expect(noted).toEqual([]);
    await expect.poll(() => noted).toEqual(['later']);
    expect(Date.now()).toBeGreaterThanOrEqual(runAt.getTime());
  });

  test('with a payload that is none fails without running, and keeps nothing of the payload', async () => {
    await start([noting]);
    await store.sql`select graphile_worker.add_job('note', payload := '{"name": {"secret": "CANARY"}}', max_attempts := 1)`;
    await store.db.transaction((tx) => note.enqueue(tx, { name: 'good' }));
    await expect.poll(() => noted).toEqual(['good']);
    await expect
      .poll(async () => (await store.sql`select last_error from graphile_worker.jobs`).map((row) => row.last_error))
      .toEqual(['note: ZodError']);
  });

  test('that fails is tried again, and what the error says is not kept', async () => {
    let attempts = 0;
    const failing = handler(note, async (_payload, run) => {
      attempts = run.attempt;
      if (run.attempt < run.maxAttempts) throw new Error('CANARY in a message');
    });
    await start([failing]);
    await store.db.transaction((tx) => note.enqueue(tx, { name: 'any' }));
    await expect.poll(() => attempts).toBe(1);
    await expect
      .poll(async () => (await store.sql`select last_error from graphile_worker.jobs`)[0]?.last_error)
      .toBe('note: Error');
    await expect.poll(() => attempts).toBe(2);
    await expect.poll(jobs).toBe(0);
  });
});

describe('A worker', () => {
  test('knows the jobs it starts by the clock', async () => {
    await start([noting], { note: '*/5 * * * *' });
    const known = () => store.sql`select identifier from graphile_worker._private_known_crontabs`;
    await expect.poll(async () => (await known()).map(({ identifier }) => identifier)).toEqual(['note']);
  });

  test('that stops waits for the job it runs, and takes no other', async () => {
    const worker = await start([lasting]);
    await store.db.transaction((tx) => last.enqueue(tx, { name: 'running', ms: 1_500 }));
    await expect.poll(() => noted).toEqual(['running began']);
    const stopped = worker.stop();
    await store.db.transaction((tx) => last.enqueue(tx, { name: 'late', ms: 1 }));
    await stopped;
    expect(noted).toEqual(['running began', 'running ended']);
    expect(await jobs()).toBe(1);
    await start([lasting]);
    await expect.poll(() => noted).toContain('late ended');
  });

  test('that stops tells a job by its signal, which hands itself back and runs elsewhere', async () => {
    const patient = handler(last, async ({ name, ms }, { signal, attempt }) => {
      noted.push(`${name} began`);
      if (attempt === 1) await delay(ms, undefined, { signal });
      noted.push(`${name} ended`);
    });
    const worker = await start([patient]);
    await store.db.transaction((tx) => last.enqueue(tx, { name: 'long', ms: 60_000 }));
    await expect.poll(() => noted).toEqual(['long began']);
    await worker.stop();
    await start([patient]);
    await expect.poll(() => noted).toEqual(['long began', 'long began', 'long ended']);
  });

  test('that lives keeps its job however long it lasts, beside another worker', async () => {
    await start([lasting]);
    await start([lasting]);
    await store.db.transaction((tx) => last.enqueue(tx, { name: 'long', ms: 11_000 }));
    await expect.poll(() => noted).toContain('long ended');
    expect(noted).toEqual(['long began', 'long ended']);
  });

  test('R-02 that is killed loses its job to another within ten seconds', async () => {
    const victim = fork(fileURLToPath(new URL('worker-process.mjs', import.meta.url)), [store.url], { execArgv: [] });
    await once(victim, 'message');
    await store.db.transaction((tx) => last.enqueue(tx, { name: 'orphan', ms: 1_000 }));
    const [begun] = await once(victim, 'message');
    expect(begun).toEqual({ began: 'orphan' });
    await start([lasting]);
    victim.kill('SIGKILL');
    await once(victim, 'exit');
    const killed = performance.now();
    await expect.poll(() => noted).toContain('orphan began');
    expect(performance.now() - killed).toBeLessThan(10_000);
    await expect.poll(jobs).toBe(0);
    expect(noted).toEqual(['orphan began', 'orphan ended']);
  });

  test('that ends late what another took over from it ends nothing: the other, which fails, is tried again', async () => {
    let began = 0;
    let firstMayEnd = () => {};
    const first = new Promise<void>((resolve) => (firstMayEnd = resolve));
    let firstEnded = false;
    const taken = handler(note, async () => {
      began += 1;
      if (began === 1) {
        await first;
        firstEnded = true;
      } else if (began === 2) {
        firstMayEnd();
        await expect.poll(() => firstEnded).toBe(true);
        await delay(500); // Until the library has written that the first ended.
        throw new Error('once');
      }
    });
    await start([taken]);
    await store.db.transaction((tx) => note.enqueue(tx, { name: 'any' }));
    await expect.poll(() => began).toBe(1);
    await store.sql`
      update graphile_worker._private_jobs
      set locked_by = 'a process that died', locked_at = now() - interval '10 seconds', max_attempts = 5`;
    await expect.poll(() => began).toBe(3);
    await expect.poll(jobs).toBe(0);
  });

  test('goes on by itself after Postgres was away for a while', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'habeas-jobs-'));
    const directory = path.join(folder, 'postgres');
    const port = await freePort();
    const before = await startEmbeddedPostgres({ directory, port });
    await migrate(before.url);
    const worker = await startWorker({
      url: before.url,
      handlers: [noting],
      concurrency: 2,
      log: createLogger('silent'),
    });
    workers.push(worker);
    const enqueue = async (name: string) => {
      const sql = postgres(before.url, { max: 1, onnotice: () => {} });
      await sql`select graphile_worker.add_job('note', payload := ${JSON.stringify({ name })}::text::json)`;
      await sql.end();
    };
    await enqueue('before');
    await expect.poll(() => noted).toEqual(['before']);
    await before.stop();
    await delay(16_000);
    const after = await startEmbeddedPostgres({ directory, port });
    await enqueue('after');
    await expect.poll(() => noted).toEqual(['before', 'after']);
    await worker.stop();
    await after.stop();
    rmSync(folder, { recursive: true, force: true });
  });
});
