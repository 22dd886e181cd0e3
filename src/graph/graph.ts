import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import type { ExecutionRequest, Executor } from '@graphql-tools/utils';
import {
  buildSchema,
  type DocumentNode,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type OperationTypeNode,
  subscribe,
} from 'graphql';
import { accountLoader } from '../accounts/account-loader.js';
import { subjectAt } from '../accounts/accounts.js';
import { ServiceError, unauthenticated } from '../errors.js';
import { mayReadAccount } from '../gate/access.js';
import type { Caller } from '../gate/caller.js';
import type { Connector, SubgraphContext } from '../services/connector.js';
import type { Registry } from '../services/registry.js';
import { describeError, type Logger } from '../telemetry.js';
import type { RequestContext } from '../world.js';
import { buildCoreSchema, type CoreSchema } from './core-schema.js';
import { readGovernedFields } from './governed-fields.js';
import { checkPurpose } from './purpose-check.js';
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
  check(document: DocumentNode, operation: OperationDefinitionNode, caller: Caller): void;
  execute(request: GraphRequest): Promise<ExecutionResult | AsyncIterable<ExecutionResult>>;
  /** This graph as Apollo Server takes it. */
  gateway(): GatewayInterface;
}

export type GatewayInterface = ApolloServerOptionsWithGateway<RequestContext>['gateway'];

const CORE_NAME = 'habeas';

/** Builds one graph out of Habeas' own part and that of every registered service. */
export async function buildGraph(registry: Registry, log: Logger): Promise<Graph> {
  const core = await buildCoreSchema();
  const { parts, missing } = await collectParts(registry, log);
  const supergraphSdl = compose([{ name: CORE_NAME, sdl: core.sdl }, ...parts]);
  const governed = readGovernedFields(supergraphSdl, core.sdl);
  const handler = await unifiedGraphHandler({
    unifiedGraph: buildSchema(supergraphSdl, { assumeValid: true, assumeValidSDL: true }),
    getUnifiedGraphSDL: () => supergraphSdl,
    onSubgraphExecute: dispatcher(core, registry) as never,
  });
  const { executor } = handler;
  if (!executor) throw new Error('the planner gave no executor');
  return {
    schema: handler.unifiedGraph,
    supergraphSdl,
    missing,
    check: (document, operation, caller) => checkPurpose(document, operation, handler.unifiedGraph, governed, caller),
    execute: (request) => run(executor, request),
    gateway: () => gatewayOver(handler.unifiedGraph, supergraphSdl, executor),
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
  for (const [index, answer] of answers.entries()) {
    const service = services[index]?.name ?? '';
    if (answer.status === 'fulfilled') parts.push({ name: service, sdl: answer.value });
    else {
      const reason = answer.reason instanceof ServiceError ? answer.reason.message : 'its SDL cannot be read.';
      log.error({ service, ...describeError(answer.reason) }, 'service left out of the graph');
      missing.push({ service, reason });
    }
  }
  return { parts, missing };
}

type SubgraphExecutor = (
  name: string,
  request: ExecutionRequest<Record<string, unknown>, RequestContext>,
) => Promise<ExecutionResult | AsyncIterable<ExecutionResult>>;

/** Sends each part of a plan to whoever answers it. The planner names parts in upper case. */
function dispatcher(core: CoreSchema, registry: Registry): SubgraphExecutor {
  const connectors = new Map<string, { name: string; connector: Connector }>(
    registry.services
      .filter(({ kind }) => kind !== 'CORE')
      .map(({ name }) => [name.toUpperCase(), { name, connector: registry.connector(name) }]),
  );
  return async (part, request) => {
    const context = request.context;
    if (!context) throw new Error('a sub-request came without its context');
    const service = connectors.get(part.toUpperCase());
    if (!service) return executeCore(core, request, context);
    if (context.caller.kind === 'ANONYMOUS') return { data: null, errors: [unauthenticated()] };
    const question = { document: request.document, ...(request.variables ? { variables: request.variables } : {}) };
    try {
      return await service.connector.execute(question, subjectsOf(context, service.name));
    } catch (error) {
      if (!(error instanceof GraphQLError)) throw error;
      return { data: null, errors: [error] };
    }
  };
}

async function executeCore(
  core: CoreSchema,
  request: ExecutionRequest<Record<string, unknown>, RequestContext>,
  contextValue: RequestContext,
): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
  const args = {
    schema: core.schema,
    document: request.document,
    variableValues: request.variables ?? {},
    contextValue,
  };
  return request.operationType === 'subscription' ? subscribe(args) : execute(args);
}

/** The people a service is asked about: only those this caller may read at all. */
function subjectsOf(context: RequestContext, service: string): SubgraphContext {
  return {
    subjects: async (accountIds) => {
      const loader = accountLoader(context);
      return Promise.all(
        accountIds.map(async (id) => {
          if (!mayReadAccount(context.caller, id)) return null;
          const account = await loader.load(id);
          return account && subjectAt(account, service);
        }),
      );
    },
  };
}

async function run(
  executor: Executor,
  request: GraphRequest,
): Promise<ExecutionResult | AsyncIterable<ExecutionResult>> {
  return executor({
    document: request.document,
    variables: request.variables ?? {},
    ...(request.operationName ? { operationName: request.operationName } : {}),
    operationType: request.operationType,
    context: request.context,
  });
}

function gatewayOver(schema: GraphQLSchema, supergraphSdl: string, executor: Executor): GatewayInterface {
  const listeners = new Set<Parameters<GatewayInterface['onSchemaLoadOrUpdate']>[0]>();
  return {
    onSchemaLoadOrUpdate: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    load: async () => {
      for (const tell of listeners) tell({ apiSchema: schema, coreSupergraphSdl: supergraphSdl });
      return {
        executor: async ({ document, request, operation, context }) =>
          (await run(executor, {
            document,
            variables: request.variables,
            operationName: request.operationName,
            operationType: operation.operation,
            context: context as unknown as RequestContext,
          })) as ExecutionResult<Record<string, unknown>, Record<string, unknown>>,
      };
    },
    stop: async () => {},
  };
}
