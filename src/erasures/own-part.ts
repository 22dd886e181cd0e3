import { DateTime } from 'luxon';
import type { Account } from '../accounts/accounts.js';
import { ownRecords } from '../exports/own-records.js';
import { CORE } from '../services/core.js';
import type { ErasureItem, ErasureScope, ServiceErasurePlan } from '../services/erasing.js';
import type { World } from '../world.js';

/** A claim over what was done with somebody's data can be brought for six years (Limitation Act 1980, section 9). */
const YEARS_OF_CLAIMS = 6;

/** What outlives the account: proof that the law was kept. None of it names or describes the person. */
const KEPT: Readonly<Record<string, string>> = {
  privacy_requests: 'Proof that requests were answered.',
  privacy_request_history: 'Proof that requests were answered.',
  accesses: 'Proof of who read what, and for which purpose.',
};
const HELD = 'It is under a legal hold.';
const GROUND = 'UK GDPR Articles 5(2) and 17(3)(e)';

/** What an erasure does with what Habeas itself holds of a person. */
export async function planOwnPart(
  world: Pick<World, 'db' | 'sql' | 'clock'>,
  account: Account,
  { heldBack }: ErasureScope,
): Promise<ServiceErasurePlan> {
  const records = new Map<string, number>();
  for await (const page of ownRecords(world, account)) {
    records.set(page.collection, (records.get(page.collection) ?? 0) + page.records.length);
  }
  const keepUntil = DateTime.fromJSDate(world.clock.now(), { zone: 'Europe/London' })
    .plus({ years: YEARS_OF_CLAIMS })
    .toISODate();
  const items = [...records].flatMap(([collection, count]): ErasureItem[] => {
    if (count === 0) return [];
    if (heldBack.includes(collection))
      return [{ collection, action: 'KEEP', records: count, reason: HELD, legalGround: null, keepUntil: null }];
    const reason = KEPT[collection];
    return reason === undefined
      ? [{ collection, action: 'DELETE', records: count, reason: null, legalGround: null, keepUntil: null }]
      : [{ collection, action: 'KEEP', records: count, reason, legalGround: GROUND, keepUntil }];
  });
  return { service: CORE.name, items, refusals: [] };
}
