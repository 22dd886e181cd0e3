import type { ExecutionRequest } from '@graphql-tools/utils';
import { type ExecutionResult, execute, GraphQLError, subscribe } from 'graphql';
import { accountLoader } from '../accounts/account-loader.js';
import { subjectAt } from '../accounts/accounts.js';
import { unauthenticated } from '../errors.js';
import { mayReadAccount } from '../gate/access.js';
import type { Connector, SubgraphContext } from '../services/connector.js';
import type { Registry } from '../services/registry.js';
import type { RequestContext } from '../world.js';
import type { CoreSchema } from './core-schema.js';
import { OWN_PART, partNames } from './supergraph.js';

export type Answer = ExecutionResult | AsyncIterable<ExecutionResult>;
type PartRequest = ExecutionRequest<Record<string, unknown>, RequestContext>;

/** Sends each part of a plan to whoever answers it: Habeas itself, in process, or a service's connector. */
export function dispatcher(
  core: CoreSchema,
  registry: Registry,
  supergraphSdl: string,
): (part: string, request: PartRequest) => Promise<Answer> {
  const names = partNames(supergraphSdl);
  const connectors = new Map<string, { name: string; connector: Connector }>(
    [...names.values()]
      .filter((name) => name !== OWN_PART)
      .map((name) => [name, { name, connector: registry.connector(name) }]),
  );
  return async (part, request) => {
    const { context } = request;
    if (!context) throw new Error('a sub-request came without its context');
    const service = connectors.get(names.get(part) ?? part);
    if (!service) return askCore(core, request, context);
    const { caller, world } = context;
    if (caller.kind === 'ANONYMOUS' && world.config.unclassified === 'refuse') {
      return { data: null, errors: [unauthenticated()] };
    }
    return askService(service, request, context);
  };
}

async function askCore(core: CoreSchema, request: PartRequest, contextValue: RequestContext): Promise<Answer> {
  const args = {
    schema: core.schema,
    document: request.document,
    variableValues: request.variables ?? {},
    contextValue,
  };
  return request.operationType === 'subscription' ? subscribe(args) : execute(args);
}

async function askService(
  { name, connector }: { name: string; connector: Connector },
  { document, variables }: PartRequest,
  context: RequestContext,
): Promise<Answer> {
  try {
    return await connector.execute({ document, ...(variables ? { variables } : {}) }, subjectsOf(context, name));
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
