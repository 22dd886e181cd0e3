import { LRUCache } from 'lru-cache';
import type { Tx } from '../database/database.js';
import { keysUsed } from '../requests/requests.js';
import { declaredPurposes } from '../services/purposes.js';
import { describeError } from '../telemetry.js';
import type { World } from '../world.js';
import { object } from './objecting.js';
import { type UsesOfData, whyNotObjectable } from './objections.js';

/** Whose signal has been written down, or is being: nothing of where they stand. */
type Recorded = LRUCache<string, Promise<void>>;

const MOST_PEOPLE = 100_000;
const recordedOf = new WeakMap<World, Recorded>();
const keyOf = (purpose: string) => `Sec-GPC: 1 ${purpose}`;

/**
 * Takes `Sec-GPC: 1` (Global Privacy Control) on a person's request for an objection to the uses configured for it:
 * written down once, before the request is answered. Once a person has taken such an objection back, the signal does
 * not bring it again. Where it cannot be written down the log says so, and the next request tries again.
 */
export function heedBrowserSignal(world: World, accountId: string): Promise<void> {
  const recorded: Recorded = recordedOf.get(world) ?? new LRUCache({ max: MOST_PEOPLE });
  recordedOf.set(world, recorded);
  const known = recorded.get(accountId);
  if (known) return known;
  const recording = record(world, accountId).catch((error: unknown) => {
    recorded.delete(accountId);
    world.log.error(describeError(error), 'a browser’s signal could not be written down');
  });
  recorded.set(accountId, recording);
  return recording;
}

async function record(world: World, accountId: string): Promise<void> {
  const { db, config } = world;
  const used = await keysUsed(db, accountId, config.gpcPurposes.map(keyOf));
  const missing = config.gpcPurposes.filter((purpose) => !used.has(keyOf(purpose)));
  if (missing.length === 0) return;
  await db.transaction((tx) => objectBySignal(tx, world, accountId, missing));
}

async function objectBySignal(
  tx: Tx,
  { clock, config, registry }: World,
  accountId: string,
  purposes: readonly string[],
): Promise<void> {
  for (const purpose of purposes) {
    await object(tx, clock.now(), config, usesOf(registry), {
      ...{ accountId, purpose, reason: null, channel: 'BROWSER_SIGNAL', idempotencyKey: keyOf(purpose) },
      ...{ actor: 'data subject', by: 'PERSON' },
    });
  }
}

/**
 * Takes what the signal refused on a device, before its user logged in, for objections of theirs: as their own signal
 * would be, once. What there is no right to object to stays a refusal.
 */
export async function heedDeviceSignal(
  tx: Tx,
  world: World,
  accountId: string,
  refused: readonly string[],
): Promise<void> {
  const uses = usesOf(world.registry);
  const objectable = refused.filter((purpose) => whyNotObjectable(uses, purpose) === null);
  await objectBySignal(tx, world, accountId, objectable);
}

const usesOf = ({ services, taxonomy }: World['registry']): UsesOfData => ({
  declared: declaredPurposes(services, taxonomy),
  taxonomy,
});
