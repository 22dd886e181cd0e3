import { type QueryPlan, QueryPlanner } from '@graphql-hive/router-query-planner';

/** Plans operations over one supergraph. */
export class Planner {
  readonly #planner: QueryPlanner;
  /** Shares of requests, in percent, at which progressive overrides differ (`@override(label: "percent(5)")`). */
  readonly #shares: readonly number[];

  constructor(supergraphSdl: string) {
    this.#planner = new QueryPlanner(supergraphSdl);
    this.#shares = [...new Set(this.#planner.overridePercentages)].sort((one, other) => one - other);
  }

  /** The public schema: what callers see of the supergraph. */
  get publicSdl(): string {
    return this.#planner.consumerSchema;
  }

  /** Which of the plans this request takes, where services hand fields over step by step. */
  draw(): number {
    if (this.#shares.length === 0) return 0;
    const share = Math.random() * 100;
    return this.#shares.filter((step) => share > step).length;
  }

  /** @param variant as drawn. */
  plan(text: string, operationName: string | undefined, variant: number): QueryPlan {
    const passed = this.#shares.slice(0, variant);
    const labels = new Set(passed.map((step) => `percent(${step})`));
    return this.#planner.plan(text, operationName, labels, passed.at(-1) ?? 0);
  }
}
