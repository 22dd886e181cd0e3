import type { ApolloServerOptionsWithGateway } from '@apollo/server';
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
import { ServiceError, unauthenticated } from '../errors.js';
import type { Registry } from '../services/registry.js';
import { describeError, type Logger } from '../telemetry.js';
import type { RequestContext } from '../world.js';
import { buildCoreSchema } from './core-schema.js';
import { type Answer, dispatcher } from './dispatch.js';
import { readGovernedFields } from './governed-fields.js';
import { asksAboutSchema, introspect, splitIntrospection } from './introspection.js';
import { finishPublicSchema } from './public-schema.js';
import { type Asked, checkPurpose } from './purpose-check.js';
import { recordReads } from './record-reads.js';
import { compose, type Subgraph } from './supergraph.js';

/** A question to the whole graph. */
export interface GraphRequest {
  readonly document: DocumentNode;
  readonly variables?: Record<string, unknown> | undefined;
  readonly operationName?: string | undefined;
  readonly operationType: OperationTypeNode;
  readonly context: RequestContext;
}

export interface Graph {
  /** The public schema, as callers see it. */
  readonly schema: GraphQLSchema;
  readonly supergraphSdl: string;
  /** Services whose part could not be had at start, with the reason: their fields are missing from the graph. */
  readonly missing: readonly { service: string; reason: string }[];
  /** Refuses, before anything is planned, what this caller may never read. Throws `HabeasError`. */
  check(document: DocumentNode, operation: OperationDefinitionNode, context: RequestContext): void;
  /** Answers a question that `check` has let through with the same context. */
  execute(request: GraphRequest): Promise<Answer>;
  /** This graph as Apollo Server takes it. */
  gateway(): Gateway;
}

type Gateway = ApolloServerOptionsWithGateway<RequestContext>['gateway'];

const CORE_NAME = 'habeas';

/** Builds one graph out of Habeas' own part and that of every registered service. */
export async function buildGraph(registry: Registry, log: Logger): Promise<Graph> {
  const core = await buildCoreSchema();
  const { parts, missing } = await collectParts(registry, log);
  const all = [{ name: CORE_NAME, sdl: core.sdl }, ...parts];
  const supergraphSdl = compose(all);
  const governed = readGovernedFields(supergraphSdl, all);
  const { unifiedGraph: schema, executor } = await unifiedGraphHandler({
    unifiedGraph: buildSchema(supergraphSdl, { assumeValid: true, assumeValidSDL: true }),
    getUnifiedGraphSDL: () => supergraphSdl,
    onSubgraphExecute: dispatcher(core, registry) as never,
  });
  if (!executor) throw new Error('the planner gave no executor');
  finishPublicSchema(schema, core);
  const checked = new WeakMap<RequestContext, Asked>();
  const execute = async (request: GraphRequest): Promise<Answer> => {
    const asked = checked.get(request.context);
    if (!asked) throw new Error('a question came to the graph unchecked');
    return recorded(await answer(executor, schema, request), request.context, asked);
  };
  return {
    schema,
    supergraphSdl,
    missing,
    check: (document, operation, context) => {
      const { caller, world } = context;
      const isStranger = caller.kind === 'ANONYMOUS' && world.config.environment === 'production';
      if (isStranger && asksAboutSchema(document, operation)) throw unauthenticated();
      checked.set(context, checkPurpose(document, operation, schema, governed, caller, registry.services));
    },
    execute,
    gateway: () => gatewayOver(schema, supergraphSdl, execute),
  };
}

/** Each service's SDL; a service that does not tell its own is left out and named. */
async function collectParts(
  registry: Registry,
  log: Logger,
): Promise<{ parts: Subgraph[]; missing: Graph['missing'] }> {
  const parts: Subgraph[] = [];
  const missing: { service: string; reason: string }[] = [];
  const services = registry.services.filter((service) => service.kind !== 'CORE');
  const answers = await Promise.allSettled(services.map(({ name }) => registry.connector(name).sdl()));
  for (const [index, outcome] of answers.entries()) {
    const service = services[index]?.name ?? '';
    if (outcome.status === 'fulfilled') parts.push({ name: service, sdl: outcome.value });
    else {
      const reason = outcome.reason instanceof ServiceError ? outcome.reason.message : 'its SDL cannot be read.';
      log.error({ service, ...describeError(outcome.reason) }, 'service left out of the graph');
      missing.push({ service, reason });
    }
  }
  return { parts, missing };
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

function gatewayOver(schema: GraphQLSchema, supergraphSdl: string, execute: Graph['execute']): Gateway {
  const listeners = new Set<Parameters<Gateway['onSchemaLoadOrUpdate']>[0]>();
  return {
    onSchemaLoadOrUpdate: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    load: async () => {
      for (const tell of listeners) tell({ apiSchema: schema, coreSupergraphSdl: supergraphSdl });
      return {
        executor: async ({ document, request, operation, context }) => {
          const result = await execute({
            document,
            variables: request.variables,
            operationName: request.operationName,
            operationType: operation.operation,
            context: context as unknown as RequestContext,
          });
          if (Symbol.asyncIterator in result) throw new Error('a subscription came over plain HTTP');
          return result as Awaited<ReturnType<Awaited<ReturnType<Gateway['load']>>['executor'] & object>>;
        },
      };
    },
    stop: async () => {},
  };
}
