import type { FlattenNodePathSegment, RequiresSelection } from '@graphql-hive/router-query-planner';
import type { OperationTypeNode } from 'graphql';
import type { Leaf } from './leaves.js';
import type { Question } from './question.js';
import type { Rewrite } from './rewrites.js';

/** One question to one service. */
export interface Fetch {
  readonly service: string;
  readonly operation: OperationTypeNode;
  readonly question: Question;
  readonly rewrites: readonly Rewrite[];
  /** Keys at the top of what is asked: where a failure of the whole shows in the answer. */
  readonly topKeys: readonly string[];
  readonly leaves: readonly Leaf[];
}

/** One question to one service about things another has named. */
export interface EntityFetch extends Fetch {
  readonly paths: readonly (readonly FlattenNodePathSegment[])[];
  readonly requires: readonly RequiresSelection[];
  readonly inputRewrites: readonly Rewrite[];
  /** Whether it asks for anything that belongs to a person. */
  readonly isPersonal: boolean;
  /** The question without what is refused, made once per `mask`; null where nothing is left to ask. */
  without(mask: string, isRefused: (classes: readonly number[]) => boolean): Question | null;
}

/** What is done, and in which order, to answer an operation. */
export type Step =
  | { readonly kind: 'sequence'; readonly steps: readonly Step[] }
  | { readonly kind: 'parallel'; readonly steps: readonly Step[] }
  | { readonly kind: 'root'; readonly fetch: Fetch }
  | { readonly kind: 'entities'; readonly fetch: EntityFetch }
  | {
      /** Several questions about things of one service in one request: as long as nothing is left out of any. */
      readonly kind: 'entity batch';
      readonly fetches: readonly EntityFetch[];
      readonly question: Question;
      /** For each fetch, its key in the answer and the variable of its representations. */
      readonly aliases: readonly { readonly key: string; readonly variable: string }[];
    }
  | {
      readonly kind: 'condition';
      readonly variable: string;
      readonly ifTrue: Step | null;
      readonly ifFalse: Step | null;
    }
  | { readonly kind: 'subscription'; readonly fetch: Fetch };

/** Every question of a plan, for what is decided before any is asked. */
export function fetchesOf(step: Step | null): readonly Fetch[] {
  if (!step) return [];
  switch (step.kind) {
    case 'sequence':
    case 'parallel':
      return step.steps.flatMap(fetchesOf);
    case 'root':
    case 'entities':
    case 'subscription':
      return [step.fetch];
    case 'entity batch':
      return step.fetches;
    case 'condition':
      return [...fetchesOf(step.ifTrue), ...fetchesOf(step.ifFalse)];
  }
}
