import { fastifyApolloHandler } from '@as-integrations/fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type DocumentFor, documentReader } from '../clients/trusted-documents.js';
import { heedBrowserSignal } from '../consents/browser-signal.js';
import { type ErrorCode, HabeasError } from '../errors.js';
import type { ServedGraph } from '../graph/gateway.js';
import type { LiveGraph } from '../graph/live-graph.js';
import type { RequestContext, World } from '../world.js';
import { createApollo } from './apollo.js';
import { AskedBefore, answerKnown, takesJson } from './asked-before.js';
import type { Authenticate } from './authentication.js';
import { idePage, type Question } from './ide.js';
import { streamHandler } from './stream.js';

export interface GraphRoutesOptions {
  readonly world: World;
  readonly graph: LiveGraph;
  readonly authenticate: Authenticate;
  /** Examples for the IDE, which is served outside production only. */
  readonly questions: readonly Question[];
}

/** How an error at the graph's address is told where no question could be read. */
export type Tell = (
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  code: ErrorCode,
  message: string,
) => FastifyReply;

export const GRAPH = '/graphql';
/** Where a company's own router asks. */
export const SUBGRAPH = '/subgraph';

/** Who asks what: made out once, before anything is read of the question. */
interface Asking {
  readonly context: RequestContext | null;
  /** Why nothing is answered. */
  readonly failure: unknown;
}

/**
 * The graph over HTTP: questions by POST, subscriptions as event streams, and in development the IDE by GET. Habeas'
 * own part is answered the same way at an address of its own, for a company's router.
 */
export async function graphRoutes(app: FastifyInstance, options: GraphRoutesOptions, tell: Tell): Promise<void> {
  const { world, graph, questions } = options;
  const production = world.config.environment === 'production';
  const answering = answerer(app, options);
  let page: Promise<string> | null = null;
  if (!production) app.get('/', (_request, reply) => reply.redirect(GRAPH));
  const onlyPost = (request: FastifyRequest, reply: FastifyReply) => {
    reply.header('allow', 'POST');
    return tell(request, reply, 405, 'BAD_USER_INPUT', 'Questions are asked by POST.');
  };
  app.get(GRAPH, async (request, reply) => {
    if (!production && request.headers.accept?.includes('text/html')) {
      page ??= idePage(questions);
      return reply.type('text/html').send(await page);
    }
    return onlyPost(request, reply);
  });
  app.get(SUBGRAPH, onlyPost);
  const onRequest = async ({ headers }: FastifyRequest) => requireJson(headers['content-type']);
  app.post(GRAPH, { onRequest, handler: await answering(graph) });
  let own: Promise<Handler> | null = null;
  app.post(SUBGRAPH, {
    onRequest,
    handler: async (request, reply) => {
      own ??= graph.own().then(answering);
      return (await own)(request, reply);
    },
  });
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;

/** Makes handlers for graphs; they end with the app. */
function answerer(
  app: FastifyInstance,
  { world, authenticate }: GraphRoutesOptions,
): (graph: ServedGraph) => Promise<Handler> {
  const production = world.config.environment === 'production';
  const askedBefore = new AskedBefore();
  const documentFor = documentReader(world.sql);
  const askings = new WeakMap<FastifyRequest, Asking>();
  const servers: { stop(): Promise<void> }[] = [];
  app.addHook('onClose', async () => {
    await Promise.all(servers.map((server) => server.stop()));
  });
  return async (graph) => {
    const apollo = createApollo({ graph, production, log: world.log, askedBefore });
    await apollo.start();
    servers.push(apollo);
    const answer = fastifyApolloHandler(apollo, { context: async (request) => contextOf(askings.get(request)) });
    const stream = streamHandler(graph);
    return async (request, reply) => {
      const asking = await begin(request, world, authenticate, documentFor);
      if (wantsStream(request)) return stream(request, reply, contextOf(asking));
      const question =
        asking.context && takesJson(request.headers.accept) && askedBefore.find(graph.schema, request.body);
      if (question && asking.context) {
        const again = await answerKnown(graph, question, asking.context, world.log).catch(refused);
        if (again)
          return reply.code(again.status).type('application/json; charset=utf-8').send(Buffer.from(again.body));
      }
      askings.set(request, asking);
      return answer.call(app, request as Parameters<typeof answer>[0], reply as Parameters<typeof answer>[1]);
    };
  };
}

/** Finds out who asks, and the text of what they ask where they sent its hash. */
async function begin(
  request: FastifyRequest,
  world: World,
  authenticate: Authenticate,
  documentFor: DocumentFor,
): Promise<Asking> {
  try {
    const caller = await authenticate(request.headers);
    const isSignalled = request.headers['sec-gpc'] === '1';
    if (isSignalled && caller.kind === 'SUBJECT' && caller.accountId !== null) {
      await heedBrowserSignal(world, caller.accountId);
    }
    const body = request.body as Record<string, unknown> | null;
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
      const query = await documentFor(caller, body);
      if (query !== undefined && (query !== body.query || namesHash(body.extensions))) {
        request.body = { ...body, query, extensions: undefined };
      }
    }
    return { context: { world, caller, address: request.ip, isSignalled }, failure: null };
  } catch (failure) {
    return { context: null, failure };
  }
}

/** What Apollo's clients send beside a text they would rather not send again. */
const namesHash = (extensions: unknown): boolean =>
  typeof extensions === 'object' && extensions !== null && 'persistedQuery' in extensions;

/** Apollo answers an error thrown here; it reads the HTTP status from the extensions. */
function contextOf(asking: Asking | undefined): RequestContext {
  if (asking?.context) return asking.context;
  const failure = asking?.failure;
  if (failure instanceof HabeasError) {
    const status = failure.code === 'BAD_USER_INPUT' ? 200 : failure.status;
    Object.assign(failure.extensions, { http: { status } });
  }
  throw failure;
}

/** A question this caller may not ask is refused as if it were asked for the first time. */
function refused(error: unknown): null {
  if (error instanceof HabeasError) return null;
  throw error;
}

/** A client that takes streams beside plain answers gets one for a subscription alone. */
function wantsStream({ headers: { accept = '' }, body }: FastifyRequest): boolean {
  if (!accept.includes('text/event-stream')) return false;
  if (!accept.includes('application/')) return true;
  const query = (body as { query?: unknown } | null)?.query;
  return typeof query === 'string' && /^\s*(?:#[^\n]*\n\s*)*subscription\b/.test(query);
}

const JSON_TYPE = /^application\/json(?:; ?charset="?utf-8"?)?$/i;

/** Read exactly, and once: what no form can send without asking first, and no two parsers read differently. */
function requireJson(contentType: string | undefined): void {
  if (!JSON_TYPE.test(contentType ?? '')) throw Object.assign(new Error('media type'), { statusCode: 415 });
}
