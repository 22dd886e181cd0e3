import { createHash, createHmac } from 'node:crypto';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import type { Config } from '../config.js';
import type { Keys } from '../crypto/keys.js';
import { deriveKey, readSubjectKeys } from '../crypto/subject-keys.js';
import { anyOf } from '../database/any-of.js';
import type { Db, Tx } from '../database/database.js';
import { badInput, conflict, HabeasError, notFound } from '../errors.js';
import * as requests from '../requests/requests.js';
import type { Registry } from '../services/registry.js';
import { collectJob } from './exports.jobs.js';
import { exportPackages } from './exports.tables.js';
import { openPackage } from './package/seal.js';

export type ExportFormat = 'JSON' | 'CSV' | 'HTML';
export type ExportPackage = typeof exportPackages.$inferSelect;

export interface AccessRequest {
  readonly accountId: string;
  readonly portabilityOnly: boolean;
  readonly formats: readonly ExportFormat[];
  /** Names of services to ask; all of them where left out. */
  readonly services?: readonly string[] | undefined;
  readonly channel: requests.CollectionChannel;
  readonly receivedAt?: Date | undefined;
  readonly idempotencyKey?: string | undefined;
  readonly actor: string;
}

/** Opens a request for a copy of everything held (Article 15; 20 for portability) and sets every service to work. */
export async function requestAccess(
  tx: Tx,
  now: Date,
  registry: Registry,
  config: Pick<Config, 'bankHolidays'>,
  access: AccessRequest,
): Promise<requests.PrivacyRequest> {
  const services = chooseServices(registry, access.services);
  if (access.formats.length === 0) throw badInput('formats', 'is empty: name JSON, CSV or HTML, or leave it out.');
  if (access.portabilityOnly && access.formats.every((format) => format === 'HTML')) {
    throw badInput('formats', 'HTML alone is not machine-readable, as Article 20 asks: add JSON or CSV.');
  }
  const { request, isNew } = await requests.open(tx, now, {
    accountId: access.accountId,
    type: access.portabilityOnly ? 'PORTABILITY' : 'ACCESS',
    channel: access.channel,
    receivedAt: access.receivedAt,
    parameters: { formats: [...new Set(access.formats)].sort(), services },
    idempotencyKey: access.idempotencyKey,
    tasks: services,
    actor: access.actor,
    region: config.bankHolidays,
  });
  if (isNew) for (const service of services) await enqueueCollect(tx, request.id, service);
  return request;
}

function chooseServices(registry: Registry, wanted: readonly string[] | undefined): string[] {
  const known = registry.services.map((service) => service.name);
  if (!wanted) return known;
  if (wanted.length === 0) throw badInput('services', 'is empty: leave it out to ask all services.');
  const unknown = wanted.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw badInput('services', `names a service that is not registered. Registered: ${known.join(', ')}.`);
  return known.filter((name) => wanted.includes(name));
}

/**
 * Sets the services that did not succeed to work again; the others too where a package was made without them, so that
 * the new one is whole and of one time.
 */
export async function retry(tx: Tx, now: Date, requestId: string, actor: string, note: string | null) {
  const request = await requests.lockRequest(tx, requestId);
  if (!request) throw notFound('requestId: there is no request with this id that you may retry.');
  if (request.type !== 'ACCESS' && request.type !== 'PORTABILITY') {
    throw conflict('requestId: only requests that gather data can be retried.');
  }
  if (request.status === 'CANCELLED' || request.status === 'COMPLETED' || request.status === 'REJECTED') {
    throw conflict(`requestId: the request is ${request.status}, there is nothing to retry.`);
  }
  const failed = await requests.reopenTasks(tx, requestId);
  if (failed.length === 0) throw conflict('requestId: every service has answered, there is nothing to retry.');
  const isAnew = request.status === 'PARTIALLY_COMPLETED';
  const again = isAnew ? (await requests.tasksOf(tx, [requestId])).map(({ service }) => service) : failed;
  await collectAgain(tx, requestId, again);
  return requests.setStatus(tx, now, request, 'IN_PROGRESS', actor, note ?? `retrying ${failed.join(', ')}`);
}

/** Sets these services of a request to work, whatever became of them before; `runAt`: not before then. */
export async function collectAgain(tx: Tx, requestId: string, services: readonly string[], runAt?: Date) {
  await requests.reopenTasks(tx, requestId, services);
  for (const service of services) await enqueueCollect(tx, requestId, service, runAt);
}

const enqueueCollect = (tx: Tx, requestId: string, service: string, runAt?: Date) =>
  collectJob.enqueue(
    tx,
    { requestId, service },
    { key: `exports_collect:${requestId}:${service}`, ...(runAt ? { runAt } : {}) },
  );

/** The newest reachable or expired package of each request; revoked ones are nobody's. */
export async function packagesOf(db: Db | Tx, requestIds: readonly string[]): Promise<Map<string, ExportPackage>> {
  const rows = await db
    .selectDistinctOn([exportPackages.requestId])
    .from(exportPackages)
    .where(and(anyOf(exportPackages.requestId, requestIds), isNull(exportPackages.revokedAt)))
    .orderBy(exportPackages.requestId, desc(exportPackages.createdAt));
  return new Map(rows.map((row) => [row.requestId, row]));
}

/**
 * The secret part of a package's link, 256 bits. It is derived again whenever the link is shown and is stored
 * nowhere; the database knows its SHA-256.
 */
export function linkToken(keys: Keys, packageId: string): string {
  return createHmac('sha256', keys.derive('export-link')).update(packageId).digest('base64url');
}

export const tokenSha256 = (token: string): Buffer => createHash('sha256').update(token).digest();

/** Key and context that a person's packages and their parts are sealed with on disk. */
export async function packageKey(db: Db | Tx, keys: Keys, accountId: string): Promise<Buffer> {
  const key = (await readSubjectKeys(db, keys.encryption, [accountId])).get(accountId);
  if (!key) throw notFound('There is no key for this account: it has been erased.');
  return deriveKey(key, 'exports');
}

export const packageContext = (packageId: string) => `export_packages|${packageId}`;

export interface Download {
  readonly package: ExportPackage;
  /** The ZIP, in clear. */
  readonly stream: Readable;
}

/**
 * The package behind a link. NOT_FOUND for a link that is not this person's, and GONE once it has expired, was revoked
 * or has been fetched as often as is allowed.
 */
export async function findPackage(
  db: Db,
  config: Pick<Config, 'exports'>,
  now: Date,
  token: string,
  accountId: string,
): Promise<ExportPackage> {
  const [found] = await db
    .select()
    .from(exportPackages)
    .where(eq(exportPackages.tokenSha256, tokenSha256(token)));
  if (!found || found.accountId !== accountId) throw notFound('There is no package of yours behind this link.');
  if (found.revokedAt || found.removedAt || found.expiresAt <= now)
    throw gone('This link has expired: ask for your data again.');
  if (found.downloads >= config.exports.downloads) throw usedUp(config);
  return found;
}

/** Counts one more fetch of the package behind a link and opens it. Throws as `findPackage` does. */
export async function download(
  db: Db,
  keys: Keys,
  config: Pick<Config, 'exports'>,
  now: Date,
  token: string,
  accountId: string,
): Promise<Download> {
  const found = await findPackage(db, config, now, token, accountId);
  const [counted] = await db
    .update(exportPackages)
    .set({ downloads: sql`${exportPackages.downloads} + 1` })
    .where(
      and(
        eq(exportPackages.id, found.id),
        isNull(exportPackages.revokedAt),
        sql`${exportPackages.downloads} < ${config.exports.downloads}`,
      ),
    )
    .returning();
  if (!counted) throw usedUp(config);
  const key = await packageKey(db, keys, accountId);
  const file = path.join(config.exports.directory, found.fileName);
  return { package: counted, stream: openPackage(file, key, packageContext(found.id)) };
}

const gone = (message: string) => new HabeasError('GONE', message);
const usedUp = ({ exports }: Pick<Config, 'exports'>) =>
  gone(`This package has been fetched ${exports.downloads} times: ask for your data again.`);

/** Makes every package of a person unreachable at once; the files go with the next sweep. */
export async function revokePackages(
  tx: Tx,
  now: Date,
  where: { requestId: string } | { accountId: string },
): Promise<void> {
  const mine =
    'requestId' in where
      ? eq(exportPackages.requestId, where.requestId)
      : eq(exportPackages.accountId, where.accountId);
  await tx
    .update(exportPackages)
    .set({ revokedAt: now })
    .where(and(mine, isNull(exportPackages.revokedAt)));
}
