import { sql } from 'drizzle-orm';
import type { Sql } from 'postgres';
import { contactFingerprint } from '../accounts/contact-fingerprints.js';
import type { Keys } from '../crypto/keys.js';
import type { Tx } from '../database/database.js';
import { CHANNELS, type MarketingChannel } from './channels.js';
import { suppressions } from './marketing.tables.js';

export type Suppression = typeof suppressions.$inferSelect;

/** Keeps the later word of each address and subject; of two at one instant the refusal. Shorter lists than a thousand. */
export async function setSuppressions(tx: Tx, said: readonly Suppression[]): Promise<void> {
  if (said.length === 0) return;
  await tx
    .insert(suppressions)
    .values([...said])
    .onConflictDoUpdate({
      target: [suppressions.fingerprint, suppressions.scope, suppressions.key],
      set: {
        suppressed: sql`excluded.suppressed`,
        since: sql`excluded.since`,
        recordedAt: sql`excluded.recorded_at`,
        source: sql`excluded.source`,
      },
      setWhere: sql`excluded.since > ${suppressions.since}
        or (excluded.since = ${suppressions.since} and excluded.suppressed and not ${suppressions.suppressed})`,
    });
}

/** Where an address is refused. */
export interface AddressOfChannel {
  readonly channel: MarketingChannel;
  readonly address: string;
}

export const fingerprintOf = (keys: Keys, { channel, address }: AddressOfChannel): Buffer =>
  contactFingerprint(keys, CHANNELS[channel].address, address, 'address');

/**
 * Whether no marketing may go to an address by a channel, about a topic; about any, where none is named: because it was
 * suppressed, or because somebody whose address it is has refused it, is restricted or is being erased.
 */
export async function isSuppressed(
  sql: Sql,
  fingerprint: Buffer,
  channel: MarketingChannel,
  topic: string | null,
): Promise<boolean> {
  const [row] = await sql<{ suppressed: boolean }[]>`
    select exists (
      select from suppressions refused
      where refused.fingerprint = ${fingerprint} and refused.suppressed and (refused.scope = 'ALL'
        or (refused.scope = 'CHANNEL' and refused.key = ${channel})
        or (refused.scope = 'TOPIC' and refused.key = ${topic}))
    ) or exists (
      select from contact_fingerprints contact join accounts account on account.id = contact.account_id
      where contact.fingerprint = ${fingerprint} and (account.status <> 'ACTIVE'
        or exists (
          select from preference_states refused
          where refused.account_id = account.id and not refused.allowed and (refused.scope = 'ALL'
            or (refused.scope = 'CHANNEL' and refused.key = ${channel})
            or (refused.scope = 'TOPIC' and refused.key = ${topic})))
        or exists (
          select from objections
          where objections.account_id = account.id
            and (objections.purpose = ${CHANNELS[channel].purpose}
              or ${CHANNELS[channel].purpose} like objections.purpose || '.%')))
    ) as suppressed`;
  return row?.suppressed ?? true;
}
