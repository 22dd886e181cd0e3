import { sql } from 'drizzle-orm';
import { openAccountRecord } from '../accounts/account-reader.js';
import { takeAccount } from '../accounts/account-status.js';
import type { AccountStatus } from '../accounts/accounts.js';
import type { BirthYears } from '../accounts/childhood.js';
import type { Keys } from '../crypto/keys.js';
import type { Tx } from '../database/database.js';
import type { PolicyTerms } from '../policies/policies.js';
import { type States, type StoredState, statesFrom } from './ledger.js';

/** All that decides whether somebody can agree to a use. */
export interface Ground {
  /** What they have said so far. */
  readonly states: States;
  /** What the version says of the use; null where there is no such version. */
  readonly terms: PolicyTerms | null;
  /** The uses they object to. */
  readonly objections: readonly string[];
  readonly birthYears: BirthYears | null;
}

type Row = {
  readonly epoch: string;
  readonly states: readonly StoredState[];
  readonly terms: PolicyTerms | null;
  readonly objections: readonly string[];
  readonly record: Buffer;
  readonly wrapped_key: Buffer | null;
};

interface Asking {
  readonly accountId: string;
  readonly purpose: string;
  readonly policyVersion: number;
}

/**
 * Takes the account until the transaction ends, and reads all that decides: two statements in one round trip. What was
 * read shows by its epoch that it was read after; where it was not it is read again. Null for an unknown account.
 */
export async function takeGround(
  tx: Tx,
  keys: Keys,
  asking: Asking,
): Promise<{ readonly status: AccountStatus; readonly ground: Ground } | null> {
  const [taken, first] = await Promise.all([takeAccount(tx, asking.accountId), read(tx, asking)]);
  if (!taken) return null;
  const row = first?.epoch === taken.epoch ? first : await read(tx, asking);
  if (!row) throw new Error('an account that is taken is not there');
  return { status: taken.status, ground: await groundOf(keys, asking.accountId, row) };
}

async function read(tx: Tx, { accountId, purpose, policyVersion }: Asking): Promise<Row | undefined> {
  const [row] = await tx.execute<Row>(sql`
    select account.gate_epoch::text as epoch, account.record, subject.wrapped_key,
      array(select purpose from objections where account_id = account.id order by purpose) as objections,
      (select coalesce(json_agg(json_build_object('purpose', purpose, 'status', status,
          'since', date_part('epoch', since) * 1000, 'policyVersion', policy_version,
          'validUntil', date_part('epoch', valid_until) * 1000, 'eventId', event_id)), '[]'::json)
        from consent_states where account_id = account.id) as states,
      (select json_build_object('effectiveFrom', policy.effective_from,
          'isInForce', policy.effective_from <= (now() at time zone 'Europe/London')::date,
          'named', (select json_build_object('purpose', purpose, 'title', title, 'description', description,
              'lawfulBasis', lawful_basis, 'categories', categories, 'retention', retention, 'recipients', recipients,
              'marketing', marketing, 'material', material)
            from policy_purposes where version = policy.version and purpose = ${purpose}))
        from policies policy where policy.version = ${policyVersion}) as terms
    from accounts account left join keys.subject_keys subject on subject.account_id = account.id
    where account.id = ${accountId}`);
  return row;
}

async function groundOf(keys: Keys, accountId: string, row: Row): Promise<Ground> {
  const { record, wrapped_key: wrappedKey, objections } = row;
  const opened = wrappedKey && (await openAccountRecord(keys, accountId, record, wrappedKey));
  const terms = parsed(row.terms);
  return { states: statesFrom(parsed(row.states)), terms, objections, birthYears: opened?.birthYears ?? null };
}

/** Drizzle's client leaves JSON as text. */
const parsed = <Value>(value: Value): Value => (typeof value === 'string' ? (JSON.parse(value) as Value) : value);
