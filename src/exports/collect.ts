import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { type Account, readAccounts, subjectAt } from '../accounts/accounts.js';
import type { Tx } from '../database/database.js';
import { HabeasError, ServiceError } from '../errors.js';
import { handler, type JobHandler, type JobRun } from '../jobs/jobs.js';
import {
  beginTask,
  isNewestRun,
  lockRequest,
  type PrivacyRequest,
  type ServiceTask,
  tasksOf,
  updateTask,
} from '../requests/requests.js';
import type { RecordPage } from '../services/connector.js';
import type { Service } from '../services/service.js';
import type { World } from '../world.js';
import { collectJob, sealJob } from './exports.jobs.js';
import { packageKey } from './exports.js';
import { ownRecords } from './own-records.js';
import { writePart } from './package/part.js';
import type { ExportFormat, PartReport } from './package/report.js';

/** Progress is told at most this often, in milliseconds. */
const TELL_EVERY_MS = 500;

/** How soon a run learns that it is not wanted any more, in milliseconds. */
const LOOK_EVERY_MS = 1_000;

/**
 * Reads one service for one request. Run again after it succeeded it does nothing; killed in the middle, it leaves
 * nothing that counts.
 */
export function collectHandler(world: World): JobHandler {
  return handler(collectJob, async ({ requestId, service }, run) => {
    const begun = await world.db.transaction(async (tx) => {
      const request = await lockRequest(tx, requestId);
      if (request?.status !== 'IN_PROGRESS') return null;
      const task = await beginTask(tx, requestId, service);
      return task && { request, attempt: task.attempts };
    });
    if (!begun) return;
    const { request, attempt } = begun;
    const wanted = watchRun(world, requestId, service, attempt);
    try {
      const signal = AbortSignal.any([run.signal, wanted.signal]);
      const report = await collect(world, request, service, attempt, signal);
      await finish(world, requestId, service, attempt, {
        status: 'SUCCEEDED',
        records: report.records,
        bytes: report.bytes,
        lastError: null,
      });
    } catch (error) {
      if (wanted.signal.aborted) return;
      if (run.signal.aborted) throw error; // Asked to stop: nobody's failure.
      await recordFailure(world, requestId, service, attempt, error, run);
    } finally {
      wanted.end();
    }
  });
}

/** Aborts once the request was cancelled, or a newer run has taken over from this one, which was thought dead. */
function watchRun(world: World, requestId: string, service: string, attempt: number) {
  const unwanted = new AbortController();
  const look = async () => {
    if (!(await isNewestRun(world.db, requestId, service, attempt))) unwanted.abort();
  };
  // Without an answer nothing is known, and the work goes on.
  const timer = setInterval(() => void look().catch(() => {}), LOOK_EVERY_MS);
  return { signal: unwanted.signal, end: () => clearInterval(timer) };
}

const partsDirectory = (world: Pick<World, 'config'>, requestId: string, service: string) =>
  path.join(world.config.exports.directory, requestId, service);

/** Where a run puts its part. Each run has a place of its own, so that a late one cannot touch another's. */
export const partDirectory = (world: Pick<World, 'config'>, requestId: string, service: string, attempt: number) =>
  path.join(partsDirectory(world, requestId, service), String(attempt));

export const partContext = (requestId: string, service: string) => `export_parts|${requestId}|${service}`;

async function collect(
  world: World,
  request: PrivacyRequest,
  name: string,
  attempt: number,
  signal: AbortSignal,
): Promise<PartReport> {
  const service = world.registry.find(name);
  if (!service) throw new ServiceError(name, 'SERVICE_UNREACHABLE', `${name} is not registered any more.`);
  const [account] = await readAccounts(world.db, world.keys, [request.accountId]);
  if (!account) throw new HabeasError('NOT_FOUND', 'The account has been erased.');
  await removeEarlierRuns(partsDirectory(world, request.id, name), attempt);
  return writePart({
    directory: partDirectory(world, request.id, name, attempt),
    service: { name, title: service.title, datasets: await world.registry.datasets(service) },
    pages: pagesOf(world, service, account, signal),
    formats: request.parameters.formats as ExportFormat[],
    key: await packageKey(world.db, world.keys, request.accountId),
    context: partContext(request.id, name),
    signal,
    onProgress: progressTeller(world, request.id, name, attempt),
  });
}

/** What earlier runs left behind, whole or half. */
async function removeEarlierRuns(directory: string, attempt: number): Promise<void> {
  const entries = await readdir(directory).catch(() => []);
  const earlier = entries.filter((entry) => Number.parseInt(entry, 10) < attempt);
  for (const entry of earlier) await rm(path.join(directory, entry), { recursive: true, force: true, maxRetries: 3 });
}

function pagesOf(world: World, service: Service, account: Account, signal: AbortSignal): AsyncIterable<RecordPage> {
  if (service.kind === 'CORE') return ownRecords(world, account);
  return world.registry.connector(service.name).records(subjectAt(account, service.name), signal);
}

function progressTeller(world: World, requestId: string, service: string, attempt: number) {
  let told = performance.now();
  return (records: number, bytes: number) => {
    if (performance.now() - told < TELL_EVERY_MS) return;
    told = performance.now();
    // Only news: a failure to tell it must not fail the work.
    updateTask(world.db, requestId, service, attempt, { records, bytes }).catch(() => {});
  };
}

type Outcome = Parameters<typeof updateTask>[4];

/** Writes how a service's run ended; the last service to end sets the package going. */
async function finish(
  world: World,
  requestId: string,
  service: string,
  attempt: number,
  outcome: Outcome,
): Promise<void> {
  await world.db.transaction(async (tx) => {
    const request = await lockRequest(tx, requestId);
    if (request?.status !== 'IN_PROGRESS') return;
    if (await updateTask(tx, requestId, service, attempt, outcome)) await sealWhenAllEnded(tx, requestId);
  });
}

/** Starts the sealing once no service has anything left to do. */
export async function sealWhenAllEnded(tx: Tx, requestId: string): Promise<void> {
  const tasks = await tasksOf(tx, [requestId]);
  if (!tasks.some(hasWork)) await sealJob.enqueue(tx, { requestId }, { key: `exports_seal:${requestId}` });
}

export const hasWork = ({ status }: ServiceTask): boolean =>
  status === 'PENDING' || status === 'RUNNING' || status === 'RETRYING';

async function recordFailure(
  world: World,
  requestId: string,
  service: string,
  attempt: number,
  error: unknown,
  run: JobRun,
): Promise<void> {
  const isLast = run.attempt >= run.maxAttempts;
  const lastError = error instanceof HabeasError ? error.message : 'Habeas could not finish this part.';
  await finish(world, requestId, service, attempt, {
    status: isLast ? 'FAILED' : 'RETRYING',
    lastError: lastError.slice(0, 500),
  });
  if (!isLast) throw error;
}
