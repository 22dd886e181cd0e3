import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { badInput } from '../errors.js';
import type { ServedGraph } from '../graph/gateway.js';
import { breadthLimit, depthLimit, LIMITS } from '../graph/limits.js';
import type { Logger } from '../telemetry.js';
import type { RequestContext } from '../world.js';
import type { AskedBefore } from './asked-before.js';
import { hideSchema, tellFormatted } from './mask.js';
import { statusOfAnswer } from './status.js';

export interface ApolloOptions {
  readonly graph: ServedGraph;
  readonly production: boolean;
  readonly log: Logger;
  /** Where valid documents are kept for the next time. */
  readonly askedBefore: AskedBefore;
}

/** Apollo Server over the graph: parsing, validation, limits, and what callers are told of errors. */
export function createApollo({ graph, production, log, askedBefore }: ApolloOptions): ApolloServer<RequestContext> {
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
    formatError: (formatted, error) => tellFormatted(formatted, error, log),
    logger: { debug: () => {}, info: () => {}, warn: () => {}, error: () => log.error('apollo server failed') },
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      checkPlugin(graph, askedBefore),
      ...(production ? [strangersPlugin] : []),
      statusPlugin,
    ],
  });
}

/** Refuses what the caller may never ask, after validation and before planning. */
function checkPlugin(graph: ServedGraph, askedBefore: AskedBefore): ApolloServerPlugin<RequestContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ source, document, operation, contextValue, schema }) => {
        if (!operation) throw badInput('operationName', 'must name one of the operations in the document.');
        if (operation.operation === 'subscription')
          throw badInput('accept', 'subscriptions are read as server-sent events: send "accept: text/event-stream".');
        graph.check(document, operation, contextValue, schema);
        askedBefore.remember(schema, source, document);
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

/** Says with the HTTP status what an answer without data means. */
const statusPlugin: ApolloServerPlugin<RequestContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ request, response }) => {
      if (response.body.kind !== 'single' || !request.query) return;
      const { data, errors } = response.body.singleResult;
      if (data !== undefined || !errors) return;
      const accept = request.http?.headers.get('accept');
      const asksForStatus = accept?.includes('application/graphql-response+json') ?? false;
      response.http.status = statusOfAnswer(errors[0]?.extensions?.code, asksForStatus);
    },
  }),
};
