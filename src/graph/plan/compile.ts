import type {
  BatchFetchNode,
  FetchNode,
  FlattenNodePathSegment,
  PlanNode,
  QueryPlan,
  RequiresSelection,
} from '@graphql-hive/router-query-planner';
import {
  type FieldNode,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  type SelectionSetNode,
} from 'graphql';
import { ACCOUNT, accountEntities, type Beyond, markAccounts } from './accounts.js';
import type { FieldClasses } from './classes.js';
import { ACCOUNT_KEY } from './data.js';
import { Leaves } from './leaves.js';
import { fieldNode, keyOf, type Question, selectionSet, toQuestion, withoutSpreads } from './question.js';
import { compileRewrites } from './rewrites.js';
import type { EntityFetch, Fetch, Step } from './steps.js';
import type { Types } from './types.js';

/** What a plan is compiled against. */
export interface Setting {
  readonly types: Types;
  readonly classes: FieldClasses;
  /** `Type.field` of entity keys. */
  readonly keys: ReadonlySet<string>;
  /** What a service is called, by its name in plans. */
  readonly nameOf: (service: string) => string;
  /** Whether accounts are followed at all: without Habeas' own part there are none. */
  readonly hasAccounts: boolean;
  /**
   * Whether what is asked of accounts in the midst of a service's answer is asked by itself, so that it can be judged
   * first; these services can be asked so.
   */
  readonly asksApart: ((service: string) => boolean) | null;
}

/** Makes a plan ready to be carried out. Throws for a plan this executor does not understand. */
export function compilePlan(plan: QueryPlan, setting: Setting): Step | null {
  return plan.node ? new Compilation(setting).step(plan.node) : null;
}

const REPRESENTATIONS = 'representations';
const BY_ID: readonly RequiresSelection[] = [
  {
    kind: 'InlineFragment',
    typeCondition: ACCOUNT,
    selections: [
      { kind: 'Field', name: '__typename' },
      { kind: 'Field', name: 'id' },
    ],
  },
];

class Compilation {
  /** All questions about things, to be looked at once the plan is compiled. */
  readonly #entityFetches: EntityFetch[] = [];
  /** Where answers lead on to other accounts: names, lists left out. */
  readonly #links: (readonly string[])[] = [];

  constructor(private readonly setting: Setting) {}

  step(node: PlanNode): Step {
    switch (node.kind) {
      case 'Sequence':
        return { kind: 'sequence', steps: node.nodes.map((each) => this.step(each)) };
      case 'Parallel':
        return { kind: 'parallel', steps: node.nodes.map((each) => this.step(each)) };
      case 'Fetch':
        return this.root(node, 'root');
      case 'Subscription':
        return this.root(node.primary, 'subscription');
      case 'Flatten':
        if (node.node.kind !== 'Fetch') throw new Error(`the plan flattens a ${node.node.kind}`);
        return this.entities(node.node, [node.path]);
      case 'BatchFetch':
        return this.batch(node);
      case 'Condition':
        return {
          kind: 'condition',
          variable: node.condition,
          ifTrue: node.ifClause ? this.step(node.ifClause) : null,
          ifFalse: node.elseClause ? this.step(node.elseClause) : null,
        };
      case 'Defer':
        throw new Error('the plan defers a part');
    }
  }

  private root(node: FetchNode, kind: 'root' | 'subscription'): Step {
    const operation = withoutSpreads(parse(node.operation, { noLocation: true }));
    const root = this.setting.types.schema.getRootType(operation.operation)?.name ?? '';
    const beyond = this.beyondOf(node.serviceName);
    const marked = this.mark(operation, root, beyond);
    const fetch = this.fetch(node, marked, root);
    return this.followed({ kind, fetch }, node.serviceName, operation, [[]], beyond);
  }

  private entities(node: FetchNode, paths: readonly (readonly FlattenNodePathSegment[])[]): Step {
    const operation = withoutSpreads(parse(node.operation, { noLocation: true }));
    const beyond = this.beyondOf(node.serviceName);
    const fetch = this.entityFetch(node, operation, paths, beyond);
    return this.followed({ kind: 'entities', fetch }, node.serviceName, operation, paths, beyond);
  }

  private batch(node: BatchFetchNode): Step {
    const operation = withoutSpreads(parse(node.operation, { noLocation: true }));
    const { aliases } = node.entityBatch;
    const steps = aliases.map((alias) => {
      const alone = onlyEntities(operation, alias.alias, alias.representationsVariableName);
      return this.entities({ ...node, ...alias, kind: 'Fetch', operation: toQuestion(alone).text }, alias.paths);
    });
    const fetches = steps.flatMap((step) => (step.kind === 'entities' ? [step.fetch] : []));
    if (fetches.length < steps.length) return { kind: 'parallel', steps };
    return {
      kind: 'entity batch',
      fetches,
      question: toQuestion(this.mark(operation, 'Query', null)),
      aliases: aliases.map(({ alias, representationsVariableName }) => ({
        key: alias,
        variable: representationsVariableName,
      })),
    };
  }

  /** A step, and after it what was taken out of its question to be asked apart. */
  private followed(
    step: Step,
    service: string,
    operation: OperationDefinitionNode,
    paths: readonly (readonly FlattenNodePathSegment[])[],
    beyond: readonly Beyond[] | null,
  ): Step {
    if (!beyond || beyond.length === 0) return step;
    const apart = beyond.map(({ path, selections }) =>
      this.entities(
        {
          kind: 'Fetch',
          serviceName: service,
          operation: toQuestion(askingEntities(operation, selections)).text,
          requires: [...BY_ID],
        },
        paths.map((before) => [...before, ...path]),
      ),
    );
    return { kind: 'sequence', steps: [step, { kind: 'parallel', steps: apart }] };
  }

  private beyondOf(service: string): Beyond[] | null {
    return this.setting.asksApart?.(service) ? [] : null;
  }

  private mark(operation: OperationDefinitionNode, root: string, beyond: Beyond[] | null): OperationDefinitionNode {
    const { types, hasAccounts } = this.setting;
    if (!hasAccounts) return operation;
    // Habeas as a subgraph has the field in its own graph, where it is a field like others.
    const isEntities = !types.field('Query', '_entities') && operation.selectionSet.selections.some(isEntitiesField);
    const set = isEntities
      ? selectionSet(
          operation.selectionSet.selections.map((field) =>
            field.kind === Kind.FIELD && field.selectionSet
              ? { ...field, selectionSet: markAccounts(field.selectionSet, '_Entity', types, beyond) }
              : field,
          ),
        )
      : markAccounts(operation.selectionSet, root, types, beyond);
    return { ...operation, selectionSet: set };
  }

  private fetch(node: FetchNode, operation: OperationDefinitionNode, root: string): Fetch {
    const leaves = this.leaves(operation.selectionSet, root, node.serviceName);
    return {
      service: node.serviceName,
      operation: node.operationKind ? OperationTypeNode[upper(node.operationKind)] : operation.operation,
      question: toQuestion(operation),
      rewrites: compileRewrites(node.outputRewrites),
      topKeys: topKeysOf(operation.selectionSet.selections),
      leaves: leaves.all(),
    };
  }

  private entityFetch(
    node: FetchNode,
    operation: OperationDefinitionNode,
    paths: readonly (readonly FlattenNodePathSegment[])[],
    beyond: Beyond[] | null,
  ): EntityFetch {
    const { classes } = this.setting;
    const marked = this.mark(operation, 'Query', beyond);
    const asked = marked.selectionSet.selections.find(isEntitiesField);
    if (!asked?.selectionSet) throw new Error('the plan asks for entities without saying what of them');
    const leaves = this.leaves(asked.selectionSet, '_Entity', node.serviceName);
    const questions = new Map<string, Question | null>();
    const fetch: EntityFetch = {
      ...this.fetch(node, marked, 'Query'),
      operation: OperationTypeNode.QUERY,
      topKeys: topKeysOf(asked.selectionSet.selections),
      leaves: leaves.all(),
      paths,
      requires: node.requires ?? [],
      inputRewrites: compileRewrites(node.inputRewrites),
      isPersonal: leaves.all().some((leaf) => leaf.classes.some((number) => classes.all[number]?.category != null)),
      without: (mask, isRefused) => {
        const known = questions.get(mask);
        if (known !== undefined) return known;
        const leadsOn = (path: readonly string[]) => this.#leadsToPermitted(fetch, path, isRefused);
        const set = leaves.without({ isRefused, leadsOn });
        const field = set && { ...asked, selectionSet: set };
        const question = field && toQuestion({ ...marked, selectionSet: selectionSet([field]) });
        questions.set(mask, question);
        return question;
      },
    };
    this.#entityFetches.push(fetch);
    for (const link of leaves.links) for (const path of paths) this.#links.push([...namesIn(path), ...link]);
    return fetch;
  }

  private leaves(set: SelectionSetNode, root: string, service: string): Leaves {
    const { types, classes, keys, nameOf } = this.setting;
    return new Leaves(set, root, { types, classes, keys, service: nameOf(service) });
  }

  /**
   * Whether the key of a thing in one service's answer leads to something of another's that may be read of the same
   * person.
   */
  #leadsToPermitted(
    { paths }: EntityFetch,
    below: readonly string[],
    isRefused: (classes: readonly number[]) => boolean,
  ): boolean {
    const from = paths.map((path) => [...namesIn(path), ...below]);
    const isBelow = (names: readonly string[], start: readonly string[]) =>
      startsWith(names, start) &&
      !this.#links.some((link) => link.length > start.length && startsWith(names, link) && startsWith(link, start));
    return this.#entityFetches.some(
      (other) =>
        other.leaves.some(({ classes }) => !isRefused(classes)) &&
        other.paths.some((path) => from.some((start) => isBelow(namesIn(path), start))),
    );
  }
}

const namesIn = (path: readonly FlattenNodePathSegment[]): readonly string[] =>
  path.flatMap((segment) => (segment !== '@' && 'Field' in segment ? [segment.Field] : []));

const startsWith = (path: readonly string[], start: readonly string[]) =>
  start.every((name, index) => path[index] === name);

const isEntitiesField = (node: { kind: string }): node is FieldNode =>
  node.kind === Kind.FIELD && (node as FieldNode).name.value === '_entities';

/** The part of a batch that asks for one kind of thing, as a question of its own. */
function onlyEntities(operation: OperationDefinitionNode, alias: string, variable: string): OperationDefinitionNode {
  const field = operation.selectionSet.selections.find((each) => each.kind === Kind.FIELD && keyOf(each) === alias);
  if (field?.kind !== Kind.FIELD || !field.selectionSet) throw new Error('the plan names a part it does not ask for');
  return {
    ...operation,
    variableDefinitions: (operation.variableDefinitions ?? []).map((definition) =>
      definition.variable.name.value === variable
        ? { ...definition, variable: { ...definition.variable, name: { kind: Kind.NAME, value: REPRESENTATIONS } } }
        : definition,
    ),
    selectionSet: selectionSet([entitiesField(field.selectionSet.selections)]),
  };
}

function askingEntities(
  { variableDefinitions = [] }: OperationDefinitionNode,
  selections: Beyond['selections'],
): OperationDefinitionNode {
  const others = variableDefinitions.filter(({ variable }) => variable.name.value !== REPRESENTATIONS);
  return {
    kind: Kind.OPERATION_DEFINITION,
    operation: OperationTypeNode.QUERY,
    variableDefinitions: [...others, ...REPRESENTATIONS_DEFINITION],
    selectionSet: selectionSet([entitiesField(accountEntities(selections).selections)]),
  };
}

const entitiesField = (selections: Beyond['selections']): FieldNode => ({
  ...fieldNode('_entities'),
  arguments: [
    {
      kind: Kind.ARGUMENT,
      name: { kind: Kind.NAME, value: REPRESENTATIONS },
      value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: REPRESENTATIONS } },
    },
  ],
  selectionSet: selectionSet(selections),
});

const REPRESENTATIONS_DEFINITION =
  withoutSpreads(parse(`query ($${REPRESENTATIONS}: [_Any!]!) { __typename }`, { noLocation: true }))
    .variableDefinitions ?? [];

/** Keys the answer is expected under, fragments looked through. */
function topKeysOf(selections: OperationDefinitionNode['selectionSet']['selections']): string[] {
  const keys = selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [keyOf(selection)];
    return selection.kind === Kind.INLINE_FRAGMENT ? topKeysOf(selection.selectionSet.selections) : [];
  });
  return [...new Set(keys)].filter((key) => key !== '__typename' && key !== ACCOUNT_KEY);
}

const upper = (kind: 'query' | 'mutation' | 'subscription') =>
  kind.toUpperCase() as 'QUERY' | 'MUTATION' | 'SUBSCRIPTION';
