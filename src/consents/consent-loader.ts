import DataLoader from 'dataloader';
import { type PolicyPurpose, purposesInForce } from '../policies/policies.js';
import { type DeclaredPurpose, declaredPurposes } from '../services/purposes.js';
import { covers } from '../services/taxonomy.js';
import type { RequestContext } from '../world.js';
import { type CurrentConsent, currentConsents } from './current.js';

/** Where a person stands on a use, as the person is told of it. */
export interface ConsentTold {
  readonly purpose: DeclaredPurpose;
  /** Null: the person has not said. */
  readonly said: CurrentConsent | null;
}

interface Loaders {
  readonly said: DataLoader<string, readonly CurrentConsent[]>;
  readonly asked: () => Promise<readonly PolicyPurpose[]>;
}

const loaders = new WeakMap<RequestContext, Loaders>();

/** One entry per use that needs consent, or that the person has said something of; sorted by key. */
export async function consentsTold(context: RequestContext, accountId: string): Promise<ConsentTold[]> {
  const { said, asked } = loadersOf(context);
  const { registry } = context.world;
  const [consents, named] = await Promise.all([said.load(accountId), asked()]);
  const needed = [
    ...declaredPurposes(registry.services, registry.taxonomy).map(({ key, lawfulBasis }) => ({ key, lawfulBasis })),
    ...named.map(({ purpose, lawfulBasis }) => ({ key: purpose, lawfulBasis })),
  ];
  const keys = needed.filter(({ lawfulBasis }) => lawfulBasis === 'CONSENT').map(({ key }) => key);
  return tell(context, keys, consents);
}

/** What was said of each of these uses, and of the others something was said of; sorted by key. */
export async function tell(
  context: RequestContext,
  purposes: readonly string[],
  said: readonly CurrentConsent[],
): Promise<ConsentTold[]> {
  const { registry } = context.world;
  const named = await loadersOf(context).asked();
  const declared = declaredPurposes(registry.services, registry.taxonomy);
  const saidOf = new Map(said.map((each) => [each.purpose, each]));
  const keys = [...new Set([...purposes, ...saidOf.keys()])].sort();
  return keys.map((key) => ({ purpose: describe(key), said: saidOf.get(key) ?? null }));

  /** In the words of the policy in force, else in those of the services or the taxonomy. */
  function describe(key: string): DeclaredPurpose {
    const inPolicy = named.find(({ purpose }) => purpose === key);
    if (inPolicy) return { ...inPolicy, key };
    const term = registry.taxonomy.use(key);
    return (
      declared.find((each) => each.key === key) ?? {
        key,
        title: term?.title ?? key,
        description: term?.description ?? '',
        lawfulBasis: 'CONSENT',
        marketing: covers('marketing', key),
      }
    );
  }
}

function loadersOf(context: RequestContext): Loaders {
  let known = loaders.get(context);
  if (!known) {
    const { db, sql } = context.world;
    let named: Promise<readonly PolicyPurpose[]> | null = null;
    known = {
      said: new DataLoader(
        async (ids) => {
          const found = await currentConsents(sql, ids);
          return ids.map((id) => found.get(id) ?? []);
        },
        // Two mutations of one request must each see what they did.
        { cache: false },
      ),
      asked: () => {
        named ??= purposesInForce(db);
        return named;
      },
    };
    loaders.set(context, known);
  }
  return known;
}
