import { z } from 'zod';
import { learnContacts } from '../accounts/accounts.js';
import { defineJob, handler, type JobHandler } from '../jobs/jobs.js';
import type { World } from '../world.js';

/** Writes down where people can be reached whose accounts are older than that is. Until then nothing is marketed to them. */
export const contactsJob = defineJob({ name: 'marketing_contacts', payload: z.unknown(), maxAttempts: 3 });

/** Every five minutes: there is something to do after an upgrade alone. */
export const CONTACTS_SCHEDULE = '*/5 * * * *';

const AT_ONCE = 200;

export function contactsHandler(world: World): JobHandler {
  return handler(contactsJob, async (_payload, { signal }) => {
    while (!signal.aborted && (await learnContacts(world.db, world.keys, AT_ONCE)) === AT_ONCE);
  });
}
