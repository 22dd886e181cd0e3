import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner';
import { Kind, type SelectionSetNode } from 'graphql';
import type { Registry } from '../../services/registry.js';
import type { Affiliation, ServiceKind } from '../../services/service.js';
import { ACCOUNT } from '../plan/accounts.js';
import type { Composed } from '../plan/operation.js';
import type { Question } from '../plan/question.js';
import type { EntityFetch, Fetch, Step } from '../plan/steps.js';

/** How many people a question is asked about, for counting calls. */
export const CROWDS = [1, 50, 200] as const;
/** Calls by the number of people. */
export type Calls = Readonly<Record<(typeof CROWDS)[number], number>>;

/** One question to one service, as the plan has it. */
export interface PlannedCall {
  /** Calls of one order are made at the same time, one order after the other. */
  readonly order: number;
  readonly service: string;
  readonly kind: ServiceKind;
  readonly affiliation: Affiliation;
  /** Where in the answer its part stands; empty for the root. */
  readonly at: readonly string[];
  /** What is asked about: types of entities; empty for root fields. */
  readonly about: readonly string[];
  /** The sub-request as it leaves when nothing of it is withheld. */
  readonly asks: string;
  /** Made only where these variables have these values. */
  readonly onlyIf: Readonly<Record<string, boolean>>;
  /** 0 for Habeas' own part, which is answered in the process. */
  readonly calls: Calls;
  /** How it is asked: what a call is. */
  readonly means: 'in process' | 'GraphQL request' | 'GET for each person' | 'SQL statement';
}

/** People and things in one call at most. */
const MOST_IN_ONE = 200;

/** The calls of a plan in the order they are made. */
export function plannedCalls(step: Step | null, composed: Composed, registry: Registry): PlannedCall[] {
  return step ? new Listing(composed, registry).list(step) : [];
}

class Listing {
  readonly #calls: PlannedCall[] = [];

  constructor(
    private readonly composed: Composed,
    private readonly registry: Registry,
  ) {}

  list(step: Step): PlannedCall[] {
    this.#walk(step, 1, {});
    return this.#calls.sort((one, other) => one.order - other.order);
  }

  /** Answers the order of what comes after. */
  #walk(step: Step, order: number, onlyIf: PlannedCall['onlyIf']): number {
    switch (step.kind) {
      case 'sequence':
        return step.steps.reduce((next, each) => this.#walk(each, next, onlyIf), order);
      case 'parallel':
        return Math.max(order, ...step.steps.map((each) => this.#walk(each, order, onlyIf)));
      case 'condition': {
        const { variable, ifTrue, ifFalse } = step;
        const then = ifTrue ? this.#walk(ifTrue, order, { ...onlyIf, [variable]: true }) : order;
        const otherwise = ifFalse ? this.#walk(ifFalse, order, { ...onlyIf, [variable]: false }) : order;
        return Math.max(then, otherwise);
      }
      case 'root':
      case 'subscription':
        this.#add(step.fetch, step.fetch.question, [], order, onlyIf);
        return order + 1;
      case 'entities':
        this.#add(step.fetch, step.fetch.question, [step.fetch], order, onlyIf);
        return order + 1;
      case 'entity batch': {
        const [first] = step.fetches;
        if (first) this.#add(first, step.question, step.fetches, order, onlyIf);
        return order + 1;
      }
    }
  }

  #add(
    fetch: Fetch,
    question: Question,
    entities: readonly EntityFetch[],
    order: number,
    onlyIf: PlannedCall['onlyIf'],
  ): void {
    const name = this.composed.nameOf(fetch.service);
    const { kind = 'SUBGRAPH', affiliation = 'AFFILIATED', field = '' } = this.registry.find(name) ?? {};
    const about = [...new Set(entities.flatMap(({ requires }) => typesIn(requires)))];
    const times = (people: number) => {
      const batches = about.includes(ACCOUNT) ? Math.ceil(people / MOST_IN_ONE) : 1;
      return { CORE: 0, SUBGRAPH: batches, HTTP: people, POSTGRES: batches * collectionsIn(question, field) }[kind];
    };
    this.#calls.push({
      order,
      service: name,
      kind,
      affiliation,
      at: [...new Set(entities.flatMap(({ paths }) => paths.map(printPath)))],
      about,
      asks: question.text,
      onlyIf,
      calls: { 1: times(1), 50: times(50), 200: times(200) },
      means: MEANS[kind],
    });
  }
}

const MEANS = {
  CORE: 'in process',
  SUBGRAPH: 'GraphQL request',
  HTTP: 'GET for each person',
  POSTGRES: 'SQL statement',
} as const satisfies Record<ServiceKind, PlannedCall['means']>;

/** All calls of a plan together. */
export function callsIn(planned: readonly PlannedCall[]): Calls {
  const sum = (people: keyof Calls) => planned.reduce((total, { calls }) => total + calls[people], 0);
  return { 1: sum(1), 50: sum(50), 200: sum(200) };
}

const typesIn = (requires: EntityFetch['requires']): string[] =>
  requires.flatMap((wanted) => (wanted.kind === 'InlineFragment' ? [wanted.typeCondition] : []));

/** `account.training.bookings`: lists and types left out. */
function printPath(path: readonly FlattenNodePathSegment[]): string {
  return path
    .flatMap((segment) => (typeof segment === 'object' && 'Field' in segment ? [segment.Field] : []))
    .join('.');
}

/** A database is asked for each collection by a statement of its own. */
function collectionsIn({ document }: Question, field: string): number {
  let count = 0;
  const look = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) continue;
      const isService = selection.kind === Kind.FIELD && selection.name.value === field;
      if (!isService) look(selection.selectionSet);
      else
        count += selection.selectionSet.selections.filter(
          (each) => each.kind === Kind.FIELD && each.selectionSet,
        ).length;
    }
  };
  for (const definition of document.definitions) {
    if (definition.kind === Kind.OPERATION_DEFINITION) look(definition.selectionSet);
  }
  return count;
}
