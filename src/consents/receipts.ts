import type { Sql } from 'postgres';
import type { Db } from '../database/database.js';
import { findPolicy, purposesOf } from '../policies/policies.js';
import type { World } from '../world.js';
import { type ConsentOnRecord, type Receipt, type RecordedAct, receiptOf, signReceipt } from './receipt.js';

export interface SignedReceipt {
  readonly id: string;
  readonly json: Receipt;
  readonly jws: string;
}

/** Whose consent to what. */
export interface ConsentName {
  readonly accountId: string;
  readonly purpose: string;
}

/** The receipt of the last consent a person gave to each use, in the order asked; null for one never given. */
export async function readReceipts(
  { sql, db, keys, config, publicUrl }: Pick<World, 'sql' | 'db' | 'keys' | 'config' | 'publicUrl'>,
  asked: readonly ConsentName[],
): Promise<(SignedReceipt | null)[]> {
  const consents = await lastGiven(sql, asked);
  const versions = [...new Set(consents.map(({ policyVersion }) => policyVersion))];
  const terms = new Map(await Promise.all(versions.map(async (each) => [each, await termsOf(db, each)] as const)));
  const { controller, dps } = config;
  const receipts = new Map<string, SignedReceipt>();
  for (const consent of consents) {
    const { policy, purposes } = terms.get(consent.policyVersion) ?? {};
    const purpose = purposes?.find((each) => each.purpose === consent.purpose);
    if (!policy || !purpose) continue; // The version never named the use: nothing was agreed to in its words.
    const json = receiptOf(consent, { policy, purpose, controller, dps, publicUrl });
    receipts.set(keyOf(consent), { id: json.record_id, json, jws: await signReceipt(keys.signing, json) });
  }
  return asked.map((each) => receipts.get(keyOf(each)) ?? null);
}

const keyOf = ({ accountId, purpose }: ConsentName) => `${accountId} ${purpose}`;

async function termsOf(db: Db, version: number) {
  const [policy, purposes] = await Promise.all([findPolicy(db, version), purposesOf(db, version)]);
  return { policy, purposes };
}

interface Row extends Omit<ConsentOnRecord, 'given' | 'ending'>, RecordedAct {
  readonly endedBy: 'WITHDRAWN' | 'EXPIRED' | null;
  readonly endedAt: Date;
  readonly endRecordedAt: Date;
  readonly endChannel: RecordedAct['channel'];
  readonly endActor: string;
}

/** The last consent given to each use, with the first act after it that ended it: its own, or one of a wider use. */
async function lastGiven(sql: Sql, asked: readonly ConsentName[]): Promise<ConsentOnRecord[]> {
  const rows = await sql<Row[]>`
    select given.account_id as "accountId", given.id as "eventId", given.purpose, given.wording, given.locale,
      given.policy_version as "policyVersion", given.valid_until as "validUntil", given.occurred_at as "occurredAt",
      given.recorded_at as "recordedAt", given.channel, given.actor, ending.action as "endedBy",
      ending.occurred_at as "endedAt", ending.recorded_at as "endRecordedAt", ending.channel as "endChannel",
      ending.actor as "endActor"
    from unnest(${asked.map(({ accountId }) => accountId)}::uuid[], ${asked.map(({ purpose }) => purpose)}::text[])
      as asked (account_id, purpose)
    cross join lateral (
      select * from consent_events event
      where event.account_id = asked.account_id and event.purpose = asked.purpose and event.action = 'GIVEN'
      order by event.occurred_at desc, event.policy_version desc limit 1) given
    left join lateral (
      select * from consent_events event
      where event.account_id = given.account_id and event.occurred_at >= given.occurred_at
        and (event.purpose = given.purpose or starts_with(given.purpose, event.purpose || '.'))
        and (event.action = 'WITHDRAWN'
          or (event.action = 'EXPIRED' and event.purpose = given.purpose and event.occurred_at = given.valid_until
            and event.policy_version = given.policy_version))
      order by event.occurred_at, event.id limit 1) ending on true`;
  return rows.map(({ endedBy, endedAt, endRecordedAt, endChannel, endActor, ...row }) => {
    const { occurredAt, recordedAt, channel, actor, ...consent } = row;
    return {
      ...consent,
      given: { occurredAt, recordedAt, channel, actor },
      ending: endedBy && {
        ...{ action: endedBy, occurredAt: endedAt, recordedAt: endRecordedAt },
        ...{ channel: endChannel, actor: endActor },
      },
    };
  });
}
