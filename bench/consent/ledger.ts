import { createHash } from 'node:crypto';
import type { Sql } from 'postgres';

/** What people have said something of. */
export const PURPOSES = ['analytics.reporting', 'analytics', 'functional.storage', 'marketing'] as const;

/** Rows of the ledger for each person: each use given and taken back and given, and then some. */
const ROWS_EACH = 10;

/** Ids of people, by number, as the database makes them too. */
export function personAt(n: number): string {
  const hex = createHash('md5').update(String(n)).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** Fills accounts, ledger and states with made-up people, in SQL; answers how many people that are. */
export async function fillLedger(sql: Sql, rows: number): Promise<number> {
  const people = Math.ceil(rows / ROWS_EACH);
  const purposes = [...PURPOSES];
  await sql`
    insert into accounts (id, record) select md5(n::text)::uuid, '' from generate_series(0, ${people - 1}::int) n`;
  await sql`
    insert into consent_events
      (account_id, purpose, action, occurred_at, recorded_at, policy_version, valid_until, channel, actor, wording)
    select md5((i / ${ROWS_EACH})::text)::uuid, (${purposes}::text[])[1 + i % ${purposes.length}],
      (case when (i / ${purposes.length}) % 2 = 0 then 'GIVEN' else 'WITHDRAWN' end)::consent_action,
      moment, moment, 1, moment + interval '24 months', 'APP', 'data subject', 'Yes, please.'
    from generate_series(0, ${rows - 1}::int) i,
      lateral (select timestamptz '2026-01-01Z' + i % ${ROWS_EACH} * interval '1 day' as moment) at`;
  await sql`
    insert into consent_states (account_id, purpose, status, since, policy_version, valid_until, event_id)
    select distinct on (account_id, purpose) account_id, purpose, action, occurred_at, policy_version, valid_until, id
    from consent_events order by account_id, purpose, occurred_at desc`;
  return people;
}
