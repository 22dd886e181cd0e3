import type { FastifyReply, FastifyRequest } from 'fastify';
import { type ExecutionResult, GraphQLError, getOperationAST, parse, specifiedRules, validate } from 'graphql';
import { createHandler } from 'graphql-sse/lib/use/fastify';
import { badInput } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { breadthLimit, depthLimit, LIMITS } from '../graph/limits.js';
import type { World } from '../world.js';
import type { Authenticate } from './authentication.js';
import { maskError } from './mask.js';

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** GraphQL over server-sent events, "distinct connections": what subscriptions are read through. */
export function streamHandler(graph: Graph, world: World, authenticate: Authenticate): Handler {
  return createHandler({
    authenticate: () => null,
    onSubscribe: async (request, { query, variables, operationName }) => {
      try {
        const caller = await authenticate(request.raw.headers);
        const document = parse(query, { maxTokens: LIMITS.tokens });
        const errors = validate(graph.schema, document, [...specifiedRules, depthLimit, breadthLimit], {
          maxErrors: 5,
        });
        if (errors.length > 0) return { errors: errors.map((error) => invalid(error)) };
        const operation = getOperationAST(document, operationName);
        if (!operation) throw badInput('operationName', 'does not name one operation of the document.');
        const context = { world, caller };
        graph.check(document, operation, context);
        const result = await graph.execute({
          document,
          variables: variables ?? {},
          operationName: operationName ?? undefined,
          operationType: operation.operation,
          context,
        });
        return Symbol.asyncIterator in result ? masked(result) : maskResult(result);
      } catch (error) {
        return maskResult({
          errors: [error instanceof GraphQLError ? error : new GraphQLError('', { originalError: error as Error })],
        });
      }
    },
  });
}

const invalid = (error: GraphQLError) =>
  asError(
    maskError({ ...error.toJSON(), extensions: { code: 'GRAPHQL_VALIDATION_FAILED', ...error.extensions } }, error),
  );

async function* masked(results: AsyncIterable<ExecutionResult>): AsyncGenerator<ExecutionResult> {
  for await (const result of results) yield maskResult(result);
}

function maskResult(result: ExecutionResult): ExecutionResult {
  if (!result.errors) return result;
  return { ...result, errors: result.errors.map((error) => asError(maskError(formatted(error), error))) };
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
