import { isIPv6 } from 'node:net';
import { LRUCache } from 'lru-cache';
import { HabeasError } from '../errors.js';
import type { RequestContext, World } from '../world.js';

const MOST_ADDRESSES = 10_000;
const MINUTE_MS = 60_000;

/** How many turns an address has left, and when that was counted. */
interface Turns {
  readonly left: number;
  readonly at: number;
}

const turnsOf = new WeakMap<World, LRUCache<string, Turns>>();

/**
 * Counts one question or choice of a caller nobody knows. Throws RATE_LIMITED where their address asks more often than
 * is configured; turns come back evenly over the minute.
 */
export function takeTurn({ world, address }: RequestContext): void {
  if (address === undefined) return;
  const turns = turnsOf.get(world) ?? new LRUCache<string, Turns>({ max: MOST_ADDRESSES });
  turnsOf.set(world, turns);
  const { perMinute } = world.config.devices;
  const [network, now] = [networkOf(address), Date.now()];
  const { left, at } = turns.get(network) ?? { left: perMinute, at: now };
  const available = Math.min(perMinute, left + ((now - at) * perMinute) / MINUTE_MS);
  if (available < 1) {
    const seconds = Math.ceil(((1 - available) * MINUTE_MS) / perMinute / 1_000);
    throw new HabeasError('RATE_LIMITED', `Too many choices of devices come from your address: wait ${seconds} s.`);
  }
  turns.set(network, { left: available - 1, at: now });
}

/** One household has a whole /64 of addresses to itself. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes('.')) return address;
  const [head = ''] = address.split('::');
  const groups = head.split(':');
  return [...groups, ...Array<string>(4).fill('0')].slice(0, 4).join(':');
}
