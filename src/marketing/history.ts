import type { Sql } from 'postgres';
import type { MarketingSettings } from '../config.js';
import type { CollectionChannel } from '../requests/requests.js';
import { ALL_CHANNELS, type MarketingChannel } from './channels.js';
import type { PreferenceAction, PreferenceScope } from './ledger.js';

/** What a person lets be marketed to them, as they said it. What they have not said is not allowed. */
export interface Preferences {
  readonly optedOutOfAll: boolean;
  readonly channels: readonly { readonly channel: MarketingChannel; readonly allowed: boolean }[];
  readonly topics: readonly { readonly topic: string; readonly title: string; readonly allowed: boolean }[];
  /** When they last said so; null: never. */
  readonly updatedAt: Date | null;
}

interface Row {
  readonly accountId: string;
  readonly scope: PreferenceScope;
  readonly key: string;
  readonly allowed: boolean;
  readonly since: Date;
}

/** What holds of each of these people, by account. */
export async function preferencesOf(
  sql: Sql,
  { topics }: MarketingSettings,
  accountIds: readonly string[],
): Promise<Map<string, Preferences>> {
  const rows = await sql<Row[]>`
    select account_id as "accountId", scope, key, allowed, since from preference_states
    where account_id = any(${[...accountIds]}::uuid[])`;
  return new Map(
    accountIds.map((id) => {
      const own = rows.filter(({ accountId }) => accountId === id);
      const said = (scope: PreferenceScope, key: string) =>
        own.find((each) => each.scope === scope && each.key === key)?.allowed;
      const latest = Math.max(...own.map(({ since }) => since.getTime()));
      return [
        id,
        {
          optedOutOfAll: said('ALL', '') === false,
          channels: ALL_CHANNELS.map((channel) => ({ channel, allowed: said('CHANNEL', channel) ?? false })),
          topics: topics.map(({ key, title }) => ({ topic: key, title, allowed: said('TOPIC', key) ?? false })),
          updatedAt: own.length > 0 ? new Date(latest) : null,
        },
      ];
    }),
  );
}

/** Something a person said of marketing. */
export interface PreferenceTold {
  readonly id: string;
  readonly scope: PreferenceScope;
  /** The channel or the topic; empty for all. */
  readonly key: string;
  readonly action: PreferenceAction;
  readonly allowed: boolean;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  readonly channel: CollectionChannel;
  readonly actor: string;
  readonly evidence: string | null;
}

/** A person's ledger, what was entered last first, before the event `before`. */
export async function preferenceHistory(
  sql: Sql,
  accountId: string,
  first: number,
  before: string | null,
): Promise<{ rows: readonly PreferenceTold[]; hasNextPage: boolean; totalCount: number }> {
  const rows = await sql<PreferenceTold[]>`
    select id, scope, key, action, allowed, occurred_at as "occurredAt", recorded_at as "recordedAt", channel, actor,
      evidence
    from preference_events
    where account_id = ${accountId} and (${before}::bigint is null or id < ${before}::bigint)
    order by id desc limit ${first + 1}`;
  const [counted] = await sql<{ count: number }[]>`
    select count(*)::int as count from preference_events where account_id = ${accountId}`;
  return { rows: rows.slice(0, first), hasNextPage: rows.length > first, totalCount: counted?.count ?? 0 };
}
