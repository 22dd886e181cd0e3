import { fastifyApolloHandler } from '@as-integrations/fastify';
import Fastify, { type FastifyError, type FastifyInstance } from 'fastify';
import { HabeasError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { LIMITS } from '../graph/limits.js';
import { describeError } from '../telemetry.js';
import type { RequestContext, World } from '../world.js';
import { createApollo } from './apollo.js';
import type { Authenticate } from './authentication.js';
import { downloadRoute } from './downloads.js';
import { healthRoutes, type Readiness } from './health.js';
import { idePage, type Question } from './ide.js';
import { streamHandler } from './stream.js';

export interface AppOptions {
  readonly world: World;
  readonly graph: Graph;
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
    routerOptions: { maxParamLength: 256 },
  });
  app.addHook('onSend', async (_request, reply) => {
    reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    });
  });
  app.setErrorHandler((error: FastifyError | HabeasError, _request, reply) => {
    if (error instanceof HabeasError)
      return reply.code(error.status).send(problem(error.status, error.code, error.message));
    const status = error.statusCode && error.statusCode < 500 ? error.statusCode : 500;
    if (status === 500) world.log.error(describeError(error), 'request failed');
    return reply
      .code(status)
      .send(
        problem(
          status,
          status === 500 ? 'INTERNAL_SERVER_ERROR' : 'BAD_USER_INPUT',
          HTTP_MENDS[status] ?? HTTP_MENDS[500] ?? '',
        ),
      );
  });
  app.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(problem(404, 'NOT_FOUND', 'There is nothing at this address.')),
  );
  healthRoutes(app, options.readiness);
  downloadRoute(app, world, authenticate);
  app.get('/.well-known/jwks.json', async () => ({ keys: [world.keys.signing.publicJwk] }));
  await graphRoutes(app, options);
  return app;

  async function graphRoutes(instance: FastifyInstance, { questions }: AppOptions): Promise<void> {
    const production = world.config.environment === 'production';
    const apollo = createApollo({ graph, production, log: world.log });
    await apollo.start();
    const answer = fastifyApolloHandler(apollo, {
      context: async (request): Promise<RequestContext> => ({
        world,
        caller: await authenticateOverHttp(request.headers),
      }),
    });
    const stream = streamHandler(graph, world, authenticate);
    const page = production ? null : idePage(questions);
    instance.route({
      method: ['GET', 'POST', 'OPTIONS'],
      url: '/graphql',
      handler: async (request, reply) => {
        const accept = request.headers.accept ?? '';
        if (page && request.method === 'GET' && accept.includes('text/html')) return reply.type('text/html').send(page);
        if (accept.includes('text/event-stream')) return stream(request, reply);
        return answer.call(instance, request as Parameters<typeof answer>[0], reply as Parameters<typeof answer>[1]);
      },
    });
    instance.addHook('onClose', () => apollo.stop());
  }

  /** Apollo answers an error thrown here; it reads the HTTP status from the extensions. */
  async function authenticateOverHttp(headers: Parameters<Authenticate>[0]) {
    try {
      return await authenticate(headers);
    } catch (error) {
      if (error instanceof HabeasError) Object.assign(error.extensions, { http: { status: error.status } });
      throw error;
    }
  }
}

const HTTP_MENDS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read: send JSON with "query" and "variables".',
  413: `The request is larger than ${LIMITS.bodyBytes} bytes.`,
  415: 'Send the request as application/json.',
  500: 'Something went wrong at our end; it has been logged.',
};

/** RFC 9457 problem details. */
function problem(status: number, code: string, detail: string) {
  return { type: 'about:blank', status, code, detail };
}
