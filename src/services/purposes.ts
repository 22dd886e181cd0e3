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
      marketing: covers('marketing', key),
    };
  });
}

/**
 * Whether nothing may happen for `purpose` without the person's consent: some service declares it, or a use above it,
 * on that basis (Article 6(1)(a)).
 */
export function restsOnConsent(services: readonly Service[], purpose: string): boolean {
  return declaredPurposes(services).some(({ key, lawfulBasis }) => lawfulBasis === 'CONSENT' && covers(key, purpose));
}
