import DataLoader from 'dataloader';
import type { RequestContext } from '../world.js';
import { eventsOf, type RequestEvent, type ServiceTask, tasksOf } from './requests.js';

interface Loaders {
  readonly tasks: DataLoader<string, ServiceTask[]>;
  readonly events: DataLoader<string, RequestEvent[]>;
}

const loaders = new WeakMap<RequestContext, Loaders>();

/** Tasks and history of the requests one GraphQL request asks about, each read once for all of them. */
export function requestLoaders(context: RequestContext): Loaders {
  let known = loaders.get(context);
  if (!known) {
    const { db } = context.world;
    // A subscription lives long and must see what has changed since.
    const options = { cache: false };
    known = {
      tasks: new DataLoader(async (ids) => byRequest(ids, await tasksOf(db, ids)), options),
      events: new DataLoader(async (ids) => byRequest(ids, await eventsOf(db, ids)), options),
    };
    loaders.set(context, known);
  }
  return known;
}

function byRequest<Row extends { requestId: string }>(ids: readonly string[], rows: readonly Row[]): Row[][] {
  const groups = new Map<string, Row[]>(ids.map((id) => [id, []]));
  for (const row of rows) groups.get(row.requestId)?.push(row);
  return ids.map((id) => groups.get(id) ?? []);
}
