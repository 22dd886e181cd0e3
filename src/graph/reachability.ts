import { QueryPlanner } from '@graphql-hive/router-query-planner';
import type { GraphQLError } from 'graphql';

const SATISFIABILITY = 'SATISFIABILITY_ERROR';
const QUESTION = /^The following supergraph API query:\n([\s\S]+?)\ncannot be satisfied/;

/**
 * Whether all that composition found wrong is that something cannot be reached, and yet it can: the planner knows a way
 * to each of its examples. `@theguild/federation-composition` 0.27 does not follow every fragment in `@requires`.
 *
 * @param supergraphSdl the same parts composed without that check.
 */
export function isReachableAfterAll(errors: readonly GraphQLError[], supergraphSdl: string): boolean {
  const questions = errors.map(({ message, extensions }) =>
    extensions.code === SATISFIABILITY ? QUESTION.exec(message)?.[1] : undefined,
  );
  if (questions.length === 0 || questions.includes(undefined)) return false;
  try {
    const planner = new QueryPlanner(supergraphSdl);
    for (const question of questions) planner.plan(question ?? '', undefined, new Set(), 0);
    return true;
  } catch {
    return false; // it has no plan, so that composition is right
  }
}
