import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  print,
  type ValueNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import type { GovernedFields } from '../governed-fields.js';
import type { FieldClasses } from './classes.js';
import { compilePlan } from './compile.js';
import { plannable } from './plannable.js';
import type { Planner } from './planner.js';
import { Shape } from './shape.js';
import { fetchesOf, type Step } from './steps.js';
import { Types } from './types.js';

/** All that is known of one generation of the graph, for preparing operations. */
export interface Composed {
  readonly planner: Planner;
  /** The supergraph, with what callers do not see. */
  readonly whole: Types;
  /** What callers see. */
  readonly visible: Types;
  readonly schema: GraphQLSchema;
  readonly governed: GovernedFields;
  readonly classes: FieldClasses;
  /** Whether Habeas' own part, and with it `Account`, is in the graph. */
  readonly hasAccounts: boolean;
  /** What a service is called, by its name in plans. */
  readonly nameOf: (service: string) => string;
  readonly isOwn: (service: string) => boolean;
  /** Whether a service can be asked about accounts by their id. */
  readonly knowsAccounts: (service: string) => boolean;
}

/** An operation made ready: planned, compiled, and the shape of its answer, each once. */
export class PreparedOperation {
  readonly #fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly #conditions: readonly string[];
  readonly #named: readonly ValueNode[];
  /** For the planner; empty where there is nothing to plan. */
  readonly #text: string;
  readonly #plans = new Map<string, Step | null>();
  readonly #shapes = new Map<string, Shape>();

  constructor(
    document: DocumentNode,
    readonly operation: OperationDefinitionNode,
    private readonly composed: Composed,
  ) {
    const fragments = document.definitions.filter((each) => each.kind === Kind.FRAGMENT_DEFINITION);
    this.#fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
    this.#conditions = conditionsOf(document);
    this.#named = composed.hasAccounts ? idsNamedIn(operation) : [];
    const planned = plannable(document, operation, composed.schema);
    this.#text = planned ? print(planned) : '';
  }

  /**
   * The plan. `isJudged`: people are judged before anything is asked of them, so that what lies beyond other accounts
   * is asked apart.
   */
  plan(isJudged: boolean): Step | null {
    const { planner, whole, governed, classes, hasAccounts, isOwn, knowsAccounts, nameOf } = this.composed;
    const variant = planner.draw();
    const key = `${variant}|${isJudged}`;
    const known = this.#plans.get(key);
    if (known !== undefined) return known;
    const plan = this.#text
      ? compilePlan(planner.plan(this.#text, this.operation.name?.value, variant), {
          types: whole,
          classes,
          keys: governed.keys,
          nameOf,
          hasAccounts,
          asksApart: isJudged ? (service) => !isOwn(service) && knowsAccounts(service) : null,
        })
      : null;
    this.#plans.set(key, plan);
    return plan;
  }

  /** The shape of the answer, for these values of the variables that decide what is in it. */
  shape(variables: Readonly<Record<string, unknown>>): Shape {
    const key = this.#conditions.map((name) => (variables[name] === true ? '1' : '0')).join('');
    const known = this.#shapes.get(key);
    if (known) return known;
    const { visible, classes, schema } = this.composed;
    const root = schema.getRootType(this.operation.operation);
    if (!root) throw new Error(`the graph has no ${this.operation.operation}`);
    const setting = { types: visible, classes, fragments: this.#fragments, variables: { ...variables } };
    const shape = new Shape(root, [this.operation.selectionSet], setting).workOut();
    this.#shapes.set(key, shape);
    return shape;
  }

  /** Ids of accounts that are asked for by id at the root, as they are written there: known before anything is read. */
  accountsNamed(variables: Readonly<Record<string, unknown>>): string[] {
    const values = this.#named.flatMap((node) => valueFromASTUntyped(node, variables) as unknown);
    return values.filter((value) => typeof value === 'string').map((id) => id.toLowerCase());
  }

  /**
   * Personal data the plan asks services for without anybody being known whose it is, so that it cannot be judged, or
   * that the purpose may not read although another service requires it. `Type.field`, sorted.
   */
  unjudgeable(mayRead: (purposes: readonly string[]) => boolean): string[] {
    const { governed, isOwn } = this.composed;
    const found = new Set<string>();
    for (const fetch of fetchesOf(this.plan(true))) {
      for (const { coordinates, isBeyond } of fetch.leaves) {
        for (const coordinate of coordinates) {
          const personal = governed.fields.get(coordinate);
          if (!personal) continue;
          const isNobodys = !isOwn(fetch.service) && (isBeyond || !('paths' in fetch));
          if (isNobodys || !mayRead(personal.purposes)) found.add(coordinate);
        }
      }
    }
    return [...found].sort();
  }
}

/** What is given for the account ids at the top of an operation. */
function idsNamedIn({ selectionSet }: OperationDefinitionNode): ValueNode[] {
  return selectionSet.selections.flatMap((selection) => {
    if (selection.kind !== Kind.FIELD) return [];
    const wanted = { account: 'id', accounts: 'ids' }[selection.name.value];
    return (selection.arguments ?? []).flatMap(({ name, value }) => (name.value === wanted ? [value] : []));
  });
}

/** Variables that `@skip` and `@include` look at, sorted. */
function conditionsOf(document: DocumentNode): string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ name, arguments: given }) => {
      if (name.value !== 'skip' && name.value !== 'include') return;
      const value = given?.[0]?.value;
      if (value?.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names].sort();
}
