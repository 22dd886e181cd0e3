import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { handler, type JobHandler } from '../jobs/jobs.js';
import { lockRequest } from '../requests/requests.js';
import type { World } from '../world.js';
import { sealWhenAllEnded } from './collect.js';
import { collectJob, sweepJob } from './exports.jobs.js';
import { exportPackages } from './exports.tables.js';

/** A file younger than this may still be waiting for its row: milliseconds. */
const GRACE_MS = 3_600_000;

/** Every few minutes: files of packages that are over go, and requests whose job was lost go on. */
export const SWEEP_SCHEDULE = '*/5 * * * *';

export function sweepHandler(world: World): JobHandler {
  return handler(sweepJob, async () => {
    await removeEndedPackages(world);
    await removeStrays(world);
    await resumeStalled(world);
  });
}

async function removeEndedPackages(world: World): Promise<void> {
  const now = world.clock.now();
  const over = await world.db
    .select({ id: exportPackages.id, fileName: exportPackages.fileName })
    .from(exportPackages)
    .where(
      sql`${exportPackages.removedAt} is null
        and (${exportPackages.expiresAt} <= ${now.toISOString()} or ${exportPackages.revokedAt} is not null)`,
    );
  for (const { id, fileName } of over) {
    await rm(path.join(world.config.exports.directory, fileName), { force: true });
    await world.db.update(exportPackages).set({ removedAt: now }).where(eq(exportPackages.id, id));
  }
}

/** Files and folders nobody refers to: what a process that was killed, or a request that was cancelled, left behind. */
async function removeStrays(world: World): Promise<void> {
  const { directory } = world.config.exports;
  const entries = await readdir(directory).catch(() => []);
  for (const entry of entries) {
    const place = path.join(directory, entry);
    const age = Date.now() - ((await stat(place).catch(() => null))?.mtimeMs ?? Date.now());
    if (age < GRACE_MS || (await isWanted(world, entry))) continue;
    await rm(place, { recursive: true, force: true });
  }
}

async function isWanted(world: World, entry: string): Promise<boolean> {
  const [found] = await world.db.execute<{ wanted: boolean }>(sql`
    select exists (select from export_packages where file_name = ${entry} and removed_at is null)
        or exists (select from privacy_requests where id::text = ${entry} and status = 'IN_PROGRESS') as wanted`);
  return found?.wanted ?? true;
}

/**
 * A job that was killed at its last attempt leaves no job behind. Tasks and requests that wait for one that is not
 * there get a new one.
 */
async function resumeStalled(world: World): Promise<void> {
  const stalled = await world.db.execute<{ id: string; service: string | null }>(sql`
    select request.id, task.service
    from privacy_requests request
    left join service_tasks task on task.request_id = request.id and task.status in ('PENDING', 'RUNNING', 'RETRYING')
    where request.status = 'IN_PROGRESS' and request.type in ('ACCESS', 'PORTABILITY')
      and not exists (
        select from graphile_worker.jobs job
        where (job.attempts < job.max_attempts or job.locked_at is not null)
          and job.key = case when task.service is null then 'exports_seal:' || request.id
                             else 'exports_collect:' || request.id || ':' || task.service end)`);
  for (const { id, service } of stalled) {
    await world.db.transaction(async (tx) => {
      const request = await lockRequest(tx, id);
      if (request?.status !== 'IN_PROGRESS') return;
      if (service === null) await sealWhenAllEnded(tx, id);
      else await collectJob.enqueue(tx, { requestId: id, service }, { key: `exports_collect:${id}:${service}` });
    });
  }
}
