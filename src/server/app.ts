import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { type ErrorCode, HabeasError } from '../errors.js';
import { LIMITS } from '../graph/limits.js';
import type { LiveGraph } from '../graph/live-graph.js';
import { describeError } from '../telemetry.js';
import type { World } from '../world.js';
import type { Authenticate } from './authentication.js';
import { DOWNLOAD, downloadRoute } from './downloads.js';
import { GRAPH, graphRoutes, SUBGRAPH } from './graph-routes.js';
import { healthRoutes, leaveQuietly, type Readiness } from './health.js';
import type { Question } from './ide.js';
import { metricsRoute } from './metrics.js';
import { policyRoutes } from './policy-pages.js';
import { unsubscribeRoutes } from './unsubscribe-routes.js';

export interface AppOptions {
  readonly world: World;
  readonly graph: LiveGraph;
  readonly authenticate: Authenticate;
  readonly readiness: Readiness;
  /** Examples for the IDE, which is served outside production only. */
  readonly questions: readonly Question[];
}

const REQUEST_TIMEOUT_MS = 30_000;

/** Habeas over HTTP: the graph, the IDE, packages, keys and health. */
export async function createApp(options: AppOptions): Promise<FastifyInstance> {
  const { world, graph, authenticate } = options;
  const app = Fastify({
    bodyLimit: LIMITS.bodyBytes,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    trustProxy: world.config.trustedProxies.length > 0 ? [...world.config.trustedProxies] : false,
    routerOptions: { maxParamLength: 256 },
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
    if (reply.statusCode === 401) reply.header('www-authenticate', 'Bearer');
  });
  app.setErrorHandler((error: FastifyError | HabeasError, request, reply) => {
    const { status, code, message } = error instanceof HabeasError ? error : describeHttp(error);
    if (status === 500) world.log.error(describeError(error), 'request failed');
    return tell(request, reply, status, code, message);
  });
  app.setNotFoundHandler((request, reply) =>
    tell(request, reply, 404, 'NOT_FOUND', 'There is nothing at this address.'),
  );
  app.addHook('onRequest', async ({ routeOptions }) => {
    if (options.readiness.toEraseAgain > 0 && OF_PEOPLE.includes(routeOptions.url ?? '')) throw restored();
  });
  leaveQuietly(app, options.readiness);
  healthRoutes(app, options.readiness, graph.problems.bind(graph), world.config.environment !== 'production');
  metricsRoute(app, world);
  downloadRoute(app, world, authenticate);
  policyRoutes(app, world);
  await unsubscribeRoutes(app, world);
  app.get('/.well-known/jwks.json', async () => ({ keys: world.keys.published }));
  await graphRoutes(app, options, tell);
  return app;
}

/** Where people's data is read. */
const OF_PEOPLE: readonly string[] = [GRAPH, SUBGRAPH, DOWNLOAD];

const restored = () =>
  new HabeasError(
    'SERVICE_UNAVAILABLE',
    'The database was restored and holds people who were erased since: nothing is read until they are erased again.',
  );

const HTTP_MENDS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read: send JSON with "query" and "variables".',
  413: `The request is larger than ${LIMITS.bodyBytes} bytes.`,
  415: 'Send the request with the header "content-type: application/json".',
};

/** What HTTP itself found wrong with a request, in our words. */
function describeHttp(error: FastifyError): { status: number; code: ErrorCode; message: string } {
  const status = error.statusCode && error.statusCode < 500 ? error.statusCode : 500;
  if (status === 500) {
    const message = 'Something went wrong at our end; it has been logged.';
    return { status, code: 'INTERNAL_SERVER_ERROR', message };
  }
  return { status, code: 'BAD_USER_INPUT', message: HTTP_MENDS[status] ?? 'The request cannot be read.' };
}

/** Errors at the graph's address are told as GraphQL clients read them, all others as problem details (RFC 9457). */
function tell(request: FastifyRequest, reply: FastifyReply, status: number, code: ErrorCode, message: string) {
  reply.code(status);
  if ([GRAPH, SUBGRAPH].includes(request.routeOptions.url ?? '')) {
    return reply.type('application/json; charset=utf-8').send({ errors: [{ message, extensions: { code } }] });
  }
  return reply.type('application/problem+json').send({ type: 'about:blank', status, code, detail: message });
}
