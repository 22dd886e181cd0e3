import { once } from 'node:events';
import { createServer } from 'node:net';
import { externalIdReader } from '../accounts/external-ids.js';
import { recordIncidents } from '../audit/incidents.js';
import { systemClock } from '../clock.js';
import type { Config } from '../config.js';
import { checkConfiguredPurposes } from '../consents/configured-purposes.js';
import {
  EXPIRY_SCHEDULE,
  expiryHandler,
  expiryJob,
  FORGET_DEVICES_SCHEDULE,
  forgetDevicesHandler,
  forgetDevicesJob,
} from '../consents/consents.jobs.js';
import { RENEWAL_SCHEDULE, renewalHandler, renewalJob } from '../consents/renewal.js';
import { type Keys, loadKeys } from '../crypto/keys.js';
import { type Database, openDatabase } from '../database/database.js';
import { freePort } from '../database/embedded.js';
import { notifications } from '../database/notifications.js';
import { accountsToEraseAgain, findRestored } from '../erasures/restored.js';
import { startDelivery } from '../events/delivery.js';
import { PRUNE_EVENTS_SCHEDULE, pruneEventsHandler, pruneEventsJob } from '../events/events.jobs.js';
import { subscribe } from '../events/subscriptions.js';
import { collectHandler } from '../exports/collect.js';
import { sweepJob } from '../exports/exports.jobs.js';
import { sealHandler } from '../exports/seal.js';
import { SWEEP_SCHEDULE, sweepHandler } from '../exports/sweep.js';
import type { LiveGraph } from '../graph/live-graph.js';
import { startWorker } from '../jobs/worker.js';
import { CONTACTS_SCHEDULE, contactsHandler, contactsJob } from '../marketing/marketing.jobs.js';
import type { Readiness } from '../server/health.js';
import type { Question } from '../server/ide.js';
import type { Incident } from '../services/connector.js';
import { signedCredentials } from '../services/credentials.js';
import type { Manifests } from '../services/manifest.js';
import { openRegistry } from '../services/registry.js';
import { describeError, type Logger } from '../telemetry.js';
import type { World } from '../world.js';
import type { Served } from './serve.js';

/** The parts a process can play: answer requests, run jobs, or both. */
export interface Parts {
  readonly serve: boolean;
  readonly work: boolean;
}

export interface Foundation {
  readonly config: Config;
  readonly database: Database;
  readonly keys: Keys;
  readonly log: Logger;
  /** Where this process will listen. */
  readonly port: number;
  readonly publicUrl: string;
}

export interface Running {
  readonly world: World;
  readonly graph: LiveGraph | null;
  /** Stops in the order in which nothing is lost: no new requests, no new jobs, then the rest. */
  stop(): Promise<void>;
}

/** What has to be there before services can be reached: address, keys, database. Cheap things first. */
export async function layFoundation(config: Config, log: Logger, parts: Parts): Promise<Foundation> {
  const port = await choosePort(config, parts);
  const keys = await loadKeys(config.keysFile, { create: config.environment !== 'production' });
  const database = await openDatabase(config);
  return { config, database, keys, log, port, publicUrl: config.publicUrl ?? `http://${config.host}:${port}` };
}

/** Brings Habeas up over its foundation and services. */
export async function run(
  foundation: Foundation,
  manifests: Pick<Manifests, 'services' | 'taxonomy'>,
  parts: Parts,
  questions: readonly Question[],
): Promise<Running> {
  const { config, database, keys, log, publicUrl } = foundation;
  checkConfiguredPurposes(config, manifests.taxonomy);
  const registry = openRegistry(manifests, signedCredentials(keys.signing, publicUrl), {
    unclassified: config.unclassified,
    maskingSecret: keys.derive('hashes at services'),
    onIncident: incidentKeeper(database.sql, log),
  });
  const world: World = {
    config,
    publicUrl,
    db: database.db,
    sql: database.sql,
    keys,
    registry,
    clock: systemClock,
    log,
    notifications: notifications(database.sql),
  };
  const readiness = { isReady: false, sql: database.sql, toEraseAgain: 0 };
  const looking = new AbortController();
  let worker: { stop(): Promise<void> } | null = null;
  let served: Served | null = null;
  const stop = async () => {
    looking.abort();
    await Promise.all([worker?.stop(), served?.drain()]);
    await registry.close();
  };
  try {
    await findRestored(database, keys, config.tombstonesFile, systemClock.now());
    await holdBack(world, readiness, looking.signal);
    await subscribe(database.sql, keys, systemClock.now(), registry.services);
    if (parts.serve) {
      // A process that only runs jobs has no use for the planner and the server, which are most of what there is to load.
      const { serve } = await import('./serve.js');
      served = await serve(world, foundation.port, readiness, questions);
    }
    if (parts.work) worker = await work(world, database);
  } catch (error) {
    await stop();
    throw error;
  }
  readiness.isReady = true;
  return { world, graph: served?.graph ?? null, stop };
}

const LOOK_AGAIN_MS = 2_000;

/** Keeps from serving while a restored database has people who were erased, and looks when that is over. */
async function holdBack({ db, log }: World, readiness: Readiness, signal: AbortSignal): Promise<void> {
  readiness.toEraseAgain = (await accountsToEraseAgain(db)).length;
  if (readiness.toEraseAgain === 0) return;
  log.error(
    { people: readiness.toEraseAgain },
    'people who were erased are back with a restored database: none is served',
  );
  const look = async () => {
    readiness.toEraseAgain = (await accountsToEraseAgain(db)).length;
    if (readiness.toEraseAgain > 0) return;
    log.info('all people who were erased are so again: everybody is served');
    clearInterval(timer);
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => log.error(describeError(error), 'who is to be erased again cannot be read'));
  }, LOOK_AGAIN_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
}

/** Writes down, and logs, what a service did that it must never do. */
function incidentKeeper(sql: Database['sql'], log: Logger): (incident: Incident) => void {
  return (incident) => {
    const { service, kind } = incident;
    log.error({ service, kind }, 'an answer was dropped');
    recordIncidents(sql, [{ at: new Date(), ...incident }]).catch((error: unknown) =>
      log.error({ service, kind, ...describeError(error) }, 'an incident could not be written down'),
    );
  };
}

/** Runs jobs and tells services of events. */
async function work(world: World, database: Database): Promise<{ stop(): Promise<void> }> {
  const { config, keys, log, notifications: heard, registry, sql } = world;
  const worker = await startWorker({
    url: database.url,
    handlers: [
      collectHandler(world),
      sealHandler(world),
      sweepHandler(world),
      expiryHandler(world),
      renewalHandler(world),
      contactsHandler(world),
      forgetDevicesHandler(world),
      pruneEventsHandler(sql, world.clock, config.events.keepMs),
    ],
    schedule: {
      [sweepJob.name]: SWEEP_SCHEDULE,
      [expiryJob.name]: EXPIRY_SCHEDULE,
      [renewalJob.name]: RENEWAL_SCHEDULE,
      [contactsJob.name]: CONTACTS_SCHEDULE,
      [forgetDevicesJob.name]: FORGET_DEVICES_SCHEDULE,
      [pruneEventsJob.name]: PRUNE_EVENTS_SCHEDULE,
    },
    concurrency: config.workerConcurrency,
    log,
  });
  const delivery = await startDelivery({
    url: database.url,
    services: registry.services,
    keys,
    notifications: heard,
    externalIds: externalIdReader(sql, keys),
    giveUpMs: config.events.giveUpMs,
    log,
  });
  return {
    stop: async () => {
      await Promise.all([worker.stop(), delivery.stop()]);
    },
  };
}

/** The port requests will be answered at. Throws EADDRINUSE at once, before anything is started for nothing. */
async function choosePort({ host, port }: Config, parts: Parts): Promise<number> {
  if (port === 0) return freePort();
  if (!parts.serve) return port;
  const probe = createServer().listen(port, host);
  await once(probe, 'listening');
  probe.close();
  await once(probe, 'close');
  return port;
}
