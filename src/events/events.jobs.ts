import { z } from 'zod';
import { defineJob, handler, type JobHandler } from '../jobs/jobs.js';
import type { World } from '../world.js';
import { pruneEvents } from './prune.js';

/** Removes events that every service has long been told of. */
export const pruneEventsJob = defineJob({ name: 'events_prune', payload: z.unknown(), maxAttempts: 3 });

/** Every night. */
export const PRUNE_EVENTS_SCHEDULE = '41 3 * * *';

const AT_ONCE = 5_000;

export function pruneEventsHandler({ sql, clock, config }: World): JobHandler {
  return handler(pruneEventsJob, async (_payload, { signal }) => {
    const before = new Date(clock.now().getTime() - config.events.keepMs);
    while (!signal.aborted && (await pruneEvents(sql, before, AT_ONCE)) === AT_ONCE);
  });
}
