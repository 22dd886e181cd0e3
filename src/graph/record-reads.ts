import { accountsRead } from '../accounts/account-loader.js';
import { type RecordRead, readRecorder } from '../audit/reads.js';
import { actorOf } from '../gate/caller.js';
import type { RequestContext, World } from '../world.js';
import type { Asked } from './purpose-check.js';

const recorders = new WeakMap<World, RecordRead>();
const recorded = new WeakMap<RequestContext, Set<string>>();

/**
 * Records whom a service or member of staff has read in this request, each person once. The answer is released after
 * it, so that no read goes unrecorded. A person reading their own data leaves no trace here.
 */
export async function recordReads(context: RequestContext, asked: Asked): Promise<void> {
  const { caller, world } = context;
  if (caller.kind !== 'SERVICE' && caller.kind !== 'STAFF') return;
  const done = recorded.get(context) ?? new Set();
  recorded.set(context, done);
  const accountIds = accountsRead(context).filter((id) => !done.has(id));
  if (accountIds.length === 0) return;
  const record = recorders.get(world) ?? readRecorder(world.sql);
  recorders.set(world, record);
  await record({
    at: world.clock.now(),
    actor: actorOf(caller),
    purpose: caller.kind === 'SERVICE' ? caller.purpose : null,
    accountIds,
    withheld: [],
    ...asked,
  });
  for (const id of accountIds) done.add(id);
}
