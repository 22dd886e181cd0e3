import { type DocumentNode, type GraphQLError, type GraphQLSchema, Kind, type OperationDefinitionNode } from 'graphql';
import { LRUCache } from 'lru-cache';
import type { Graph } from '../graph/graph.js';
import type { Logger } from '../telemetry.js';
import type { RequestContext } from '../world.js';
import { tellError } from './mask.js';
import { statusOfAnswer } from './status.js';

/** A document that was parsed and found valid. */
interface Known {
  readonly document: DocumentNode;
  readonly operations: readonly OperationDefinitionNode[];
}

/** A question ready to be asked: nothing of it has to be read or validated anew. */
export interface KnownQuestion {
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

const MOST_CHARACTERS = 20_000_000;

/**
 * Documents that have been asked before, by their text. What they cost the first time (parsing, validation, limits)
 * they do not cost again; who asks, what for and of whom is checked each time.
 */
export class AskedBefore {
  readonly #bySchema = new WeakMap<GraphQLSchema, LRUCache<string, Known>>();

  /** Keeps a document that is valid against this schema. */
  remember(schema: GraphQLSchema, text: string, document: DocumentNode): void {
    let known = this.#bySchema.get(schema);
    if (!known) {
      known = new LRUCache({ maxSize: MOST_CHARACTERS, sizeCalculation: (_document, { length }) => length || 1 });
      this.#bySchema.set(schema, known);
    }
    const operations = document.definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
    known.set(text, { document, operations });
  }

  /** The question a body asks; null where it has not been asked before, or asks anything out of the ordinary. */
  find(schema: GraphQLSchema, body: unknown): KnownQuestion | null {
    if (typeof body !== 'object' || body === null) return null;
    const { query, variables, operationName, extensions } = body as Record<string, unknown>;
    if (typeof query !== 'string' || (extensions !== undefined && extensions !== null)) return null;
    const known = this.#bySchema.get(schema)?.get(query);
    if (!known || !isVariables(variables)) return null;
    const { document, operations } = known;
    const named = operationName ?? null;
    const operation = operations.find(({ name }) => (named === null ? operations.length === 1 : name?.value === named));
    if (!operation || operation.operation === 'subscription') return null;
    return { document, operation, variables: variables ?? {} };
  }
}

const isVariables = (value: unknown): value is Readonly<Record<string, unknown>> | null | undefined =>
  value === undefined || value === null || (typeof value === 'object' && !Array.isArray(value));

/** Whether an answer in plain JSON is all a client asks for. */
export const takesJson = (accept: string | undefined): boolean =>
  accept === undefined || accept === '*/*' || accept === 'application/json';

/** Answers a question as it was answered the first time. Throws `HabeasError` where this caller may not ask it. */
export async function answerKnown(
  graph: Graph,
  question: KnownQuestion,
  context: RequestContext,
  log: Logger,
): Promise<{ status: number; body: string }> {
  graph.check(question.document, question.operation, context, graph.schema);
  const result = await graph.execute({ ...question, context });
  if (Symbol.asyncIterator in result) throw new Error('a subscription was answered as a question');
  const { data, extensions } = result;
  const errors = result.errors?.map((error: GraphQLError) => tellError(error, log));
  const status = data === undefined && errors ? statusOfAnswer(errors[0]?.extensions?.code, false) : 200;
  return { status, body: `${JSON.stringify({ errors, data, extensions })}\n` };
}
