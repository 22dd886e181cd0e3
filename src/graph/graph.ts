import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import type { Executor } from '@graphql-tools/utils';
import {
  buildSchema,
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql';
import type { Config } from '../config.js';
import { unauthenticated } from '../errors.js';
import type { Registry } from '../services/registry.js';
import type { RequestContext } from '../world.js';
import type { CoreSchema } from './core-schema.js';
import { type Answer, dispatcher } from './dispatch.js';
import { readGovernedFields } from './governed-fields.js';
import { asksAboutSchema, introspect, splitIntrospection } from './introspection.js';
import { finishPublicSchema } from './public-schema.js';
import { type Asked, checkPurpose } from './purpose-check.js';
import { recordReads } from './record-reads.js';
import type { Subgraph } from './supergraph.js';

/** A question to the whole graph. */
export interface GraphRequest {
  readonly document: DocumentNode;
  readonly variables?: Record<string, unknown> | undefined;
  readonly operationName?: string | undefined;
  readonly operationType: OperationTypeNode;
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

/** Builds the graph over what was composed. */
export async function buildGraph({
  registry,
  core,
  own,
  services,
  supergraphSdl,
  unclassified,
}: GraphParts): Promise<Graph> {
  const governed = readGovernedFields(supergraphSdl, own, services, unclassified);
  const { unifiedGraph: schema, executor } = await unifiedGraphHandler({
    unifiedGraph: buildSchema(supergraphSdl, { assumeValid: true, assumeValidSDL: true }),
    getUnifiedGraphSDL: () => supergraphSdl,
    onSubgraphExecute: dispatcher(core, registry, supergraphSdl) as never,
  });
  if (!executor) throw new Error('the planner gave no executor');
  if (own) finishPublicSchema(schema, core);
  const checked = new WeakMap<RequestContext, Asked>();
  return {
    schema,
    supergraphSdl,
    check: (document, operation, context) => {
      const { caller, world } = context;
      const isStranger = caller.kind === 'ANONYMOUS' && world.config.environment === 'production';
      if (isStranger && asksAboutSchema(document, operation)) throw unauthenticated();
      checked.set(context, checkPurpose(document, operation, schema, governed, caller, registry.services));
    },
    execute: async (request) => {
      const asked = checked.get(request.context);
      if (!asked) throw new Error('a question came to the graph unchecked');
      return recorded(await answer(executor, schema, request), request.context, asked);
    },
  };
}

async function answer(executor: Executor, schema: GraphQLSchema, request: GraphRequest): Promise<Answer> {
  const { document, operationName, operationType, context, variables = {} } = request;
  const ask = async (part: DocumentNode): Promise<Answer> =>
    executor({ document: part, variables, operationType, context, ...(operationName ? { operationName } : {}) });
  const operation = getOperationAST(document, operationName);
  if (!operation) throw new Error('a question came to the graph without its operation');
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors: 5 });
  if (errors) return { errors };
  const split = splitIntrospection(document, operation);
  if (!split) return withData(await ask(document));
  const about = await introspect(schema, split.schemaPart, variables, operationName);
  const result = await ask(split.dataPart);
  return Symbol.asyncIterator in result ? result : { ...result, data: { ...about.data, ...result.data } };
}

/** An answer whose execution has begun says so, by `data` even where nothing came of it (GraphQL specification, 7.1). */
const withData = (result: Answer): Answer =>
  Symbol.asyncIterator in result ? result : { ...result, data: result.data ?? null };

/** The answer, held back until the reads it took are on record. */
async function recorded(result: Answer, context: RequestContext, asked: Asked): Promise<Answer> {
  if (Symbol.asyncIterator in result) return eachRecorded(result, context, asked);
  await recordReads(context, asked);
  return result;
}

async function* eachRecorded(results: Extract<Answer, AsyncIterable<unknown>>, context: RequestContext, asked: Asked) {
  for await (const result of results) {
    await recordReads(context, asked);
    yield result;
  }
}
