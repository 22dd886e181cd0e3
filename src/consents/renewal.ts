import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { takeForDecision } from '../accounts/account-status.js';
import type { Tx } from '../database/database.js';
import { publish } from '../events/events.js';
import { defineJob, handler, type JobHandler } from '../jobs/jobs.js';
import type { World } from '../world.js';

/** Tells services whom to ask anew, because a version of the policy that came into force has changed what they agreed to. */
export const renewalJob = defineJob({ name: 'consents_renewal', payload: z.unknown(), maxAttempts: 3 });

/** Every ten minutes: a version comes into force at midnight in London, whatever the hour in UTC. */
export const RENEWAL_SCHEDULE = '*/10 * * * *';

const AT_ONCE = 500;

export function renewalHandler(world: World): JobHandler {
  return handler(renewalJob, async (_payload, { signal }) => {
    let last: string | null = null;
    for (let more = true; more && !signal.aborted; ) {
      const due: readonly { id: string }[] = await world.db.execute<{ id: string }>(sql`
        select distinct state.account_id as id from (${OUTDATED}) outdated
        join consent_states state on state.purpose = outdated.purpose and state.policy_version < outdated.version
        join accounts on accounts.id = state.account_id
        where state.status = 'GIVEN' and coalesce(state.valid_until > now(), true)
          and accounts.status not in ('ERASING', 'ERASED')
          and (${last}::uuid is null or state.account_id > ${last}::uuid)
          and not exists (${ASKED})
        order by 1 limit ${AT_ONCE}`);
      for (const { id } of due) await world.db.transaction((tx) => askAnew(tx, world.clock.now(), id));
      last = due.at(-1)?.id ?? null;
      more = due.length === AT_ONCE;
    }
  });
}

/** For each use, the newest version in force that changed it so much that consent under earlier ones does not cover it. */
const OUTDATED = sql`
  select purpose, max(version) as version from policy_purposes join policies using (version)
  where material and lawful_basis = 'CONSENT' and effective_from <= (now() at time zone 'Europe/London')::date
  group by purpose`;

const ASKED = sql`
  select from consent_renewals asked where asked.account_id = state.account_id
    and asked.purpose = state.purpose and asked.policy_version = outdated.version`;

/** Asks one person, once for each use and version. */
export async function askAnew(tx: Tx, now: Date, accountId: string): Promise<void> {
  await takeForDecision(tx, accountId);
  const asked = await tx.execute<{ purpose: string; version: number }>(sql`
    insert into consent_renewals (account_id, purpose, policy_version, asked_at)
    select state.account_id, state.purpose, outdated.version, ${now.toISOString()}
    from (${OUTDATED}) outdated
    join consent_states state on state.purpose = outdated.purpose and state.policy_version < outdated.version
    where state.account_id = ${accountId} and state.status = 'GIVEN' and coalesce(state.valid_until > now(), true)
    on conflict do nothing returning purpose, policy_version as version`);
  await publish(
    tx,
    asked.map(({ purpose, version }) => ({
      type: 'consent.renewal_needed',
      accountId,
      purpose,
      policyVersion: version,
      recordedAt: now,
    })),
  );
}
