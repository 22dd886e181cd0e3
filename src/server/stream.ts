import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ExecutionResult, GraphQLError, getOperationAST, parse, specifiedRules, validate } from 'graphql';
import { createHandler, type Response } from 'graphql-sse';
import { badInput, HabeasError } from '../errors.js';
import type { Caller } from '../gate/caller.js';
import type { Graph } from '../graph/graph.js';
import { breadthLimit, depthLimit, LIMITS } from '../graph/limits.js';
import type { World } from '../world.js';
import type { Authenticate } from './authentication.js';
import { hideSchema, maskError } from './mask.js';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;

/** GraphQL over server-sent events, "distinct connections": what subscriptions are read through. */
export function streamHandler(graph: Graph, world: World, authenticate: Authenticate): Handler {
  const handle = createHandler<FastifyRequest>({
    authenticate: () => null,
    onSubscribe: async ({ raw }, question) => {
      try {
        const caller = await authenticate(raw.headers);
        return await begin(graph, { world, caller }, question).catch((error) => failure(error, caller, world));
      } catch (error) {
        return error instanceof HabeasError ? refusal(error) : failure(error, null, world);
      }
    },
  });
  return async (request, reply) => {
    const { method, url, headers, body } = request;
    const [content, { status, headers: told }] = await handle({
      method,
      url,
      // A browser may send more than the one type; this is the one it gets.
      headers: { get: (name) => (name === 'accept' ? 'text/event-stream' : String(headers[name] ?? '')) },
      body: body as Record<PropertyKey, unknown> | null,
      raw: request,
      context: undefined,
    });
    reply.code(status).headers(told ?? {});
    if (content === null || typeof content === 'string') return reply.send(content);
    reply.raw.once('close', () => void content.return(undefined));
    return reply.send(Readable.from(content));
  };
}

interface Question {
  readonly query: string;
  readonly variables?: Record<string, unknown> | null | undefined;
  readonly operationName?: string | null | undefined;
}

type Context = Parameters<Graph['check']>[2];

/** The answers to a question, masked. Throws what is wrong with the question. */
async function begin(graph: Graph, context: Context, { query, variables, operationName }: Question) {
  const document = parse(query, { maxTokens: LIMITS.tokens });
  const errors = validate(graph.schema, document, [...specifiedRules, depthLimit, breadthLimit], { maxErrors: 5 });
  if (errors.length > 0) return failures(errors.map(invalid), context.caller, context.world);
  const operation = getOperationAST(document, operationName);
  if (!operation) throw badInput('operationName', 'does not name one operation of the document.');
  graph.check(document, operation, context);
  const result = await graph.execute({
    document,
    variables: variables ?? {},
    operationName: operationName ?? undefined,
    operationType: operation.operation,
    context,
  });
  return Symbol.asyncIterator in result ? masked(result) : maskResult(result);
}

/** Who is not let in gets no stream. */
function refusal({ status, message, code }: HabeasError): Response {
  const body = JSON.stringify({ errors: [{ message, extensions: { code } }] });
  return [body, { status, statusText: code, headers: { 'content-type': 'application/json; charset=utf-8' } }];
}

function failure(error: unknown, caller: Caller | null, world: World): ExecutionResult {
  const known = error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error });
  return failures([known], caller, world);
}

/** The library knows a result by its `data`. */
function failures(errors: readonly GraphQLError[], caller: Caller | null, { config }: World): ExecutionResult {
  const told = errors.map((error) => maskError(formatted(error), error));
  const hidden = config.environment === 'production' && caller?.kind === 'ANONYMOUS' ? told.map(hideSchema) : told;
  return { data: null, errors: hidden.map(asError) };
}

const invalid = (error: GraphQLError) =>
  new GraphQLError(error.message, {
    ...(error.nodes ? { nodes: error.nodes } : {}),
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...error.extensions },
  });

async function* masked(results: AsyncIterable<ExecutionResult>): AsyncGenerator<ExecutionResult> {
  for await (const result of results) yield maskResult(result);
}

function maskResult(result: ExecutionResult): ExecutionResult {
  const { data = null, errors } = result;
  return errors ? { data, errors: errors.map((error) => asError(maskError(formatted(error), error))) } : result;
}

/** A syntax error has no code yet; everything else keeps its own. */
function formatted(error: GraphQLError) {
  const isSyntax = error.message.startsWith('Syntax Error');
  return {
    ...error.toJSON(),
    extensions: { ...(isSyntax ? { code: 'GRAPHQL_PARSE_FAILED' } : {}), ...error.extensions },
  };
}

function asError({ message, path, extensions }: ReturnType<typeof maskError>): GraphQLError {
  return new GraphQLError(message, { ...(path ? { path } : {}), ...(extensions ? { extensions } : {}) });
}
