import type { Sql } from 'postgres';
import type { MarketingSettings } from '../config.js';
import { readStandingsWith } from '../consents/standing.js';
import { withAncestors } from '../services/purposes.js';
import type { LawfulBasis } from '../services/service.js';
import { CHANNELS, type MarketingChannel } from './channels.js';
import { type ContactStanding, type ContactVerdict, decideContact } from './contact.js';

/** By what, and about what, people are to be reached. */
export interface Contacting {
  readonly channel: MarketingChannel;
  readonly topic: string;
}

/** Preferences (`ALL-CHANNEL+TOPIC+`), whether suppressed, whether softly opted in, what the policy rests it on. */
type Columns = [said: string | null, suppressed: boolean, softOptIn: boolean, basis: LawfulBasis | null];

/** $3 channel, $4 topic, $5 kind of address. */
const COLUMNS = `
  (select string_agg(scope || case when allowed then '+' else '-' end, '') from preference_states
   where account_id = account.id
     and (scope = 'ALL' or (scope = 'CHANNEL' and key = $3::text) or (scope = 'TOPIC' and key = $4::text))),
  not account.contacts_known or exists (
    select from contact_fingerprints contact join suppressions refused on refused.fingerprint = contact.fingerprint
    where contact.account_id = account.id and contact.kind = $5::address_kind and refused.suppressed and (
      refused.scope = 'ALL' or (refused.scope = 'CHANNEL' and refused.key = $3::text)
      or (refused.scope = 'TOPIC' and refused.key = $4::text))),
  exists (
    select from soft_opt_ins given
    where given.account_id = account.id and given.channel = $3::marketing_channel and not exists (
      select from preference_events refused
      where refused.account_id = account.id and not refused.allowed and refused.occurred_at >= given.occurred_at
        and (refused.scope = 'ALL' or (refused.scope = 'CHANNEL' and refused.key = $3::text)
          or (refused.scope = 'TOPIC' and refused.key = $4::text))
        and not exists (
          select from preference_events undoing
          where undoing.account_id = account.id and undoing.undoes = refused.id))),
  (select lawful_basis from policy_purposes named
   where named.marketing and named.purpose = any($2::text[]) and named.version = (
     select max(version) from policies where effective_from <= (now() at time zone 'Europe/London')::date)
   order by length(named.purpose) desc limit 1)::text`;

/** Whether each of these people may be reached so, at this moment: one statement for all of them. */
export async function mayContact(
  sql: Sql,
  settings: MarketingSettings,
  contacting: Contacting,
  accountIds: readonly string[],
): Promise<Map<string, ContactVerdict>> {
  const { channel, topic } = contacting;
  const { purpose, address } = CHANNELS[channel];
  const found = await readStandingsWith<Columns>(sql, accountIds, withAncestors(purpose), COLUMNS, [
    channel,
    topic,
    address,
  ]);
  const contact = { ...contacting, softOptIn: settings.softOptIn.has(topic) };
  return new Map(
    accountIds.map((id) => {
      const read = found.get(id);
      return [id, decideContact(contact, read ? standingOf(read) : null)];
    }),
  );
}

function standingOf({ standing, more }: { standing: ContactStanding['standing']; more: Columns }): ContactStanding {
  const [preferences, suppressed, softOptIn, basis] = more;
  const said = (scope: string) =>
    preferences?.includes(`${scope}-`) ? false : preferences?.includes(`${scope}+`) ? true : null;
  return {
    standing,
    said: { all: said('ALL'), channel: said('CHANNEL'), topic: said('TOPIC') },
    suppressed,
    softOptIn,
    basis,
  };
}

/** People who may be reached, in the order of their ids. `last`: where the search has come to; null: at its end. */
export interface ContactablePage {
  readonly accountIds: readonly string[];
  readonly last: string | null;
}

const CANDIDATES_AT_ONCE = 5_000;
/** So that no question takes long, a page may be short where few of many may be reached. */
const MOST_CANDIDATES = 50_000;

/** Those who may be reached so, after the account `after`. Nobody is on it who may not at the moment they are read. */
export async function contactable(
  sql: Sql,
  settings: MarketingSettings,
  contacting: Contacting,
  first: number,
  after: string | null,
): Promise<ContactablePage> {
  const found: string[] = [];
  let last = after;
  for (let looked = 0; looked < MOST_CANDIDATES; looked += CANDIDATES_AT_ONCE) {
    const candidates = await candidatesFor(sql, settings, contacting, last);
    const verdicts = await mayContact(sql, settings, contacting, candidates);
    for (const id of candidates) {
      if (!verdicts.get(id)?.allowed) continue;
      if (found.length === first) return { accountIds: found, last: found.at(-1) ?? null };
      found.push(id);
    }
    if (candidates.length < CANDIDATES_AT_ONCE) return { accountIds: found, last: null };
    last = candidates.at(-1) ?? null;
  }
  return { accountIds: found, last };
}

/** Those who have allowed the topic, or may be softly opted in: beyond them nobody can be reached. */
async function candidatesFor(
  sql: Sql,
  { softOptIn }: MarketingSettings,
  { channel, topic }: Contacting,
  after: string | null,
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from (
      (select account_id as id from preference_states
       where scope = 'TOPIC' and key = ${topic} and allowed and (${after}::uuid is null or account_id > ${after}::uuid)
       order by account_id limit ${CANDIDATES_AT_ONCE})
      union
      (select distinct account_id as id from soft_opt_ins
       where ${softOptIn.has(topic)} and channel = ${channel}
         and (${after}::uuid is null or account_id > ${after}::uuid)
       order by account_id limit ${CANDIDATES_AT_ONCE})
    ) candidate
    order by id limit ${CANDIDATES_AT_ONCE}`;
  return rows.map(({ id }) => id);
}
