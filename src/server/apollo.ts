import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import type { Graph } from '../graph/graph.js';
import { breadthLimit, depthLimit, LIMITS } from '../graph/limits.js';
import { describeError, type Logger } from '../telemetry.js';
import type { RequestContext } from '../world.js';
import { isInternal, maskError } from './mask.js';

export interface ApolloOptions {
  readonly graph: Graph;
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
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => {
      if (isInternal(error, formatted))
        log.error({ path: formatted.path, ...describeError(originOf(error)) }, 'request failed');
      return maskError(formatted, error);
    },
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => log.error('apollo server failed') },
    plugins: [ApolloServerPluginLandingPageDisabled(), purposePlugin(graph), statusPlugin],
  });
}

/** Refuses what the caller's purpose never allows, after validation and before planning. */
function purposePlugin(graph: Graph): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operation, contextValue }) => {
        if (operation) graph.check(document, operation, contextValue);
      },
    }),
  };
}

/**
 * GraphQL over HTTP: a well-formed request that asks for plain JSON is answered with 200, its errors in the body;
 * what an error means for HTTP is said only to those who ask for application/graphql-response+json.
 */
const statusPlugin: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response }) => {
      const accept = request.http?.headers.get('accept') ?? '';
      const wellFormed = typeof request.query === 'string';
      if (response.http.status === 400 && wellFormed && !accept.includes('application/graphql-response+json')) {
        response.http.status = 200;
      }
    },
  }),
};

function originOf(error: unknown): unknown {
  const original = error instanceof Error && 'originalError' in error ? error.originalError : undefined;
  return original instanceof Error ? originOf(original) : error;
}
