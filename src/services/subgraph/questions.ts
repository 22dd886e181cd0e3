import DataLoader from 'dataloader';
import type { ExecutionResult } from 'graphql';
import type { Incident, Json, SubgraphRequest } from '../connector.js';
import { ConnectionLost } from '../failures.js';
import type { CallMetrics } from '../metrics.js';
import { type OutgoingLimits, within } from '../outgoing.js';
import { copyOf } from '../outgoing-json.js';
import type { Guard } from '../resilience/guard.js';
import type { Service } from '../service.js';
import { asObject, type RawAnswer, type SizedAnswer } from './answers.js';
import { askTogether } from './batch.js';
import type { GraphqlApi } from './graphql-api.js';
import type { PreparedQuestion, PreparedQuestions } from './prepared.js';
import { releasedWhole } from './whole.js';

type Variables = Readonly<Record<string, unknown>>;
type Loader = DataLoader<Variables, ExecutionResult>;

/** What asking a subgraph takes. */
export interface QuestionsOptions {
  readonly service: Service;
  readonly api: GraphqlApi;
  readonly guard: Guard;
  readonly metrics: CallMetrics;
  readonly limits: OutgoingLimits;
  readonly onIncident: (incident: Incident) => void;
}

/**
 * The graph's questions to one subgraph. Those that come in the same turn of the event loop, with the same text and
 * group and the same values of all variables but representations, are asked together. The loop's turns get longer the
 * more there is to do, so more is put together exactly when it is needed; alone, a question waits for nothing.
 */
export class Questions {
  readonly #waiting = new Map<PreparedQuestion, Map<string, Loader>>();

  constructor(private readonly options: QuestionsOptions) {}

  async ask(prepared: PreparedQuestions, request: SubgraphRequest): Promise<ExecutionResult> {
    const { variables = {}, group = '' } = request;
    const question = prepared.of(request);
    const others = members(question.variables, variables);
    if (!question.isQuery) return this.#once(question, others + representations(question, variables), variables);
    // What is not merged travels together only where everything is the same.
    const shared = question.isMergeable ? others : others + representations(question, variables);
    return this.#loader(question, group, shared).load(variables);
  }

  #loader(question: PreparedQuestion, group: string, shared: string): Loader {
    const loaders = this.#waiting.get(question) ?? new Map<string, Loader>();
    this.#waiting.set(question, loaders);
    const key = `${group}\n${shared}`;
    const known = loaders.get(key);
    if (known) return known;
    const loader: Loader = new DataLoader(
      (asked) => {
        loaders.delete(key);
        if (loaders.size === 0) this.#waiting.delete(question);
        this.options.metrics.carried(asked.length);
        return question.isMergeable ? this.#together(question, shared, asked) : this.#same(question, shared, asked);
      },
      { cache: false, batchScheduleFn: setImmediate },
    );
    loaders.set(key, loader);
    return loader;
  }

  #together(question: PreparedQuestion, shared: string, asked: readonly Variables[]) {
    const { service, api } = this.options;
    const began = performance.now();
    return askTogether(question, shared, asked, {
      service,
      send: (body, read) => this.#call(body, began, (answer) => api.understood(() => read(answer))),
      mayRetry: async (error, calls) => error instanceof ConnectionLost && this.options.guard.mayRetry(calls),
      onSwapped: this.#swapped,
    });
  }

  /** One question that several ask in the same words. */
  async #same(question: PreparedQuestion, shared: string, asked: readonly Variables[]): Promise<ExecutionResult[]> {
    const [variables = {}] = asked;
    const answer = await this.#once(question, shared, variables);
    return asked.map((_same, index) =>
      index === 0 ? answer : { ...answer, ...(answer.data ? { data: copyOf(answer.data as Json) } : {}) },
    ) as ExecutionResult[];
  }

  /** Asks again where that can do no harm and may do good. */
  async #once(question: PreparedQuestion, shared: string, variables: Variables): Promise<ExecutionResult> {
    const began = performance.now();
    const body = `${question.head}{${shared.replace(/,$/, '')}}}`;
    const ask = () => this.#call(body, began, (answer) => this.#released(answer, question, variables));
    try {
      return await ask();
    } catch (error) {
      const { guard } = this.options;
      if (!(question.isQuery && error instanceof ConnectionLost && (await guard.mayRetry(1)))) throw error;
      return ask();
    }
  }

  #released(answer: RawAnswer, question: PreparedQuestion, variables: Variables): ExecutionResult {
    const { api, service } = this.options;
    return api.understood(() => releasedWhole(answer, question, variables, service, this.#swapped));
  }

  #call<Read>(body: string, began: number, read: (answer: SizedAnswer) => Read): Promise<Read> {
    const { api, guard, limits } = this.options;
    return guard.run(async () => read(await api.send(body, within(limits, performance.now() - began))));
  }

  readonly #swapped = (representation: Json): void => {
    const asked = asObject(representation);
    const { metrics, onIncident, service } = this.options;
    metrics.incident('WRONG_SUBJECT');
    onIncident({
      service: service.name,
      kind: 'WRONG_SUBJECT',
      accountId: asked?.__typename === 'Account' && typeof asked.id === 'string' ? asked.id : null,
      detail: `_entities ${typeof asked?.__typename === 'string' ? asked.__typename : ''}`.trim(),
    });
  };
}

/** `"first":5,"after":null,` */
function members(names: readonly string[], variables: Variables): string {
  let text = '';
  for (const name of names) {
    const value = name in variables ? JSON.stringify(variables[name]) : undefined;
    if (value !== undefined) text += `${JSON.stringify(name)}:${value},`;
  }
  return text;
}

const representations = ({ entities }: PreparedQuestion, variables: Variables): string =>
  members([...new Set(entities.map(({ variable }) => variable))], variables);
