import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { defineJob, handler, type JobHandler } from '../jobs/jobs.js';
import type { World } from '../world.js';
import { expire } from './consents.js';
import { forgetDevices } from './devices.js';

/** Writes down which consents have ended by rule. They stop permitting by themselves, at the second. */
export const expiryJob = defineJob({ name: 'consents_expiry', payload: z.unknown(), maxAttempts: 3 });

/** Every hour, past the hour. */
export const EXPIRY_SCHEDULE = '7 * * * *';

const AT_ONCE = 500;

export function expiryHandler(world: World): JobHandler {
  return handler(expiryJob, async (_payload, { signal }) => {
    let last: string | null = null;
    for (let more = true; more && !signal.aborted; ) {
      const due: readonly { id: string }[] = await world.db.execute<{ id: string }>(sql`
        select distinct account_id as id from consent_states join accounts on accounts.id = account_id
        where consent_states.status = 'GIVEN' and valid_until <= ${world.clock.now().toISOString()}
          and accounts.status <> 'ERASED' and (${last}::uuid is null or account_id > ${last}::uuid)
        order by account_id limit ${AT_ONCE}`);
      for (const { id } of due) await world.db.transaction((tx) => expire(tx, world.clock.now(), id));
      last = due.at(-1)?.id ?? null;
      more = due.length === AT_ONCE;
    }
  });
}

/** Removes what was said before login by devices that have not been used for long. */
export const forgetDevicesJob = defineJob({ name: 'consents_forget_devices', payload: z.unknown(), maxAttempts: 3 });

/** Every night. */
export const FORGET_DEVICES_SCHEDULE = '23 3 * * *';

export function forgetDevicesHandler(world: World): JobHandler {
  return handler(forgetDevicesJob, async (_payload, { signal }) => {
    for (let more = true; more && !signal.aborted; ) {
      more = (await forgetDevices(world.db, world.clock.now(), AT_ONCE)) === AT_ONCE;
    }
  });
}
