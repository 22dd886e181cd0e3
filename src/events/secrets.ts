import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Sql, TransactionSql } from 'postgres';
import { open, seal } from '../crypto/envelope.js';
import type { Keys } from '../crypto/keys.js';

/** How long the old secret counts beside a new one, unless said otherwise: hours. */
export const OVERLAP_HOURS = 48;
const PREFIX = 'whsec_';
const HOUR_MS = 3_600_000;

export const newSecret = (): string => `${PREFIX}${randomBytes(32).toString('base64')}`;

/** One signature of Standard Webhooks. `timestamp`: seconds since 1970. */
export function sign(secret: string, id: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
  return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
}

/** The secrets of a service that count, the newest first; two during a rotation. */
export async function liveSecrets(sql: Sql, keys: Keys, service: string, now: Date): Promise<string[]> {
  const rows = await sql<{ sealed: Buffer }[]>`
    select sealed from event_secrets
    where service = ${service} and (ends_at is null or ends_at > ${now}) order by created_at desc limit 2`;
  return rows.map(({ sealed }) => open(sealed, sealingKey(keys), contextOf(service)).toString());
}

/** Gives a service a secret. Those before it count for `overlapHours` more. One it had before changes nothing. */
export async function addSecret(
  sql: Sql | TransactionSql,
  keys: Keys,
  service: string,
  secret: string,
  { now, overlapHours = OVERLAP_HOURS }: { now: Date; overlapHours?: number },
): Promise<void> {
  const fingerprint = createHash('sha256').update(secret).digest();
  const sealed = seal(Buffer.from(secret), sealingKey(keys), contextOf(service));
  const endsAt = new Date(now.getTime() + overlapHours * HOUR_MS);
  await sql`
    with added as (
      insert into event_secrets (service, fingerprint, sealed, created_at)
      values (${service}, ${fingerprint}, ${sealed}, ${now}) on conflict do nothing returning service
    )
    update event_secrets secret set ends_at = least(secret.ends_at, ${endsAt})
    from added where secret.service = added.service`;
}

const sealingKey = (keys: Keys) => keys.derive('events.secrets');
const contextOf = (service: string) => `event_secrets|${service}`;
