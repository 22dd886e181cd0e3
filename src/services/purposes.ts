import type { ReadPurpose } from '../gate/decide.js';
import type { LawfulBasis, Service } from './service.js';
import { covers, taxonomy as standardTaxonomy, type Taxonomy } from './taxonomy.js';

/** A reason for which some service uses personal data, as the person is told of it. */
export interface DeclaredPurpose {
  /** Fideslang data use. */
  readonly key: string;
  readonly title: string;
  readonly description: string;
  readonly lawfulBasis: LawfulBasis;
  /** Direct marketing: objecting to it is absolute (UK GDPR Article 21(2)). */
  readonly marketing: boolean;
}

/** Whether a use is direct marketing. */
export function isMarketing(use: string): boolean {
  return covers('marketing', use);
}

/** Whether a use builds a picture of a person to judge them by, or uses one (UK GDPR Article 4(4)), or lies below such. */
export function isProfiling(use: string): boolean {
  return use.split('.').some((segment) => PROFILING.has(segment));
}

const PROFILING = new Set(['profiling', 'profiled']);

/**
 * The bases in the order of how much say they leave the person: consent can be withdrawn (Article 7(3)), the next two
 * objected to (Article 21(1)), the others neither.
 */
const MOST_SAY_FIRST: readonly LawfulBasis[] = [
  'CONSENT',
  'LEGITIMATE_INTERESTS',
  'PUBLIC_TASK',
  'CONTRACT',
  'LEGAL_OBLIGATION',
  'VITAL_INTERESTS',
];

/**
 * The declared data uses a field of these categories may be read for: every category must be covered by a declaration
 * of the use or of one above it. Sorted; empty for an unclassified field.
 */
export function purposesOf(service: Service, categories: readonly string[]): string[] {
  if (categories.length === 0) return [];
  const uses = [...new Set(service.declarations.map(({ dataUse }) => dataUse))].sort();
  return uses.filter((use) =>
    categories.every((category) =>
      service.declarations.some(
        ({ dataUse, dataCategories }) =>
          covers(dataUse, use) && dataCategories.some((declared) => covers(declared, category)),
      ),
    ),
  );
}

/** Whether a field readable for `purposes` may be read for `purpose`: one of them is it or lies above it. */
export function mayRead(purposes: readonly string[], purpose: string): boolean {
  return purposes.some((allowed) => covers(allowed, purpose));
}

/**
 * Every data use the services declare, once, sorted by key. Where their lawful bases differ, the one that leaves the
 * person most say holds; a declaration that names none counts as consent, so that nothing happens without a "yes".
 */
export function declaredPurposes(
  services: readonly Service[],
  taxonomy: Taxonomy = standardTaxonomy,
): readonly DeclaredPurpose[] {
  const bases = new Map<string, LawfulBasis[]>();
  for (const { dataUse, lawfulBasis } of services.flatMap(({ declarations }) => declarations)) {
    bases.set(dataUse, [...(bases.get(dataUse) ?? []), lawfulBasis ?? 'CONSENT']);
  }
  return [...bases.keys()].sort().map((key) => {
    const term = taxonomy.use(key);
    return {
      key,
      title: term?.title ?? key,
      description: term?.description ?? '',
      lawfulBasis: MOST_SAY_FIRST.find((basis) => bases.get(key)?.includes(basis)) ?? 'CONSENT',
      marketing: isMarketing(key),
    };
  });
}

/** What a use is read for: the basis that leaves the person most say, among its declarations and those of uses above it. */
export function readPurpose(services: readonly Service[], key: string): ReadPurpose {
  const bearing = declaredPurposes(services).filter((declared) => covers(declared.key, key));
  const basis = MOST_SAY_FIRST.find((each) => bearing.some(({ lawfulBasis }) => lawfulBasis === each)) ?? 'CONSENT';
  return { key, basis, marketing: covers('marketing', key) };
}

/** A use and those above it, the widest first. */
export function withAncestors(key: string): string[] {
  const parts = key.split('.');
  return parts.map((_part, index) => parts.slice(0, index + 1).join('.'));
}
