import type { Sql } from 'postgres';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { defineJob, handler, type JobHandler } from '../jobs/jobs.js';
import { pruneEvents } from './prune.js';

/** Removes events that every service has long been told of. */
export const pruneEventsJob = defineJob({ name: 'events_prune', payload: z.unknown(), maxAttempts: 3 });

/** Every night. */
export const PRUNE_EVENTS_SCHEDULE = '41 3 * * *';

const AT_ONCE = 5_000;

/** @param keepMs how long an event is kept after it was entered and told. */
export function pruneEventsHandler(sql: Sql, clock: Clock, keepMs: number): JobHandler {
  return handler(pruneEventsJob, async (_payload, { signal }) => {
    const before = new Date(clock.now().getTime() - keepMs);
    while (!signal.aborted && (await pruneEvents(sql, before, AT_ONCE)) === AT_ONCE);
  });
}
