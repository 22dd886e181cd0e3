import { sql } from 'drizzle-orm';
import type { z } from 'zod';
import type { Tx } from '../database/database.js';

/** What a handler is told of its run. Attempts count from 1. */
export interface JobRun {
  readonly attempt: number;
  readonly maxAttempts: number;
  /** Fires when the process is asked to stop: hand the job back by throwing. */
  readonly signal: AbortSignal;
}

/** A kind of job. Delivery is at least once: every handler can run twice for one job, and end the same. */
export interface Job<Payload> {
  readonly name: string;
  readonly payload: z.ZodType<Payload>;
  readonly maxAttempts: number;
  /** Puts a job in the queue together with everything else `tx` writes. */
  enqueue(tx: Tx, payload: Payload, options?: EnqueueOptions): Promise<void>;
}

export interface EnqueueOptions {
  /** A waiting job with the same key is replaced, not doubled. */
  readonly key?: string;
  readonly runAt?: Date;
}

export interface JobHandler {
  readonly name: string;
  readonly handle: (payload: unknown, run: JobRun) => Promise<void>;
}

export function defineJob<Payload>(definition: {
  name: string;
  payload: z.ZodType<Payload>;
  maxAttempts: number;
}): Job<Payload> {
  return {
    ...definition,
    enqueue: async (tx, payload, options = {}) => {
      await tx.execute(sql`
        select graphile_worker.add_job(
          ${definition.name}, payload := ${JSON.stringify(payload)}::json, max_attempts := ${definition.maxAttempts},
          job_key := ${options.key ?? null}, run_at := ${options.runAt?.toISOString() ?? null}::timestamptz)`);
    },
  };
}

/** Binds a kind of job to what does it. */
export function handler<Payload>(
  job: Job<Payload>,
  handle: (payload: Payload, run: JobRun) => Promise<void>,
): JobHandler {
  return { name: job.name, handle: (payload, run) => handle(job.payload.parse(payload), run) };
}
