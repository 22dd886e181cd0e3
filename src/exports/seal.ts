import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type Account, readAccounts } from '../accounts/accounts.js';
import { SealedFileError } from '../crypto/sealed-file.js';
import { handler, type JobHandler } from '../jobs/jobs.js';
import {
  findRequests,
  lockRequest,
  type PrivacyRequest,
  type ServiceTask,
  setStatus,
  tasksOf,
} from '../requests/requests.js';
import type { World } from '../world.js';
import { hasWork, partContext, partDirectory } from './collect.js';
import { sealJob } from './exports.jobs.js';
import { collectAgain, type ExportFormat, linkToken, packageContext, packageKey, tokenSha256 } from './exports.js';
import { exportPackages } from './exports.tables.js';
import { about, type Incomplete } from './package/about.js';
import { readPart } from './package/part.js';
import { type PlacedPart, type SealedPackage, sealPackage } from './package/seal.js';

const DAY_MS = 86_400_000;
const READ_AGAIN_MS = 60_000;
const ACTOR = 'Habeas';

/**
 * Makes the package of a request whose services have all ended. The file is whole before the row that makes it
 * reachable is written; a file whose row never came is swept.
 */
export function sealHandler(world: World): JobHandler {
  return handler(sealJob, async ({ requestId }, run) => {
    const [request] = await findRequests(world.db, [requestId]);
    if (request?.status !== 'IN_PROGRESS') return;
    const [account] = await readAccounts(world.db, world.keys, [request.accountId]);
    if (!account) return end(world, requestId, 'CANCELLED', 'the account has been erased');
    const tasks = await tasksOf(world.db, [requestId]);
    if (tasks.some(hasWork)) return; // Retried since; the last service to end sets this going again.
    const succeeded = tasks.filter(({ status }) => status === 'SUCCEEDED');
    if (succeeded.length === 0) return end(world, requestId, 'FAILED', 'no service could be read');
    try {
      const parts = await placedParts(world, request, succeeded);
      await sealAndPublish(world, { request, account, tasks, parts, signal: run.signal });
    } catch (error) {
      if (!(error instanceof PartGone || error instanceof SealedFileError)) throw error;
      world.log.warn({ request: requestId }, 'parts of a package are gone or damaged: reading the services again');
      await readAgain(world, requestId, succeeded);
    }
  });
}

/** A part that was whole is not there any more. */
class PartGone extends Error {
  override readonly name = 'PartGone';
}

function placedParts(world: World, request: PrivacyRequest, succeeded: readonly ServiceTask[]): Promise<PlacedPart[]> {
  return Promise.all(
    succeeded.map(async ({ service, attempts }) => {
      const directory = partDirectory(world, request.id, service, attempts);
      const context = partContext(request.id, service);
      const report = await readPart(directory, await packageKey(world.db, world.keys, request.accountId), context);
      if (!report) throw new PartGone();
      return { report, directory, context };
    }),
  );
}

/** After a while, so that a disk that loses files does not make us ask the services without a break. */
async function readAgain(world: World, requestId: string, tasks: readonly ServiceTask[]): Promise<void> {
  const runAt = new Date(Date.now() + READ_AGAIN_MS);
  await world.db.transaction(async (tx) => {
    const request = await lockRequest(tx, requestId);
    if (request?.status !== 'IN_PROGRESS') return;
    await collectAgain(
      tx,
      requestId,
      tasks.map(({ service }) => service),
      runAt,
    );
  });
}

interface Sealing {
  readonly request: PrivacyRequest;
  readonly account: Account;
  readonly tasks: readonly ServiceTask[];
  readonly parts: readonly PlacedPart[];
  readonly signal: AbortSignal;
}

async function sealAndPublish(world: World, sealing: Sealing): Promise<void> {
  const { request, tasks } = sealing;
  const packageId = randomUUID();
  const file = path.join(world.config.exports.directory, `${packageId}.zip.sealed`);
  const sealed = await seal(world, sealing, packageId, file);
  const isReachable = await publish(world, request, tasks, packageId, path.basename(file), sealed);
  const needless = isReachable ? path.join(world.config.exports.directory, request.id) : file;
  await rm(needless, { recursive: true, force: true });
}

async function seal(world: World, sealing: Sealing, packageId: string, output: string): Promise<SealedPackage> {
  const { request, account, tasks, parts, signal } = sealing;
  const incomplete: Incomplete[] = tasks
    .filter(({ status }) => status !== 'SUCCEEDED')
    .map(({ service, lastError }) => ({ service, reason: lastError ?? 'It did not answer in time.' }));
  const asked = world.registry.services.filter(({ name }) => tasks.some(({ service }) => service === name));
  const { profile, identifiers } = account.record;
  return sealPackage({
    output,
    key: await packageKey(world.db, world.keys, account.id),
    context: packageContext(packageId),
    parts,
    about: about({
      controller: world.config.controller,
      dps: world.config.dps,
      services: asked,
      parts: parts.map(({ report }) => report),
      incomplete,
      disclosures: [],
      withheld: [],
      titleOf: (kind, key) => world.registry.taxonomy[kind](key)?.title ?? key,
    }),
    person: {
      accountId: account.id,
      displayName: profile.displayName ?? ([profile.givenName, profile.familyName].filter(Boolean).join(' ') || null),
      emails: identifiers.filter(({ type }) => type === 'EMAIL').map(({ value }) => value),
    },
    requestId: request.id,
    receivedAt: request.receivedAt,
    generatedAt: world.clock.now(),
    signal,
  });
}

/**
 * The one step that makes a package reachable, together with the end of its request. False: the request has ended, or
 * a service has been set to work again, since the package was begun.
 */
async function publish(
  world: World,
  request: PrivacyRequest,
  tasks: readonly ServiceTask[],
  packageId: string,
  fileName: string,
  sealed: SealedPackage,
): Promise<boolean> {
  const now = world.clock.now();
  return world.db.transaction(async (tx) => {
    const locked = await lockRequest(tx, request.id);
    if (locked?.status !== 'IN_PROGRESS' || standing(await tasksOf(tx, [request.id])) !== standing(tasks)) return false;
    await tx.insert(exportPackages).values({
      id: packageId,
      requestId: request.id,
      accountId: request.accountId,
      tokenSha256: tokenSha256(linkToken(world.keys, packageId)),
      fileName,
      sizeBytes: sealed.bytes,
      sha256: sealed.sha256,
      records: sealed.records,
      formats: request.parameters.formats as ExportFormat[],
      createdAt: now,
      expiresAt: new Date(now.getTime() + world.config.exports.days * DAY_MS),
    });
    const missing = tasks.filter(({ status }) => status !== 'SUCCEEDED').map(({ service }) => service);
    const status = missing.length === 0 ? 'COMPLETED' : 'PARTIALLY_COMPLETED';
    const note = missing.length === 0 ? null : `without ${missing.join(', ')}`;
    await setStatus(tx, now, locked, status, ACTOR, note);
    return true;
  });
}

const standing = (tasks: readonly ServiceTask[]) =>
  JSON.stringify(tasks.map(({ service, status, attempts }) => [service, status, attempts]));

async function end(world: World, requestId: string, status: 'CANCELLED' | 'FAILED', note: string): Promise<void> {
  await world.db.transaction(async (tx) => {
    const request = await lockRequest(tx, requestId);
    if (request?.status === 'IN_PROGRESS') await setStatus(tx, world.clock.now(), request, status, ACTOR, note);
  });
}
