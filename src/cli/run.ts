import type { FastifyInstance } from 'fastify';
import { systemClock } from '../clock.js';
import type { Config } from '../config.js';
import { type Keys, loadKeys } from '../crypto/keys.js';
import { type Database, openDatabase } from '../database/database.js';
import { freePort } from '../database/embedded.js';
import { notifications } from '../database/notifications.js';
import { collectHandler } from '../exports/collect.js';
import { sweepJob } from '../exports/exports.jobs.js';
import { sealHandler } from '../exports/seal.js';
import { SWEEP_SCHEDULE, sweepHandler } from '../exports/sweep.js';
import { buildGraph, type Graph } from '../graph/graph.js';
import { startWorker, type Worker } from '../jobs/worker.js';
import { createApp } from '../server/app.js';
import { authentication } from '../server/authentication.js';
import type { Question } from '../server/ide.js';
import { signedCredentials } from '../services/credentials.js';
import type { Manifests } from '../services/manifest.js';
import { openRegistry, type Registry } from '../services/registry.js';
import type { Logger } from '../telemetry.js';
import type { World } from '../world.js';

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
  readonly graph: Graph | null;
  /** Stops in the order in which nothing is lost: no new requests, no new jobs, then the rest. */
  stop(): Promise<void>;
}

/** What has to be there before services can be reached: database, keys, address. */
export async function layFoundation(config: Config, log: Logger): Promise<Foundation> {
  const database = await openDatabase(config);
  const keys = await loadKeys(config.keysFile, { create: config.environment !== 'production' });
  const port = config.port || (await freePort());
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
  const registry = openRegistry(manifests, signedCredentials(keys.signing, publicUrl));
  const world: World = {
    config,
    publicUrl,
    db: database.db,
    keys,
    registry,
    clock: systemClock,
    log,
    notifications: notifications(database.sql),
  };
  const readiness = { isReady: false, sql: database.sql };
  const worker = parts.work ? await work(world, database) : null;
  const served = parts.serve ? await serve(foundation, world, readiness, questions) : null;
  readiness.isReady = true;
  return {
    world,
    graph: served?.graph ?? null,
    stop: () => stop(readiness, served?.app ?? null, worker, registry),
  };
}

function work(world: World, database: Database): Promise<Worker> {
  return startWorker({
    url: database.url,
    handlers: [collectHandler(world), sealHandler(world), sweepHandler(world)],
    schedule: { [sweepJob.name]: SWEEP_SCHEDULE },
    concurrency: world.config.workerConcurrency,
    log: world.log,
  });
}

async function serve(
  foundation: Foundation,
  world: World,
  readiness: { isReady: boolean; sql: Database['sql'] },
  questions: readonly Question[],
): Promise<{ app: FastifyInstance; graph: Graph }> {
  const { config, keys, database, log, port } = foundation;
  const graph = await buildGraph(world.registry, log);
  const authenticate = await authentication(config, keys, database.db);
  const app = await createApp({ world, graph, authenticate, readiness, questions });
  await app.listen({ host: config.host, port });
  return { app, graph };
}

async function stop(
  readiness: { isReady: boolean },
  app: FastifyInstance | null,
  worker: Worker | null,
  registry: Registry,
): Promise<void> {
  readiness.isReady = false;
  await worker?.stop();
  await app?.close();
  await registry.close();
}
