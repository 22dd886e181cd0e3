import { accountsRead } from '../accounts/account-loader.js';
import { type ReadQuestion, type ReadRecord, type RecordRead, readRecorder } from '../audit/reads.js';
import { actorOf } from '../gate/caller.js';
import type { RequestContext, World } from '../world.js';

const recorders = new WeakMap<World, RecordRead>();

/**
 * Records what a service or member of staff has read in this request, and what was kept from them. The answer is
 * released after it, so that no read goes unrecorded. A person reading their own data leaves no trace here.
 * @param people of whom the answer tells; those the request has opened besides are added.
 */
export async function recordReads(
  context: RequestContext,
  asked: ReadQuestion,
  people: ReadonlySet<string>,
  withheld: ReadRecord['withheld'],
): Promise<void> {
  const { caller, world } = context;
  if (caller.kind !== 'SERVICE' && caller.kind !== 'STAFF') return;
  const accountIds = [...new Set([...people, ...accountsRead(context)])].sort();
  if (accountIds.length === 0) return;
  const record = recorders.get(world) ?? readRecorder(world.sql);
  recorders.set(world, record);
  await record({
    at: world.clock.now(),
    actor: actorOf(caller),
    purpose: caller.kind === 'SERVICE' ? caller.purpose : null,
    accountIds,
    withheld,
    question: asked,
  });
}
