import DataLoader from 'dataloader';
import type { RequestContext } from '../world.js';
import { type Hold, holdsOfAccounts } from './holds.js';

const loaders = new WeakMap<RequestContext, DataLoader<string, Hold[]>>();

/** The holds on the people one GraphQL request asks about, read once for all of them. */
export function holdLoader(context: RequestContext): DataLoader<string, Hold[]> {
  const known = loaders.get(context);
  if (known) return known;
  const loader = new DataLoader<string, Hold[]>(
    async (ids) => {
      const groups = new Map<string, Hold[]>(ids.map((id) => [id, []]));
      for (const hold of await holdsOfAccounts(context.world.db, ids)) groups.get(hold.accountId)?.push(hold);
      return ids.map((id) => groups.get(id) ?? []);
    },
    { cache: false },
  );
  loaders.set(context, loader);
  return loader;
}
