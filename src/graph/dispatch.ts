import { type ExecutionResult, execute, GraphQLError, type OperationTypeNode, subscribe } from 'graphql';
import { accountLoader } from '../accounts/account-loader.js';
import { subjectAt } from '../accounts/accounts.js';
import { unauthenticated } from '../errors.js';
import { mayReadAccount } from '../gate/access.js';
import type { Connector, SubgraphContext, SubgraphRequest } from '../services/connector.js';
import type { Registry } from '../services/registry.js';
import type { RequestContext } from '../world.js';
import type { CoreSchema } from './core-schema.js';
import type { Ask } from './plan/execute.js';
import type { Question } from './plan/question.js';
import { OWN_PART } from './supergraph.js';

/** Whoever answers the parts of a plan: Habeas itself, in process, or a service's connector. */
export interface Dispatcher {
  ask(context: RequestContext, group: string): Ask;
  /** Only Habeas itself has streams. */
  subscribe(
    question: Question,
    variables: Readonly<Record<string, unknown>>,
    context: RequestContext,
  ): Promise<ExecutionResult | AsyncIterable<ExecutionResult>>;
}

/** @param names of the parts, as plans name them. */
export function dispatcher(core: CoreSchema, registry: Registry, names: ReadonlyMap<string, string>): Dispatcher {
  const connectors = new Map<string, { name: string; connector: Connector }>(
    [...names.values()]
      .filter((name) => name !== OWN_PART)
      .map((name) => [name, { name, connector: registry.connector(name) }]),
  );
  return {
    ask: (context, group) => async (part, question, variables, operationType) => {
      const service = connectors.get(names.get(part) ?? part);
      if (!service) return askCore(core, question, variables, context);
      const { caller, world } = context;
      if (caller.kind === 'ANONYMOUS' && world.config.unclassified === 'refuse') {
        return { data: null, errors: [unauthenticated()] };
      }
      return askService(service, { ...question, variables, operationType, group }, context);
    },
    subscribe: async ({ document }, variableValues, contextValue) =>
      subscribe({ schema: core.schema, document, variableValues, contextValue }),
  };
}

async function askCore(
  core: CoreSchema,
  { document }: Question,
  variableValues: Readonly<Record<string, unknown>>,
  contextValue: RequestContext,
): Promise<ExecutionResult> {
  return execute({ schema: core.schema, document, variableValues, contextValue });
}

async function askService(
  { name, connector }: { name: string; connector: Connector },
  request: SubgraphRequest & { operationType: OperationTypeNode },
  context: RequestContext,
): Promise<ExecutionResult> {
  try {
    return await connector.execute(request, subjectsOf(context, name));
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { data: null, errors: [error] };
  }
}

/** The people a service is asked about: only those this caller may read at all. */
function subjectsOf(context: RequestContext, service: string): SubgraphContext {
  return {
    subjects: (accountIds) => {
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
