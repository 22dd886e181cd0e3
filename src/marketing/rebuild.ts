import type { Sql } from 'postgres';
import { fold, type PreferenceScope } from './ledger.js';

/** A subject of which what is stored is not what the ledger comes to. Null: nothing. */
export interface PreferenceDifference {
  readonly accountId: string;
  readonly scope: PreferenceScope;
  /** The channel or the topic; empty for all. */
  readonly key: string;
  readonly stored: string | null;
  readonly ledger: string | null;
}

const TOLD = (row: string) =>
  `case when ${row}.event_id is null then null
   else concat_ws(' ', case when ${row}.allowed then 'allowed' else 'refused' end, ${row}.since, ${row}.event_id) end`;

/** Compares what is stored with the ledger, and unless it only checks makes it what the ledger says. */
export async function rebuildPreferences(
  sql: Sql,
  { check }: { check: boolean },
): Promise<{ people: number; differences: readonly PreferenceDifference[] }> {
  const [counted] = await sql<{ people: number }[]>`
    select count(distinct account_id)::int as people from preference_events`;
  const differences = await differencesOf(sql);
  if (!check) {
    for (const accountId of new Set(differences.map((each) => each.accountId))) await rebuildOne(sql, accountId);
  }
  return { people: counted?.people ?? 0, differences };
}

async function differencesOf(sql: Sql): Promise<PreferenceDifference[]> {
  return sql.unsafe<PreferenceDifference[]>(
    `select account_id as "accountId", scope, key, ${TOLD('stored')} as stored, ${TOLD('ledger')} as ledger
     from preference_states stored full join (${fold('')}) ledger using (account_id, scope, key)
     where (stored.allowed, stored.since, stored.event_id) is distinct from (ledger.allowed, ledger.since, ledger.event_id)
     order by account_id, scope, key`,
  );
}

/** One person at a time, under their row's lock: what they say meanwhile waits, and is not lost. */
async function rebuildOne(sql: Sql, accountId: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`update accounts set gate_epoch = gate_epoch + 1 where id = ${accountId}`;
    await tx`delete from preference_states where account_id = ${accountId}`;
    await tx.unsafe(
      `insert into preference_states (account_id, scope, key, allowed, since, event_id)
       ${fold('and said.account_id = $1')}`,
      [accountId],
    );
  });
}
