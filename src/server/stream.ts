import { Readable } from 'node:stream';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ExecutionResult, GraphQLError, getOperationAST, parse, specifiedRules, validate } from 'graphql';
import { createHandler } from 'graphql-sse';
import { z } from 'zod';
import { badInput } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { breadthLimit, depthLimit, LIMITS } from '../graph/limits.js';
import { describeError } from '../telemetry.js';
import type { RequestContext } from '../world.js';
import { hideSchema, maskError, withoutGuesses } from './mask.js';

type Handler = (request: FastifyRequest, reply: FastifyReply, context: RequestContext) => Promise<FastifyReply>;

/** GraphQL over server-sent events, "distinct connections": what subscriptions are read through. */
export function streamHandler(graph: Graph): Handler {
  const handle = createHandler<FastifyRequest, RequestContext>({
    authenticate: () => null,
    onSubscribe: async ({ context }, question) => {
      const tell = teller(context);
      return begin(graph, context, question, tell).catch((error) => failures([error], tell));
    },
  });
  return async (request, reply, context) => {
    const { method, url, headers } = request;
    const [content, { status, headers: told }] = await handle({
      method,
      url,
      // A browser may send more than the one type; this is the one it gets.
      headers: { get: (name) => (name === 'accept' ? 'text/event-stream' : String(headers[name] ?? '')) },
      body: readQuestion(request.body),
      raw: request,
      context,
    });
    reply.code(status).headers(told ?? {});
    if (content === null || typeof content === 'string') return reply.send(content);
    reply.raw.once('close', () => void content.return(undefined));
    // No further ahead of a slow reader than one result.
    return reply.send(Readable.from(content, { highWaterMark: 1 }));
  };
}

const Question = z.object({
  query: z.string().min(1),
  variables: z.record(z.string(), z.unknown()).nullish(),
  operationName: z.string().nullish(),
});

type Question = z.infer<typeof Question>;

function readQuestion(body: unknown): Question {
  const read = Question.safeParse(body);
  if (read.success) return read.data;
  const [wrong = 'query'] = read.error.issues[0]?.path ?? [];
  throw badInput(String(wrong), 'is missing or of the wrong type: send JSON with "query" and "variables".');
}

type Tell = (error: unknown) => GraphQLError;

/** The answers to a question. Throws what is wrong with the question. */
async function begin(graph: Graph, context: RequestContext, question: Question, tell: Tell) {
  const { query, variables, operationName } = question;
  const document = parse(query, { maxTokens: LIMITS.tokens });
  const { schema } = graph;
  const errors = validate(schema, document, [...specifiedRules, depthLimit, breadthLimit], { maxErrors: 5 });
  if (errors.length > 0) return failures(errors.map(invalid), tell);
  const operation = getOperationAST(document, operationName);
  if (!operation) throw badInput('operationName', 'does not name one operation of the document.');
  graph.check(document, operation, context, schema);
  const result = await graph.execute({
    document,
    variables: variables ?? {},
    operation,
    context,
  });
  return Symbol.asyncIterator in result ? masked(result, tell) : maskResult(result, tell);
}

/** The library knows a result by its `data`. */
const failures = (errors: readonly unknown[], tell: Tell): ExecutionResult => ({
  data: null,
  errors: errors.map(tell),
});

const invalid = (error: GraphQLError) =>
  new GraphQLError(error.message, {
    ...(error.nodes ? { nodes: error.nodes } : {}),
    extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...error.extensions },
  });

async function* masked(results: AsyncIterable<ExecutionResult>, tell: Tell): AsyncGenerator<ExecutionResult> {
  for await (const result of results) yield maskResult(result, tell);
}

function maskResult(result: ExecutionResult, tell: Tell): ExecutionResult {
  const { data = null, errors } = result;
  return errors ? { data, errors: errors.map(tell) } : result;
}

/** What this caller is told of errors. */
function teller({ caller, world }: RequestContext): Tell {
  const production = world.config.environment === 'production';
  return (thrown) => {
    const error = thrown instanceof GraphQLError ? thrown : new GraphQLError('', { originalError: thrown as Error });
    const told = maskError(formatted(error), error);
    if (told.extensions?.code === 'INTERNAL_SERVER_ERROR') {
      world.log.error(describeError(error.originalError ?? error), 'request failed');
    }
    if (!production) return asError(told);
    return asError(caller.kind === 'ANONYMOUS' ? hideSchema(told) : withoutGuesses(told));
  };
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
