import { createHash } from 'node:crypto';
import { type Account, subjectAt } from '../accounts/accounts.js';
import { ServiceError } from '../errors.js';
import { requestsUnderWay } from '../requests/requests.js';
import { CORE } from '../services/core.js';
import type { ErasureItem, ErasureRefusal, ServiceErasurePlan } from '../services/erasing.js';
import type { World } from '../world.js';
import { planOwnPart } from './own-part.js';

/** What an erasure does with some records of one collection of one service. */
export interface PlannedItem extends ErasureItem {
  readonly service: string;
}

/** Why an erasure cannot be carried out as things are. */
export interface Blocker {
  readonly kind: 'REFUSED' | 'UNREACHABLE' | 'REQUEST_UNDER_WAY';
  /** The service, or the right of the request. */
  readonly subject: string;
  /** What a service refuses with, in every language it says it in. */
  readonly refusal: ErasureRefusal | null;
  /** In our own words, where there is no refusal. */
  readonly message: string;
}

/** A dry run over everything held about one person: what would go, change and stay, and what stands in the way. */
export interface ErasurePlan {
  readonly accountId: string;
  readonly items: readonly PlannedItem[];
  readonly blockers: readonly Blocker[];
  /** SHA-256 in hexadecimal digits; see `digestOf`. */
  readonly digest: string;
}

/** What a plan is made with. */
type Planning = Pick<World, 'db' | 'sql' | 'registry' | 'clock'>;

/** A service that says nothing for so long is told as unreachable; milliseconds. */
const LONGEST_PLAN_MS = 30_000;

/**
 * Plans the erasure of one person over all services at once. Nothing is changed anywhere. A service that fails is a
 * blocker, and the rest of the plan is there.
 */
export async function planErasure(world: Planning, account: Account): Promise<ErasurePlan> {
  const asked = await Promise.all(world.registry.services.map((service) => planOf(world, account, service.name)));
  const items = asked.flatMap(({ plan }) => plan.items.map((item) => ({ ...item, service: plan.service })));
  const underWay = await requestsUnderWay(world.db, account.id);
  const blockers = [
    ...asked.flatMap(({ plan, failure }): Blocker[] => {
      if (failure !== null) return [{ kind: 'UNREACHABLE', subject: plan.service, refusal: null, message: failure }];
      return plan.refusals.map((refusal) => ({ kind: 'REFUSED', subject: plan.service, refusal, message: '' }));
    }),
    ...underWay.map(
      ({ type, id }): Blocker => ({
        kind: 'REQUEST_UNDER_WAY',
        subject: type,
        refusal: null,
        message: `request ${id} (${type}) still needs the data: let it end, or cancel it`,
      }),
    ),
  ];
  return { accountId: account.id, items, blockers, digest: digestOf(account.id, items, blockers) };
}

async function planOf(
  world: Planning,
  account: Account,
  service: string,
): Promise<{ plan: ServiceErasurePlan; failure: string | null }> {
  if (world.registry.find(service)?.kind === 'CORE') return { plan: await planOwnPart(world, account), failure: null };
  const signal = AbortSignal.timeout(LONGEST_PLAN_MS);
  const nothing = { service, items: [], refusals: [] };
  try {
    const { erasure } = world.registry.connector(service);
    return { plan: await erasure.plan(subjectAt(account, service), { heldBack: [] }, signal), failure: null };
  } catch (error) {
    if (error instanceof ServiceError) return { plan: nothing, failure: error.message };
    if (signal.aborted) return { plan: nothing, failure: `${service} has not answered within 30 seconds.` };
    throw error;
  }
}

/**
 * What is approved: what becomes of each collection and why, whatever is kept and until when, and what stands in the
 * way. Further records that go like those before them are covered; any other change makes another digest.
 */
function digestOf(accountId: string, items: readonly PlannedItem[], blockers: readonly Blocker[]): string {
  const facts = items
    .map(({ service, collection, action, records, reason, legalGround, keepUntil }) => {
      // What Habeas keeps itself grows with every look at this very plan.
      const kept = action === 'KEEP' && service !== CORE.name ? [records, keepUntil] : [];
      return JSON.stringify([service, collection, action, reason, legalGround, ...kept]);
    })
    .sort();
  const standing = blockers.map(({ kind, subject, refusal }) => JSON.stringify([kind, subject, refusal?.code])).sort();
  return createHash('sha256')
    .update(JSON.stringify([accountId, facts, standing]))
    .digest('hex');
}

/** What stands in the way, in the reader's language (BCP 47) where the service speaks it, else in English or its own. */
export function blockerText({ subject, refusal, message }: Blocker, language: string): string {
  if (!refusal) return message;
  const { message: words } = refusal;
  const spoken = [language, language.split('-')[0] ?? '', 'en', ...Object.keys(words)];
  const found = spoken.find((each) => Object.hasOwn(words, each));
  return `${subject} refuses (${refusal.code}): ${found === undefined ? 'no reason given' : words[found]}`;
}
