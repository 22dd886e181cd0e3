import type postgres from 'postgres';
import type { AccountStatus, ConsentState, Standing } from '../gate/standing.js';
import { type PolicyFacts, policyFacts } from './policy-facts.js';

/**
 * Where people stand, read anew each time: status, objections, and their consents to `purposes` (the use asked about
 * and those above it; none where consent does not matter). One statement, one snapshot; unknown accounts are absent.
 */
export async function readStandings(
  sql: postgres.Sql,
  accountIds: readonly string[],
  purposes: readonly string[],
): Promise<Map<string, Standing>> {
  const ids = arrayOf(accountIds);
  const rows =
    purposes.length > 0
      ? await ask<StandingRow>(sql, STANDINGS, [ids, arrayOf(purposes)])
      : await ask<StandingRow>(sql, STANDINGS_WITHOUT_CONSENTS, [ids]);
  const tell = await teller(sql, rows);
  return new Map(rows.map((row) => [row[0], tell(row)]));
}

/** A standing, and what was read with it. */
export interface StandingWith<More extends readonly unknown[]> {
  readonly standing: Standing;
  readonly more: More;
}

/**
 * The same with further columns about each `account`, in the same statement and so the same snapshot. `columns`: SQL, whose
 * own parameters come from $3 on.
 */
export async function readStandingsWith<More extends readonly unknown[]>(
  sql: postgres.Sql,
  accountIds: readonly string[],
  purposes: readonly string[],
  columns: string,
  parameters: readonly string[],
): Promise<Map<string, StandingWith<More>>> {
  const statement = standings(CONSENTS, columns);
  const given = [arrayOf(accountIds), arrayOf(purposes), ...parameters];
  const rows = await ask<[...StandingRow, ...More]>(sql, statement, given);
  const tell = await teller(sql, rows);
  return new Map(
    rows.map((row) => {
      const [accountId, , , , , , ...more] = row;
      return [accountId, { standing: tell(row), more: more as unknown as More }];
    }),
  );
}

/** Makes standings of rows, by the version of the policy in force when they were read. */
async function teller(
  sql: postgres.Sql,
  rows: readonly (readonly [...StandingRow, ...unknown[]])[],
): Promise<(row: readonly [...StandingRow, ...unknown[]]) => Standing> {
  const inForce = Number(rows[0]?.[3] ?? 0);
  const facts = policyFacts(sql);
  await facts.cover(inForce);
  return (row) => standingOf(row, facts, inForce);
}

/** The epoch of each of these accounts; unknown ones are absent. Whoever read a standing compares it before release. */
export async function readEpochs(sql: postgres.Sql, accountIds: readonly string[]): Promise<Map<string, string>> {
  return new Map(await ask<[string, string]>(sql, EPOCHS, [arrayOf(accountIds)]));
}

/** Id, status, epoch, newest policy version in force, consents (`purpose status since version`, a line each), objections. */
type StandingRow = [string, AccountStatus, string, number | null, string | null, string | null];

const CONSENTS = `
  (select string_agg(concat_ws(' ', purpose,
     case when expired then 'EXPIRED' else status::text end,
     date_part('epoch', case when expired then valid_until else since end) * 1000,
     policy_version), E'\\n')
   from (select *, status = 'GIVEN' and coalesce(valid_until <= now(), false) as expired from consent_states
         where account_id = account.id and purpose = any($2::text[])) as state)`;

const standings = (consents: string, more = '') => `
  select account.id, account.status, account.gate_epoch::text,
    (select max(version) from policies where effective_from <= (now() at time zone 'Europe/London')::date),
    ${consents},
    (select string_agg(purpose, ' ') from objections where account_id = account.id)${more && `, ${more}`}
  from accounts as account where account.id = any($1::uuid[])`;

const STANDINGS = standings(CONSENTS);
const STANDINGS_WITHOUT_CONSENTS = standings('null::text');
const EPOCHS = 'select id, gate_epoch::text from accounts where id = any($1::uuid[])';

function standingOf(row: readonly [...StandingRow, ...unknown[]], facts: PolicyFacts, inForce: number): Standing {
  const [accountId, status, epoch, , consents, objections] = row;
  return {
    accountId,
    status,
    epoch,
    consents: consents === null ? [] : consents.split('\n').map((line) => stateOf(line, facts, inForce)),
    objections: objections === null ? [] : objections.split(' '),
  };
}

function stateOf(line: string, facts: PolicyFacts, inForce: number): ConsentState {
  const [purpose = '', status = 'EXPIRED', since = '', version = ''] = line.split(' ');
  const isOutdated = status === 'GIVEN' && facts.changedSince(purpose, Number(version), inForce);
  return {
    purpose,
    status: isOutdated ? 'NEEDS_RENEWAL' : (status as ConsentState['status']),
    since: Math.round(Number(since)),
    categories: facts.categories(purpose, Number(version)),
  };
}

/** Rows as arrays: nothing is named, mapped or converted that is not used. */
async function ask<Row>(sql: postgres.Sql, text: string, parameters: string[]): Promise<Row[]> {
  return (await sql.unsafe(text, parameters, { prepare: true }).values()) as unknown as Row[];
}

/** A Postgres array; ids and Fideslang keys hold nothing that needs quoting. */
const arrayOf = (values: readonly string[]) => `{${values.join(',')}}`;
