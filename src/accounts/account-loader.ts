import DataLoader from 'dataloader';
import type { RequestContext, World } from '../world.js';
import { accountReader } from './account-reader.js';
import type { Account } from './accounts.js';

interface Reading {
  readonly loader: DataLoader<string, Account | null>;
  readonly found: Set<string>;
}

const readers = new WeakMap<World, DataLoader<string, Account | null>>();
const readings = new WeakMap<RequestContext, Reading>();

/** Accounts of this request, read together and opened once. Null for an unknown or erased one. */
export function accountLoader(context: RequestContext): DataLoader<string, Account | null> {
  return readingOf(context).loader;
}

/** Puts on record that this request has read of people without opening their accounts. */
export function noteRead(context: RequestContext, accountIds: Iterable<string>): void {
  const { found } = readingOf(context);
  for (const id of accountIds) found.add(id);
}

/** Ids of the people this request has read, sorted. */
export function accountsRead(context: RequestContext): string[] {
  return [...(readings.get(context)?.found ?? [])].sort();
}

/** Forgets what was read, once it is on record: a stream tells of any number of people, and keeps none of them. */
export function forgetReads(context: RequestContext): void {
  readings.delete(context);
}

function readingOf(context: RequestContext): Reading {
  let reading = readings.get(context);
  if (!reading) {
    const { world } = context;
    const reader = readers.get(world) ?? accountReader(world.sql, world.keys);
    readers.set(world, reader);
    const found = new Set<string>();
    const loader = new DataLoader<string, Account | null>(async (ids) => {
      const accounts = await Promise.all(ids.map((id) => reader.load(id)));
      for (const account of accounts) if (account) found.add(account.id);
      return accounts;
    });
    reading = { loader, found };
    readings.set(context, reading);
  }
  return reading;
}
