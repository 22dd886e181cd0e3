import type { Sql, TransactionSql } from 'postgres';

/** A use of which what is stored is not what the ledger comes to. Null: nothing. */
export interface Difference {
  readonly accountId: string;
  readonly purpose: string;
  readonly stored: string | null;
  readonly ledger: string | null;
}

/** What the ledger of the people `scope` names comes to, by the rules of `next` in fold.ts. */
const fold = (scope: string) => `
  select distinct on (said.account_id, said.purpose) said.account_id, said.purpose,
    case when said.action = 'GIVEN' and exists (
      select from consent_events expiry
      where expiry.account_id = said.account_id and expiry.purpose = said.purpose and expiry.action = 'EXPIRED'
        and expiry.occurred_at = said.valid_until and expiry.policy_version = said.policy_version)
    then 'EXPIRED' else said.action end as status,
    said.occurred_at as since, said.policy_version, said.valid_until
  from consent_events said join accounts on accounts.id = said.account_id
  where said.action <> 'EXPIRED' ${scope}
  order by said.account_id, said.purpose, said.occurred_at desc, said.action = 'WITHDRAWN' desc, said.policy_version desc`;

const TOLD = (row: string) =>
  `case when ${row}.status is null then null
   else concat_ws(' ', ${row}.status, ${row}.since, ${row}.policy_version, ${row}.valid_until) end`;

/** Compares what is stored with the ledger, and unless it only checks makes it what the ledger says. */
export async function rebuildStates(
  sql: Sql,
  { check }: { check: boolean },
): Promise<{ people: number; differences: readonly Difference[] }> {
  const [counted] = await sql<{ people: number }[]>`
    select count(distinct account_id)::int as people from consent_events`;
  const differences = await differencesOf(sql, '', []);
  if (!check) {
    for (const accountId of new Set(differences.map((each) => each.accountId))) await rebuildOne(sql, accountId);
  }
  return { people: counted?.people ?? 0, differences };
}

async function differencesOf(sql: Sql | TransactionSql, scope: string, parameters: string[]): Promise<Difference[]> {
  const stored = `select * from consent_states ${scope && 'where account_id = $1'}`;
  return sql.unsafe<Difference[]>(
    `select account_id as "accountId", purpose, ${TOLD('stored')} as stored, ${TOLD('ledger')} as ledger
     from (${stored}) stored full join (${fold(scope)}) ledger using (account_id, purpose)
     where (stored.status::text, stored.since, stored.policy_version, stored.valid_until)
       is distinct from (ledger.status::text, ledger.since, ledger.policy_version, ledger.valid_until)
     order by account_id, purpose`,
    parameters,
  );
}

/** One person at a time, under their row's lock: what they say meanwhile waits, and is not lost. */
async function rebuildOne(sql: Sql, accountId: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`update accounts set gate_epoch = gate_epoch + 1 where id = ${accountId}`;
    await tx`delete from consent_states where account_id = ${accountId}`;
    await tx.unsafe(
      `insert into consent_states (account_id, purpose, status, since, policy_version, valid_until, event_id)
       select ledger.account_id, ledger.purpose, ledger.status::consent_action, ledger.since, ledger.policy_version,
         ledger.valid_until, event.id
       from (${fold('and said.account_id = $1')}) ledger
       join consent_events event on event.account_id = ledger.account_id and event.purpose = ledger.purpose
         and event.occurred_at = ledger.since and event.policy_version = ledger.policy_version
         and event.action = case when ledger.status = 'WITHDRAWN' then 'WITHDRAWN' else 'GIVEN' end::consent_action`,
      [accountId],
    );
  });
}
