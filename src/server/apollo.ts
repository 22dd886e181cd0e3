import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { badInput, ERROR_STATUS, type ErrorCode } from '../errors.js';
import { breadthLimit, depthLimit, LIMITS } from '../graph/limits.js';
import type { LiveGraph } from '../graph/live-graph.js';
import { describeError, type Logger } from '../telemetry.js';
import type { RequestContext } from '../world.js';
import { hideSchema, isInternal, maskError } from './mask.js';

export interface ApolloOptions {
  readonly graph: LiveGraph;
  readonly production: boolean;
  readonly log: Logger;
}

/** Apollo Server over the graph: parsing, validation, limits, and what callers are told of errors. */
export function createApollo({ graph, production, log }: ApolloOptions): ApolloServer<RequestContext> {
  return new ApolloServer<RequestContext>({
    gateway: graph.gateway(),
    introspection: true,
    allowBatchedHttpRequests: false,
    hideSchemaDetailsFromClientErrors: production,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: LIMITS.tokens },
    validationRules: [depthLimit, breadthLimit],
    validationOptions: { maxErrors: 5 },
    persistedQueries: false,
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => {
      if (isInternal(error, formatted))
        log.error({ path: formatted.path, ...describeError(originOf(error)) }, 'request failed');
      return maskError(formatted, error);
    },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => log.error('apollo server failed') },
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      checkPlugin(graph),
      ...(production ? [strangersPlugin] : []),
      statusPlugin,
    ],
  });
}

/** Refuses what the caller may never ask, after validation and before planning. */
function checkPlugin(graph: LiveGraph): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operation, contextValue, schema }) => {
        if (!operation) throw badInput('operationName', 'must name one of the operations in the document.');
        if (operation.operation === 'subscription')
          throw badInput('accept', 'subscriptions are read as server-sent events: send "accept: text/event-stream".');
        graph.check(document, operation, contextValue, schema);
      },
    }),
  };
}

/** In production the schema is shown to callers we know: what is wrong with a stranger's question would show it too. */
const strangersPlugin: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ contextValue, document, response }) => {
      if (contextValue.caller.kind !== 'ANONYMOUS' || !document || response.body.kind !== 'single') return;
      const { singleResult } = response.body;
      if (singleResult.errors) singleResult.errors = singleResult.errors.map(hideSchema);
    },
  }),
};

/**
 * GraphQL over HTTP: a well-formed request that asks for plain JSON is answered with 200, its errors in the body;
 * what an error means for HTTP is said only to those who ask for application/graphql-response+json. But a caller who
 * must say who they are is told so with 401 in either case.
 */
const statusPlugin: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response }) => {
      if (response.body.kind !== 'single' || !request.query) return;
      const { data, errors } = response.body.singleResult;
      if (data !== undefined || !errors) return;
      const status = statusOf(errors[0]?.extensions?.code);
      const asksForStatus = request.http?.headers.get('accept')?.includes('application/graphql-response+json');
      response.http.status = asksForStatus || status === 401 || status >= 500 ? status : 200;
    },
  }),
};

function statusOf(code: unknown): number {
  return Object.hasOwn(ERROR_STATUS, String(code)) ? ERROR_STATUS[code as ErrorCode] : 500;
}

function originOf(error: unknown): unknown {
  const original = error instanceof Error && 'originalError' in error ? error.originalError : undefined;
  return original instanceof Error ? originOf(original) : error;
}
