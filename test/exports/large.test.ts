import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { verifyPackage } from '../../src/exports/package/verify.js';
import { migratedDatabase } from '../support/database.js';
import { startHabeas } from '../support/habeas.js';
import { askForEverything, fetchPackage, hasStatus, waitFor } from './export-of.js';
import { smallCompany } from './small-company.js';

const RECORDS = 200_000;
const MEGABYTE = 2 ** 20;

/** Resident memory of a process, in bytes. */
function residentMemory(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kilobytes) * 1024;
}

test.skipIf(process.platform !== 'linux')(
  'T-32 200,000 records of one person cost the worker less than 200 MB over what it needs idle',
  { timeout: 180_000 },
  async () => {
    const [company, database] = await Promise.all([smallCompany(), migratedDatabase()]);
    const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-large-'));
    const shared = { databaseUrl: database.url, services: company.manifests, dataDirectory };
    const server = await startHabeas({ ...shared, part: 'serve' });
    const worker = await startHabeas({ ...shared, part: 'work' });
    try {
      const staff = await server.staff('dps');
      // A small one first, so that everything a worker loads once is loaded.
      const small = await server.person(await company.register(staff, 'small', 10));
      await waitFor(small, await askForEverything(small), hasStatus('COMPLETED'));
      const pid = worker.process.pid ?? 0;
      const idle = residentMemory(pid);
      const owner = await server.person(await company.register(staff, 'large', RECORDS));
      let peak = idle;
      const watch = setInterval(() => {
        peak = Math.max(peak, residentMemory(pid));
      }, 20);
      const request = await waitFor(owner, await askForEverything(owner), hasStatus('COMPLETED'), 150_000);
      clearInterval(watch);
      const notes = request.tasks.find(({ service }) => service === 'notes');
      expect(notes?.records).toBe(RECORDS + 1);
      expect(request.export?.records).toBeGreaterThan(RECORDS);
      expect((peak - idle) / MEGABYTE).toBeLessThan(200);
      const received = await fetchPackage(request.export?.url ?? '', owner);
      expect(await verifyPackage(Buffer.from(await received.arrayBuffer()))).toEqual({ ok: true, problems: [] });
      process.stdout.write(`200,000 records: ${((peak - idle) / MEGABYTE).toFixed(0)} MB over idle\n`);
    } finally {
      await Promise.all([worker.stop(), server.stop()]);
      await company.stop();
      await database.drop();
      rmSync(dataDirectory, { recursive: true, force: true });
    }
  },
);
