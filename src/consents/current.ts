import type { Sql } from 'postgres';
import type { CollectionChannel } from '../requests/requests.js';
import { covers } from '../services/taxonomy.js';
import type { ConsentAction } from './fold.js';
import { policyFacts } from './policy-facts.js';

/** Where a person stands on one use they have said something of. */
export interface CurrentConsent {
  readonly purpose: string;
  /** Only GIVEN permits anything. */
  readonly status: ConsentAction | 'NEEDS_RENEWAL';
  /** When the person said so; when it ended, for EXPIRED. */
  readonly since: Date;
  readonly policyVersion: number;
  readonly validUntil: Date | null;
  /** The words the person was shown. */
  readonly wording: string | null;
}

interface Row extends Omit<CurrentConsent, 'status'> {
  readonly accountId: string;
  readonly status: ConsentAction;
  readonly ended: boolean;
  readonly inForce: number;
}

/** What people have said of each use and what of it holds now, by account. */
export async function currentConsents(
  sql: Sql,
  accountIds: readonly string[],
): Promise<Map<string, readonly CurrentConsent[]>> {
  const rows = await sql<Row[]>`
    select state.account_id as "accountId", state.purpose, state.status, state.since,
      state.policy_version as "policyVersion", state.valid_until as "validUntil", event.wording,
      coalesce(state.valid_until <= now(), false) as ended,
      (select coalesce(max(version), 0) from policies
       where effective_from <= (now() at time zone 'Europe/London')::date) as "inForce"
    from consent_states state
    join consent_events event on event.account_id = state.account_id and event.id = state.event_id
    where state.account_id = any(${[...accountIds]}::uuid[])
    order by state.purpose`;
  const facts = policyFacts(sql);
  await facts.cover(rows[0]?.inForce ?? 0);
  const said = new Map<string, CurrentConsent[]>(accountIds.map((id) => [id, []]));
  for (const { accountId, ended, inForce, ...row } of rows) {
    const isOutdated = row.status === 'GIVEN' && facts.changedSince(row.purpose, row.policyVersion, inForce);
    const status = isOutdated ? 'NEEDS_RENEWAL' : row.status;
    said
      .get(accountId)
      ?.push(ended ? { ...row, status: 'EXPIRED', since: row.validUntil ?? row.since } : { ...row, status });
  }
  return new Map([...said].map(([id, consents]) => [id, consents.map((each) => endedFromAbove(each, consents))]));
}

/** What was taken back for a wider use, or ran out, has ended every narrower consent given before. */
function endedFromAbove(consent: CurrentConsent, all: readonly CurrentConsent[]): CurrentConsent {
  if (consent.status === 'WITHDRAWN' || consent.status === 'EXPIRED') return consent;
  const above = all.find(
    (wider) =>
      wider.purpose !== consent.purpose &&
      covers(wider.purpose, consent.purpose) &&
      (wider.status === 'WITHDRAWN' || wider.status === 'EXPIRED') &&
      wider.since >= consent.since,
  );
  return above ? { ...consent, status: above.status, since: above.since } : consent;
}

export interface HistoryPage {
  readonly rows: readonly HistoryEvent[];
  readonly hasNextPage: boolean;
  readonly totalCount: number;
}

export interface HistoryEvent {
  readonly id: string;
  readonly accountId: string;
  readonly purpose: string;
  readonly action: ConsentAction;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly policyVersion: number;
  readonly validUntil: Date | null;
  readonly channel: CollectionChannel;
  readonly actor: string;
  readonly wording: string | null;
  readonly locale: string | null;
  readonly evidence: string | null;
}

/** A person's ledger, what was entered last first, before the event `before`. */
export async function consentHistory(
  sql: Sql,
  accountId: string,
  first: number,
  before: string | null,
): Promise<HistoryPage> {
  const rows = await sql<HistoryEvent[]>`
    select id, account_id as "accountId", purpose, action, occurred_at as "occurredAt", recorded_at as "recordedAt",
      policy_version as "policyVersion", valid_until as "validUntil", channel, actor, wording, locale, evidence
    from consent_events
    where account_id = ${accountId} and (${before}::bigint is null or id < ${before}::bigint)
    order by id desc limit ${first + 1}`;
  const [counted] = await sql<{ count: number }[]>`
    select count(*)::int as count from consent_events where account_id = ${accountId}`;
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: counted?.count ?? 0 };
}
