import type postgres from 'postgres';

/** What a published version says of one use. */
interface Fact {
  readonly version: number;
  readonly material: boolean;
  readonly categories: readonly string[];
}

/**
 * What the published versions say of each use. A version never changes once published, so what is known is kept for
 * good; which versions are in force is for the caller to have read at the moment of asking.
 */
export class PolicyFacts {
  readonly #byPurpose = new Map<string, readonly Fact[]>();
  #newest = 0;

  constructor(private readonly sql: postgres.Sql) {}

  /** Makes sure that versions up to this one are known. */
  async cover(version: number): Promise<void> {
    if (version <= this.#newest) return;
    const rows = await this.sql<({ purpose: string } & Fact)[]>`
      select purpose, version, material, categories from policy_purposes order by version`;
    this.#byPurpose.clear();
    for (const { purpose, ...fact } of rows) {
      this.#byPurpose.set(purpose, [...(this.#byPurpose.get(purpose) ?? []), fact]);
    }
    this.#newest = Math.max(version, rows.at(-1)?.version ?? 0);
  }

  /** The categories a version names for a use; none where it does not name the use. */
  categories(purpose: string, version: number): readonly string[] {
    return this.#byPurpose.get(purpose)?.find((fact) => fact.version === version)?.categories ?? [];
  }

  /** Whether a version after `version`, up to `inForce`, changed the use so much that people have to be asked again. */
  changedSince(purpose: string, version: number, inForce: number): boolean {
    const facts = this.#byPurpose.get(purpose);
    return facts?.some((fact) => fact.material && fact.version > version && fact.version <= inForce) ?? false;
  }
}

const known = new WeakMap<postgres.Sql, PolicyFacts>();

/** The facts of the database behind `sql`. */
export function policyFacts(sql: postgres.Sql): PolicyFacts {
  const facts = known.get(sql) ?? new PolicyFacts(sql);
  known.set(sql, facts);
  return facts;
}
