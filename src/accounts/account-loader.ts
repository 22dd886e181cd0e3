import DataLoader from 'dataloader';
import type { RequestContext } from '../world.js';
import { type Account, readAccounts } from './accounts.js';

const loaders = new WeakMap<RequestContext, DataLoader<string, Account | null>>();

/** Accounts of this request, read together and opened once. Null for an unknown or erased one. */
export function accountLoader(context: RequestContext): DataLoader<string, Account | null> {
  let loader = loaders.get(context);
  if (!loader) {
    const { db, keys } = context.world;
    loader = new DataLoader((ids) => readAccounts(db, keys, ids));
    loaders.set(context, loader);
  }
  return loader;
}
