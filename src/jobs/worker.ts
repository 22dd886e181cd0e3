import { EventEmitter } from 'node:events';
import { parseCronItems, run, type Task, Logger as WorkerLogger } from 'graphile-worker';
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

/** A process that is frozen, or cut off, looks no more: Postgres then ends its session, and its locks with it. */
const FROZEN_AFTER_MS = 15_000;

/**
 * Runs jobs until stopped. The job library gives up on a killed worker only after four hours; here every worker holds
 * a session lock while it lives, and whoever finds a job whose worker's lock is free puts the job back within seconds.
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
  const own = new Set<string>();
  events.on('worker:create', ({ worker }: { worker: { workerId: string } }) => {
    own.add(worker.workerId);
    hold(lifelines, worker.workerId).catch((error) => options.log.error(describeError(error), 'lifeline'));
  });
  const runner = await run({
    connectionString: options.url,
    concurrency: options.concurrency,
    maxPoolSize: options.concurrency + 2,
    noHandleSignals: true,
    pollInterval: 1_000,
    events: events as never,
    logger: new WorkerLogger(() => () => {}),
    taskList: Object.fromEntries(options.handlers.map((each) => [each.name, task(each, options.log)])),
    parsedCronItems: parseCronItems(
      Object.entries(options.schedule ?? {}).map(([name, match]) => ({
        task: name,
        match,
        options: { backfillPeriod: 0 },
      })),
    ),
  });
  const sweep = async () => {
    // After a break of the connection our own locks are gone: they come first.
    for (const workerId of own) if (!(await isHeld(lifelines, workerId))) await hold(lifelines, workerId);
    const dead = await takeBackFromDead(lifelines);
    if (dead > 0) options.log.warn({ workers: dead }, 'jobs taken back from workers that died');
  };
  await sweep();
  const timer = setInterval(
    () => void sweep().catch((error) => options.log.error(describeError(error), 'sweep')),
    SWEEP_EVERY_MS,
  );
  return {
    stop: async () => {
      clearInterval(timer);
      await runner.stop();
      await lifelines.end({ timeout: 1 });
    },
  };
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

async function hold(sql: postgres.Sql, workerId: string): Promise<void> {
  await sql`select pg_advisory_lock(hashtextextended(${workerId}, ${LOCK_SEED}))`;
}

/** Whether some session, of whatever process, holds this worker's lock. */
async function isHeld(sql: postgres.Sql, workerId: string): Promise<boolean> {
  const [row] = await sql<{ held: boolean }[]>`
    select exists (
      select from pg_locks
      where locktype = 'advisory' and granted and objsubid = 1
        and ((classid::bigint << 32) | objid::bigint) = hashtextextended(${workerId}, ${LOCK_SEED})
        and database = (select oid from pg_database where datname = current_database())
    ) as held`;
  return row?.held ?? false;
}

/** Puts back the jobs of workers whose session is gone. Answers how many such workers there were. */
async function takeBackFromDead(sql: postgres.Sql): Promise<number> {
  // A worker just born may have a job before its lock: five seconds of grace.
  const holders = await sql<{ worker: string }[]>`
    select distinct locked_by as worker from graphile_worker._private_jobs
    where locked_by is not null and locked_at < now() - interval '5 seconds'`;
  const dead: string[] = [];
  for (const { worker } of holders) if (!(await isHeld(sql, worker))) dead.push(worker);
  if (dead.length > 0) await sql`select graphile_worker.force_unlock_workers(${dead})`;
  return dead.length;
}
