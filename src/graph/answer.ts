import { type ExecutionResult, GraphQLError, type GraphQLSchema, getVariableValues } from 'graphql';
import { forgetReads } from '../accounts/account-loader.js';
import { ServiceError } from '../errors.js';
import type { RequestContext } from '../world.js';
import type { Judging } from './judging.js';
import type { DataObject } from './plan/data.js';
import { type Ask, carryOut, pickVariables, type Run, takeRoot } from './plan/execute.js';
import type { PreparedOperation } from './plan/operation.js';
import { type Projection, project } from './plan/project.js';
import type { Shape } from './plan/shape.js';
import type { Fetch, Step } from './plan/steps.js';
import type { Types } from './plan/types.js';

export type Answer = ExecutionResult | AsyncIterable<ExecutionResult>;

/** How one request is answered: by whom, about whom, and what is done before it is released. */
export interface Answering {
  readonly schema: GraphQLSchema;
  readonly types: Types;
  readonly prepared: PreparedOperation;
  readonly ask: Ask;
  readonly askStream: (fetch: Fetch, variables: Readonly<Record<string, unknown>>) => Promise<Answer>;
  /** Null where nobody is judged: a person reads their own, staff read by role. */
  readonly judging: Judging | null;
  /** Puts the read on record; the answer is released after it. */
  readonly record: (projection: Projection, context: RequestContext) => Promise<void>;
  /** Services that answer a field, by `Type.field`. */
  readonly servicesOf: ReadonlyMap<string, readonly string[]>;
}

/** Answers an operation. What is wrong with the variables is in the answer. */
export async function answer(
  answering: Answering,
  variables: Readonly<Record<string, unknown>>,
  context: RequestContext,
): Promise<Answer> {
  const { prepared, schema, judging } = answering;
  const { errors, coerced } = getVariableValues(schema, prepared.operation.variableDefinitions ?? [], variables, {
    maxErrors: 5,
  });
  if (errors) return { errors };
  const step = prepared.plan(judging !== null);
  const shape = prepared.shape(coerced);
  const { stream, rest } = apart(step);
  if (stream) return follow(answering, stream, rest, shape, coerced, context);
  const run = begin(answering, coerced);
  // Whoever is named at the root is judged while the root is read; what is wrong with that read shows where it is used.
  judging?.of(prepared.accountsNamed(coerced)).catch(() => {});
  const recording = new Recording(answering, shape, run, context);
  for (const each of inTurn(step)) {
    await carryOut(each, run);
    recording.begin();
  }
  return release(answering, shape, run, recording);
}

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError('', { originalError: error instanceof Error ? error : new Error(String(error)) });

/** The steps of a plan that come one after the other. */
const inTurn = (step: Step | null): readonly Step[] => (step?.kind === 'sequence' ? step.steps : step ? [step] : []);

function begin({ types, ask, judging }: Answering, variables: Run['variables']): Run {
  const data: DataObject = {};
  return { types, variables, data, errors: [], ask, judge: judging && ((ids) => judging.of(ids)) };
}

/** A subscription's stream, and what is asked after each of its events. */
function apart(step: Step | null): { stream: Fetch | null; rest: readonly Step[] } {
  if (step?.kind === 'subscription') return { stream: step.fetch, rest: [] };
  if (step?.kind !== 'sequence') return { stream: null, rest: [] };
  const [first, ...rest] = step.steps;
  return first?.kind === 'subscription' ? { stream: first.fetch, rest } : { stream: null, rest: [] };
}

async function follow(
  answering: Answering,
  stream: Fetch,
  rest: readonly Step[],
  shape: Shape,
  variables: Run['variables'],
  context: RequestContext,
): Promise<Answer> {
  const events = await answering.askStream(stream, pickVariables(stream.question, variables));
  if (!(Symbol.asyncIterator in events)) return events;
  return (async function* () {
    try {
      for await (const event of events) {
        const run = begin(answering, variables);
        takeRoot(stream, event, run);
        for (const step of rest) await carryOut(step, run);
        yield await release(answering, shape, run, new Recording(answering, shape, run, context));
        forgetReads(context);
      }
    } catch (error) {
      // What ends a stream is told as its last event, as an answer to a question would tell it.
      yield { data: null, errors: [asGraphQLError(error)] };
    }
  })();
}

/**
 * Puts a read on record. It begins as soon as it is known who is read, while services are still being asked; what
 * turns out differently in the end is put on record once more.
 */
class Recording {
  #begun: { readonly told: string; readonly written: Promise<void> } | null = null;

  constructor(
    private readonly answering: Answering,
    private readonly shape: Shape,
    private readonly run: Run,
    private readonly context: RequestContext,
  ) {}

  begin(): void {
    const { judging } = this.answering;
    if (this.#begun || !judging) return;
    const projection = project(this.shape, this.run.data, judging.judgements);
    if (projection.people.size === 0) return;
    if (projection.unjudged.size > 0) {
      judging.of([...projection.unjudged]).then(
        () => this.begin(),
        () => {},
      );
      return;
    }
    const written = this.answering.record(projection, this.context);
    written.catch(() => {});
    this.#begun = { told: contentsOf(projection), written };
  }

  /** Resolves once this answer is on record. */
  async end(projection: Projection): Promise<void> {
    if (this.#begun?.told === contentsOf(projection)) await this.#begun.written;
    else await this.answering.record(projection, this.context);
  }
}

/** Of whom an answer tells, and what it does not. */
const contentsOf = ({ people, withheld }: Projection) => JSON.stringify([[...people], withheld]);

/** The answer, once the read is on record and nobody in it has meanwhile said no. */
async function release(answering: Answering, shape: Shape, run: Run, recording: Recording): Promise<ExecutionResult> {
  const { judging } = answering;
  let projection = await projected(shape, run, judging);
  await recording.end(projection);
  // As often as it takes: while a read is put on record once more, somebody may say no once more.
  while (judging && (await judging.hasChanged())) {
    const before = contentsOf(projection);
    projection = await projected(shape, run, judging);
    if (contentsOf(projection) !== before) await recording.end(projection);
  }
  const errors = [...run.errors, ...unexplained(projection, run.errors, answering)];
  return {
    ...(errors.length > 0 ? { errors } : {}),
    data: projection.data,
    ...(projection.withheld.length > 0 ? { extensions: { withheld: projection.withheld } } : {}),
  };
}

/** People may turn up in an answer of whom nothing was asked yet: they are judged, and the answer is cut again. */
async function projected(shape: Shape, run: Run, judging: Judging | null): Promise<Projection> {
  const projection = project(shape, run.data, judging?.judgements ?? null);
  if (!judging || projection.unjudged.size === 0) return projection;
  await judging.of([...projection.unjudged]);
  return project(shape, run.data, judging.judgements);
}

/** What is missing without a word of why is told: never a silent gap. */
function unexplained(
  { broken }: Projection,
  errors: readonly GraphQLError[],
  { servicesOf }: Answering,
): readonly GraphQLError[] {
  const isExplained = (path: readonly (string | number)[]) =>
    errors.some(({ path: told = [] }) => {
      const length = Math.min(told.length, path.length);
      return told.slice(0, length).every((part, index) => part === path[index]);
    });
  return broken
    .filter(({ path }) => !isExplained(path))
    .map(({ path, coordinate }) => {
      const [service = 'habeas'] = servicesOf.get(coordinate) ?? [];
      const { message, extensions } = new ServiceError(
        service,
        'SERVICE_ANSWER_INVALID',
        `${service} gave no value, or not one of its type, for ${coordinate}.`,
      );
      return new GraphQLError(message, { path, extensions });
    });
}
