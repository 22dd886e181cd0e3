import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { type Account, readAccounts } from '../accounts/accounts.js';
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
import { partContext, partDirectory } from './collect.js';
import { sealJob } from './exports.jobs.js';
import { type ExportFormat, linkToken, packageContext, packageKey, tokenSha256 } from './exports.js';
import { exportPackages } from './exports.tables.js';
import { about, type Incomplete } from './package/about.js';
import { readPart } from './package/part.js';
import { type PlacedPart, type SealedPackage, sealPackage } from './package/seal.js';

const DAY_MS = 86_400_000;
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
    const parts = await placedParts(world, request, tasks);
    if (parts.length === 0) return end(world, requestId, 'FAILED', 'no service could be read');
    const packageId = randomUUID();
    const fileName = `${packageId}.zip.sealed`;
    const sealed = await seal(world, { request, account, tasks, parts, packageId, fileName, signal: run.signal });
    await publish(world, request, tasks, packageId, fileName, sealed);
    await rm(path.join(world.config.exports.directory, requestId), { recursive: true, force: true });
  });
}

/** The parts of the services that succeeded. A part that is gone throws: the next sweep sets its service to work again. */
async function placedParts(
  world: World,
  request: PrivacyRequest,
  tasks: readonly ServiceTask[],
): Promise<PlacedPart[]> {
  const key = await packageKey(world.db, world.keys, request.accountId);
  const succeeded = tasks.filter(({ status }) => status === 'SUCCEEDED');
  return Promise.all(
    succeeded.map(async ({ service }) => {
      const directory = partDirectory(world, request.id, service);
      const context = partContext(request.id, service);
      const report = await readPart(directory, key, context);
      if (!report) throw new Error('a part that was whole is gone');
      return { report, directory, context };
    }),
  );
}

interface Sealing {
  readonly request: PrivacyRequest;
  readonly account: Account;
  readonly tasks: readonly ServiceTask[];
  readonly parts: readonly PlacedPart[];
  readonly packageId: string;
  readonly fileName: string;
  readonly signal: AbortSignal;
}

async function seal(world: World, sealing: Sealing): Promise<SealedPackage> {
  const { request, account, tasks, parts, packageId, fileName, signal } = sealing;
  const incomplete: Incomplete[] = tasks
    .filter(({ status }) => status !== 'SUCCEEDED')
    .map(({ service, lastError }) => ({ service, reason: lastError ?? 'It did not answer in time.' }));
  const asked = tasks.flatMap(({ service }) => world.registry.find(service) ?? []);
  const { profile, identifiers } = account.record;
  return sealPackage({
    output: path.join(world.config.exports.directory, fileName),
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

/** The one step that makes a package reachable, together with the end of its request. */
async function publish(
  world: World,
  request: PrivacyRequest,
  tasks: readonly ServiceTask[],
  packageId: string,
  fileName: string,
  sealed: SealedPackage,
): Promise<void> {
  const now = world.clock.now();
  await world.db.transaction(async (tx) => {
    const locked = await lockRequest(tx, request.id);
    if (locked?.status !== 'IN_PROGRESS') return;
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
  });
}

async function end(world: World, requestId: string, status: 'CANCELLED' | 'FAILED', note: string): Promise<void> {
  await world.db.transaction(async (tx) => {
    const request = await lockRequest(tx, requestId);
    if (request?.status === 'IN_PROGRESS') await setStatus(tx, world.clock.now(), request, status, ACTOR, note);
  });
}
