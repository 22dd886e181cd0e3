import { buildSchema, type DocumentNode, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import type { ReadQuestion } from '../audit/reads.js';
import type { Config } from '../config.js';
import { HabeasError, unauthenticated } from '../errors.js';
import type { Caller } from '../gate/caller.js';
import { mayRead, readPurpose } from '../services/purposes.js';
import type { Registry } from '../services/registry.js';
import type { RequestContext } from '../world.js';
import { type Answer, answer } from './answer.js';
import type { CoreSchema } from './core-schema.js';
import { dispatcher } from './dispatch.js';
import { readGovernedFields } from './governed-fields.js';
import { asksAboutSchema, introspect, schemaPart } from './introspection.js';
import { Judging } from './judging.js';
import { namingFirst } from './naming.js';
import { FieldClasses } from './plan/classes.js';
import { type Composed, PreparedOperation } from './plan/operation.js';
import { Planner } from './plan/planner.js';
import { Types } from './plan/types.js';
import { buildPublicSchema, finishPublicSchema } from './public-schema.js';
import { checkPurpose } from './purpose-check.js';
import { recordReads } from './record-reads.js';
import { OWN_PART, partNames, partsKnowingAccounts, type Subgraph } from './supergraph.js';

/** A question to the whole graph. */
export interface GraphRequest {
  readonly document: DocumentNode;
  /** The one of the document that is asked. */
  readonly operation: OperationDefinitionNode;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
  readonly context: RequestContext;
}

/** One generation of the graph: what it was composed of does not change. */
export interface Graph {
  /** The public schema, as callers see it. */
  readonly schema: GraphQLSchema;
  readonly supergraphSdl: string;
  /**
   * Refuses, before anything is planned, what this caller may never read. Throws `HabeasError`.
   * @param schema the public schema the question was validated against; by default the newest.
   */
  check(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    context: RequestContext,
    schema?: GraphQLSchema,
  ): void;
  /** Answers a question that `check` has let through with the same context. */
  execute(request: GraphRequest): Promise<Answer>;
}

/** What a graph is built of. */
export interface GraphParts {
  readonly registry: Registry;
  readonly core: CoreSchema;
  /** Habeas' own part; null where it is not in the graph. */
  readonly own: Subgraph | null;
  /** The services' parts. */
  readonly services: readonly Subgraph[];
  /** All of them, composed. */
  readonly supergraphSdl: string;
  readonly unclassified: Config['unclassified'];
}

/** All that is known of a graph before any question is asked. */
export function composedOf({ registry, core, own, services, supergraphSdl, unclassified }: GraphParts): Composed {
  const governed = readGovernedFields(supergraphSdl, own, services, unclassified);
  const planner = new Planner(supergraphSdl);
  const schema = buildPublicSchema(planner.publicSdl);
  if (own) finishPublicSchema(schema, core);
  const names = partNames(supergraphSdl);
  const external = registry.services.filter(({ affiliation }) => affiliation === 'EXTERNAL').map(({ name }) => name);
  const whole = new Types(buildSchema(supergraphSdl, { assumeValid: true, assumeValidSDL: true }));
  const nameOf = (part: string) => names.get(part) ?? part;
  return {
    planner,
    whole,
    visible: new Types(schema),
    schema,
    governed,
    classes: new FieldClasses(governed, new Set(external), whole),
    hasAccounts: own !== null,
    nameOf,
    isOwn: (part) => nameOf(part) === OWN_PART,
    knowsAccounts: partsKnowingAccounts(supergraphSdl),
  };
}

/** Builds the graph over what was composed. */
export function buildGraph(composedParts: GraphParts): Graph {
  const { registry, core, own, supergraphSdl } = composedParts;
  const composed = composedOf(composedParts);
  const { schema, governed, classes } = composed;
  const parts = dispatcher(core, registry, partNames(supergraphSdl));
  const ready = new Preparations(composed);
  const purposeOf = remembered((key: string) => readPurpose(registry.services, key));
  const checked = new WeakMap<RequestContext, Checked>();

  const execute = async ({ document, operation, variables = {}, context }: GraphRequest): Promise<Answer> => {
    const known = checked.get(context);
    if (!known) throw new Error('a question came to the graph unchecked');
    const { prepared, asked } = known;
    const { caller, world } = context;
    const judging =
      caller.kind === 'SERVICE' && own
        ? new Judging(world, caller, purposeOf(caller.purpose ?? ''), classes.all)
        : null;
    const ask = parts.ask(context, groupOf(caller));
    const answered = await answer(
      {
        schema,
        types: composed.whole,
        prepared,
        ask: judging ? namingFirst(ask, composed.isOwn, judging, context) : ask,
        askStream: (fetch, picked) => parts.subscribe(fetch.question, picked, context),
        judging,
        record: ({ people, withheld }) => recordReads(context, asked, people, withheld),
        servicesOf: governed.servicesOf,
      },
      variables,
      context,
    );
    if (Symbol.asyncIterator in answered || !asksAboutSchema(document, operation)) return answered;
    const about = introspect(schema, schemaPart(document, operation), variables);
    return { ...answered, data: { ...about.data, ...answered.data } };
  };

  return {
    schema,
    supergraphSdl,
    check: (document, operation, context) => {
      const { caller, world } = context;
      const isStranger = caller.kind === 'ANONYMOUS' && world.config.environment === 'production';
      if (isStranger && asksAboutSchema(document, operation)) throw unauthenticated();
      checked.set(context, ready.check(document, operation, caller));
    },
    execute,
  };
}

/** What services declare does not change while they are registered. */
function remembered<Value>(make: (key: string) => Value): (key: string) => Value {
  const made = new Map<string, Value>();
  return (key) => {
    const known = made.get(key) ?? make(key);
    made.set(key, known);
    return known;
  };
}

interface Checked {
  readonly prepared: PreparedOperation;
  readonly asked: ReadQuestion;
}

/** Operations that have been asked before, ready to be asked again; and who may ask them. */
class Preparations {
  readonly #prepared = new WeakMap<OperationDefinitionNode, PreparedOperation>();
  readonly #checked = new WeakMap<PreparedOperation, Map<string, Checked>>();

  constructor(private readonly composed: Composed) {}

  /** Throws what is wrong with this caller asking it. */
  check(document: DocumentNode, operation: OperationDefinitionNode, caller: Caller): Checked {
    const prepared = this.#prepared.get(operation) ?? new PreparedOperation(document, operation, this.composed);
    this.#prepared.set(operation, prepared);
    const byCaller = this.#checked.get(prepared) ?? new Map<string, Checked>();
    this.#checked.set(prepared, byCaller);
    const group = groupOf(caller);
    const known = byCaller.get(group);
    if (known) return known;
    const asked = checkAsked(document, prepared, caller, this.composed);
    const made = { prepared, asked };
    byCaller.set(group, made);
    return made;
  }
}

/** What is asked for. Throws what is wrong with this caller asking it. */
export function checkAsked(
  document: DocumentNode,
  prepared: PreparedOperation,
  caller: Caller,
  { schema, governed, hasAccounts }: Composed,
): ReadQuestion {
  const asked = checkPurpose(document, prepared.operation, schema, governed, caller);
  if (caller.kind === 'SERVICE' && hasAccounts) refuseUnjudgeable(prepared, caller.purpose);
  return asked;
}

function refuseUnjudgeable(prepared: PreparedOperation, purpose: string | null): void {
  const fields = prepared.unjudgeable((purposes) => purpose !== null && mayRead(purposes, purpose));
  if (fields.length === 0) return;
  throw new HabeasError(
    'PURPOSE_NOT_PERMITTED',
    `What was asked for cannot be had without reading fields that may not be read for this purpose: ${fields.join(', ')}.`,
    { fields },
  );
}

/** Callers of one group are told the same of the same person. */
function groupOf(caller: Caller): string {
  return caller.kind === 'SERVICE' ? `SERVICE|${caller.affiliation}|${caller.purpose ?? ''}` : caller.kind;
}
