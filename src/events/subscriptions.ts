import type { Sql } from 'postgres';
import type { Keys } from '../crypto/keys.js';
import type { Service } from '../services/service.js';
import { addSecret } from './secrets.js';

/**
 * Makes the subscriptions what the manifests say. From then on `publish` writes for them. A secret that is new in a
 * manifest is a rotation: the one before counts beside it for a while.
 */
export async function subscribe(sql: Sql, keys: Keys, now: Date, services: readonly Service[]): Promise<void> {
  const told = services.flatMap(({ name, affiliation, notify }) => (notify ? [{ name, affiliation, notify }] : []));
  const rows = told.map(({ name, affiliation, notify }) => ({
    service: name,
    external: affiliation === 'EXTERNAL',
    pulls: notify.url === null,
  }));
  await sql`
    insert into event_subscriptions (service, external, pulls)
    select service, external, pulls
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as row (service text, external boolean, pulls boolean)
    order by service
    on conflict (service) do update
    set external = excluded.external, pulls = excluded.pulls, ended_at = null,
      since = case when event_subscriptions.ended_at is null then event_subscriptions.since else now() end`;
  await sql`
    update event_subscriptions set ended_at = now()
    where ended_at is null and service <> all(${told.map(({ name }) => name)}::text[])`;
  for (const { name, notify } of told) {
    if (notify.secret !== null) await addSecret(sql, keys, name, notify.secret, { now });
  }
}
