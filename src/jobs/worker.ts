import { EventEmitter } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { parseCronItems, type Runner, run, type Task, Logger as WorkerLogger } from 'graphile-worker';
import pg from 'pg';
import postgres from 'postgres';
import { describeError, type Logger } from '../telemetry.js';
import type { JobHandler } from './jobs.js';

export interface Worker {
  /** Stops taking jobs, waits for those running (they see their signal), hands the rest back. */
  stop(): Promise<void>;
}

export interface WorkerOptions {
  readonly url: string;
  readonly handlers: readonly JobHandler[];
  /** Jobs by name with the cron line, in UTC, they are started by. */
  readonly schedule?: Readonly<Record<string, string>>;
  readonly concurrency: number;
  readonly log: Logger;
}

const SWEEP_EVERY_MS = 2_000;
const REVIVE_AFTER_MS = 1_000;

/** A connection is kept through pauses: making one costs more than many jobs. */
const KEPT_MS = 60_000;

/** A process that is frozen, or cut off, looks no more: Postgres then ends its session, and its locks with it. */
const FROZEN_AFTER_MS = 15_000;

/**
 * Runs jobs until stopped. The job library gives up on a killed worker only after four hours; here every process
 * holds a session lock while it lives, and whoever finds a job whose process' lock is free puts the job back within seconds.
 */
export async function startWorker(options: WorkerOptions): Promise<Worker> {
  const lifelines = postgres(options.url, {
    max: 1,
    onnotice: () => {},
    idle_timeout: 0,
    max_lifetime: 0,
    connection: { idle_session_timeout: FROZEN_AFTER_MS },
  });
  await lifelines`select 1`;
  const events = new EventEmitter();
  // The library locks a job in the name of the pool its workers belong to.
  let pool: string | null = null;
  events.on('pool:create', ({ workerPool }: { workerPool: { id: string } }) => {
    pool = workerPool.id;
    hold(lifelines, pool).catch((error) => options.log.error(describeError(error), 'lifeline'));
  });
  let runner = await runJobs(options, events);
  let stopping: Promise<void> | null = null;
  const goOn = async () => {
    await runner.promise.catch((error) => options.log.error(describeError(error), 'jobs stopped'));
    while (!stopping) {
      await delay(REVIVE_AFTER_MS);
      const revived = await runJobs(options, events).catch(() => null);
      if (!revived) continue;
      runner = revived;
      options.log.info('jobs run again');
      if (stopping) await runner.stop();
      else void goOn();
      return;
    }
  };
  void goOn();
  const sweep = async () => {
    // After a break of the connection our own lock is gone: it comes first.
    if (pool !== null && !(await isHeld(lifelines, pool))) await hold(lifelines, pool);
    const dead = await takeBackFromDead(lifelines);
    if (dead > 0) options.log.warn({ processes: dead }, 'jobs taken back from processes that died');
  };
  await sweep();
  const timer = setInterval(
    () => void sweep().catch((error) => options.log.error(describeError(error), 'sweep')),
    SWEEP_EVERY_MS,
  );
  const stop = async () => {
    clearInterval(timer);
    await runner.stop().catch(() => {}); // It may have ended by itself.
    await lifelines.end({ timeout: 1 });
  };
  return {
    stop: () => {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** The library's own runner. It ends by itself, and for good, where Postgres goes away for a while. */
async function runJobs(options: WorkerOptions, events: EventEmitter): Promise<Runner> {
  const pgPool = connections(options);
  const runner = await run({
    pgPool,
    concurrency: options.concurrency,
    noHandleSignals: true,
    pollInterval: 1_000,
    events: events as never,
    logger: new WorkerLogger(() => () => {}),
    // Otherwise a job that ends while the runner stops may be left as if it still ran.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    taskList: Object.fromEntries(options.handlers.map((each) => [each.name, task(each, options.log)])),
    parsedCronItems: parseCronItems(
      Object.entries(options.schedule ?? {}).map(([name, match]) => ({
        task: name,
        match,
        options: { backfillPeriod: 0 },
      })),
    ),
  }).catch(async (error) => {
    await pgPool.end();
    throw error;
  });
  const end = () => void pgPool.end();
  runner.promise.then(end, end);
  return runner;
}

/**
 * The library's connections. Made by itself, it stops listening to them before they are closed, and one that breaks in
 * between ends the process.
 */
function connections({ url, concurrency, log }: WorkerOptions): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: concurrency + 2, idleTimeoutMillis: KEPT_MS });
  const broken = (error: Error) => log.debug(describeError(error), 'connection of jobs broke');
  pool.on('error', broken);
  pool.on('connect', (client) => client.on('error', broken));
  return pool;
}

function task({ name, handle }: JobHandler, log: Logger): Task {
  return async (payload, helpers) => {
    const { attempts, max_attempts } = helpers.job;
    try {
      await handle(payload, { attempt: attempts, maxAttempts: max_attempts, signal: helpers.abortSignal });
    } catch (error) {
      log.warn({ job: name, attempt: attempts, ...describeError(error) }, 'job will be tried again');
      // The library stores the message with the job: keep out of it what a driver may have put there.
      throw new Error(`${name}: ${describeError(error).error}`);
    }
  };
}

const LOCK_SEED = 4_857_212;

async function hold(sql: postgres.Sql, pool: string): Promise<void> {
  await sql`select pg_advisory_lock(hashtextextended(${pool}, ${LOCK_SEED}))`;
}

/** Whether some session, of whatever process, holds this pool's lock. */
async function isHeld(sql: postgres.Sql, pool: string): Promise<boolean> {
  const [row] = await sql<{ held: boolean }[]>`
    select exists (
      select from pg_locks
      where locktype = 'advisory' and granted and objsubid = 1
        and ((classid::bigint << 32) | objid::bigint) = hashtextextended(${pool}, ${LOCK_SEED})
        and database = (select oid from pg_database where datname = current_database())
    ) as held`;
  return row?.held ?? false;
}

/** Puts back the jobs of pools whose session is gone. Answers how many such pools there were. */
async function takeBackFromDead(sql: postgres.Sql): Promise<number> {
  // A pool just born may have a job before its lock: five seconds of grace.
  const holders = await sql<{ pool: string }[]>`
    select distinct locked_by as pool from graphile_worker._private_jobs
    where locked_by is not null and locked_at < now() - interval '5 seconds'`;
  const dead: string[] = [];
  for (const { pool } of holders) if (!(await isHeld(sql, pool))) dead.push(pool);
  if (dead.length === 0) return 0;
  // The library ends a job by its id alone. Under a new one, a process that was only frozen ends it for nobody else.
  await sql.begin(async (tx) => {
    await tx`update graphile_worker._private_jobs set id = default where locked_by in ${tx(dead)}`;
    await tx`select graphile_worker.force_unlock_workers(${dead})`;
  });
  return dead.length;
}
