import { createHash } from 'node:crypto';
import { type Account, subjectAt } from '../accounts/accounts.js';
import { ServiceError } from '../errors.js';
import { requestsUnderWay } from '../requests/requests.js';
import { CORE } from '../services/core.js';
import type { ErasureItem, ErasureRefusal, ServiceErasurePlan } from '../services/erasing.js';
import type { Service } from '../services/service.js';
import type { World } from '../world.js';
import { type Hold, holdsOn, isHeld } from './holds.js';
import { planOwnPart } from './own-part.js';

/** What an erasure does with some records of one collection of one service. */
export interface PlannedItem extends ErasureItem {
  readonly service: string;
}

/** Why an erasure cannot be carried out as things are. */
export interface Blocker {
  readonly kind: 'LEGAL_HOLD' | 'REFUSED' | 'UNREACHABLE' | 'REQUEST_UNDER_WAY';
  /** The hold, the service, or the right of the request. */
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
  const standing = await holdsOn(world.db, account.id);
  const asked = await Promise.all(world.registry.services.map((service) => planOf(world, account, service, standing)));
  const items = asked.flatMap(({ plan }) => plan.items.map((item) => ({ ...item, service: plan.service })));
  const underWay = await requestsUnderWay(world.db, account.id);
  const blockers = [
    // A hold on a part is kept by leaving that part alone; one on everything leaves nothing to be done.
    ...standing
      .filter(({ service }) => service === null)
      .map(
        ({ id, reason }): Blocker => ({
          kind: 'LEGAL_HOLD',
          subject: id,
          refusal: null,
          message: `legal hold ${id}: ${reason}`,
        }),
      ),
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
  service: Service,
  standing: readonly Hold[],
): Promise<{ plan: ServiceErasurePlan; failure: string | null }> {
  const signal = AbortSignal.timeout(LONGEST_PLAN_MS);
  try {
    const scope = { heldBack: await heldBackAt(world, service, standing) };
    if (service.kind === 'CORE') return { plan: await planOwnPart(world, account, scope), failure: null };
    const { erasure } = world.registry.connector(service.name);
    return { plan: await erasure.plan(subjectAt(account, service.name), scope, signal), failure: null };
  } catch (error) {
    const nothing = { service: service.name, items: [], refusals: [] };
    if (error instanceof ServiceError) return { plan: nothing, failure: error.message };
    if (signal.aborted) return { plan: nothing, failure: `${service.name} has not answered within 30 seconds.` };
    throw error;
  }
}

/** Names of a service's collections that a hold keeps as they are. */
async function heldBackAt(world: Planning, service: Service, standing: readonly Hold[]): Promise<string[]> {
  const concerned = standing.some((hold) => hold.service === null || hold.service === service.name);
  if (!concerned) return [];
  const datasets = await world.registry.datasets(service);
  const names = datasets.flatMap(({ collections }) => collections.map(({ name }) => name));
  return names.filter((name) => isHeld(standing, service.name, name));
}

/**
 * What is approved: what becomes of each collection and why, whatever is kept and until when, and what stands in the
 * way. Further records that go like those before them are covered; any other change makes another digest.
 */
function digestOf(accountId: string, items: readonly PlannedItem[], blockers: readonly Blocker[]): string {
  const facts = items
    .filter((item) => !isOwnProof(item))
    .map(({ service, collection, action, records, reason, legalGround, keepUntil }) => {
      const kept = action === 'KEEP' ? [records, keepUntil] : [];
      return JSON.stringify([service, collection, action, reason, legalGround, ...kept]);
    })
    .sort();
  const standing = blockers.map(({ kind, subject, refusal }) => JSON.stringify([kind, subject, refusal?.code])).sort();
  return createHash('sha256')
    .update(JSON.stringify([accountId, facts, standing]))
    .digest('hex');
}

/** What Habeas keeps as proof grows with every look at this very plan, and is kept by the same rule for everybody. */
const isOwnProof = ({ service, action, legalGround }: PlannedItem) =>
  service === CORE.name && action === 'KEEP' && legalGround !== null;

/** What stands in the way, in the reader's language (BCP 47) where the service speaks it, else in English or its own. */
export function blockerText({ subject, refusal, message }: Blocker, language: string): string {
  if (!refusal) return message;
  const { message: words } = refusal;
  const spoken = [language, language.split('-')[0] ?? '', 'en', ...Object.keys(words)];
  const found = spoken.find((each) => Object.hasOwn(words, each));
  return `${subject} refuses (${refusal.code}): ${found === undefined ? 'no reason given' : words[found]}`;
}
