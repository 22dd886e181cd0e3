import DataLoader from 'dataloader';
import type { RequestContext } from '../world.js';
import { type Preferences, preferencesOf } from './history.js';

const loaders = new WeakMap<RequestContext, DataLoader<string, Preferences>>();

/** What holds of the people of one request, read together. */
export function preferencesLoader(context: RequestContext): DataLoader<string, Preferences> {
  const known = loaders.get(context);
  if (known) return known;
  const { sql, config } = context.world;
  const loader = new DataLoader<string, Preferences>(async (ids) => {
    const found = await preferencesOf(sql, config.marketing, ids);
    return ids.map((id) => found.get(id) ?? new Error('preferences were not read'));
  });
  loaders.set(context, loader);
  return loader;
}
