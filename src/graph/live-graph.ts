import type { GraphQLSchema } from 'graphql';
import type { Config } from '../config.js';
import { ServiceError } from '../errors.js';
import type { Registry } from '../services/registry.js';
import { describeError, type Logger } from '../telemetry.js';
import type { RequestContext } from '../world.js';
import { buildCoreSchema } from './core-schema.js';
import { type Gateway, gatewayOver, type ServedGraph, unchanging } from './gateway.js';
import { buildGraph, type Graph } from './graph.js';
import { measureGraph } from './graph-metrics.js';
import type { GraphProblem } from './graph-problem.js';

import { buildOwnGraph } from './own-graph.js';
import { ownNamesTaken } from './own-part.js';
import { composeFitting, type Fitted, OWN_PART, type Subgraph } from './supergraph.js';

/**
 * The graph that follows its services: a new generation replaces the one before when an SDL changes, requests under
 * way end on theirs, and what is broken or does not fit leaves the last good one serving.
 */
export interface LiveGraph extends ServedGraph {
  /** Services that have no part in the graph, with the reason. */
  readonly missing: readonly { readonly service: string; readonly reason: string }[];
  /** What is wrong now, by service; empty where everything is as the services want it. */
  problems(): readonly GraphProblem[];
  /** Looks at the services' SDLs now. Never fails. */
  refresh(): Promise<void>;
  /** Habeas' own part by itself, which a company's own router asks. It does not change. */
  own(): Promise<ServedGraph>;
  /** Looks no more. */
  close(): void;
}

type LiveGraphConfig = Pick<Config, 'graphMs' | 'unclassified'>;

/** Opens the graph over all registered services. Throws `CompositionError` where nothing of them composes. */
export async function openLiveGraph(registry: Registry, config: LiveGraphConfig, log: Logger): Promise<LiveGraph> {
  const live = new Generations(registry, config, log);
  await live.begin();
  measureGraph(registry.metrics, () => live.problems());
  return live;
}

/** What was learnt of the services' SDLs at one look. */
interface Look {
  readonly parts: readonly Subgraph[];
  /** Why an SDL could not be had, by service. */
  readonly unread: ReadonlyMap<string, string>;
}

type Listener = (generation: Graph) => void;

class Generations implements LiveGraph {
  readonly #core = buildCoreSchema();
  readonly #bySchema = new WeakMap<GraphQLSchema, Graph>();
  readonly #asked = new WeakMap<RequestContext, Graph>();
  readonly #listeners = new Set<Listener>();
  #current: Graph | null = null;
  #own: Promise<ServedGraph> | null = null;
  #served: readonly Subgraph[] = [];
  /** The SDLs that were last tried, so that the same is not tried again. */
  #tried = '';
  #unfit: Fitted['unfit'] = new Map();
  #problems: readonly GraphProblem[] = [];
  #looking: Promise<void> | null = null;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(
    private readonly registry: Registry,
    private readonly config: LiveGraphConfig,
    private readonly log: Logger,
  ) {}

  async begin(): Promise<void> {
    if (this.config.unclassified === 'allow') {
      this.log.warn('anybody may read fields without a data category: HABEAS_UNCLASSIFIED=allow');
    }
    await this.#follow(await this.#look((name) => this.registry.connector(name).sdl()));
    this.#schedule();
  }

  get schema(): GraphQLSchema {
    return this.#now.schema;
  }

  get supergraphSdl(): string {
    return this.#now.supergraphSdl;
  }

  get missing(): LiveGraph['missing'] {
    return this.#problems
      .filter(({ isServed }) => !isServed)
      .map(({ service, messages }) => ({ service, reason: messages.join(' ') }));
  }

  check: Graph['check'] = (document, operation, context, schema = this.schema) => {
    const generation = this.#bySchema.get(schema) ?? this.#now;
    this.#asked.set(context, generation);
    generation.check(document, operation, context);
  };

  execute: Graph['execute'] = (request) => (this.#asked.get(request.context) ?? this.#now).execute(request);

  gateway(): Gateway {
    return gatewayOver(this, (tell) => {
      this.#listeners.add(tell);
      return () => this.#listeners.delete(tell);
    });
  }

  own(): Promise<ServedGraph> {
    this.#own ??= this.#core.then((core) => unchanging(buildOwnGraph(this.registry, core, this.config.unclassified)));
    return this.#own;
  }

  problems(): readonly GraphProblem[] {
    return this.#problems;
  }

  refresh(): Promise<void> {
    this.#looking ??= this.#look((name) => this.registry.connector(name).refresh())
      .then((look) => this.#follow(look))
      .catch((error) => this.log.error(describeError(error), 'graph could not be renewed'))
      .finally(() => {
        this.#looking = null;
      });
    return this.#looking;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  get #now(): Graph {
    if (!this.#current) throw new Error('the graph has not begun');
    return this.#current;
  }

  #schedule(): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.refresh().then(() => this.#schedule()), this.config.graphMs).unref();
  }

  /** The SDL of each service; where it cannot be had, the one that is served. */
  async #look(read: (service: string) => Promise<string>): Promise<Look> {
    const services = this.registry.services.filter(({ kind }) => kind !== 'CORE');
    const answers = await Promise.allSettled(services.map(async ({ name }) => ({ name, sdl: await read(name) })));
    const unread = new Map<string, string>();
    const parts = answers.flatMap((answer, index) => {
      const { name = '' } = services[index] ?? {};
      if (answer.status === 'fulfilled') return answer.value;
      const { reason } = answer;
      unread.set(name, reason instanceof ServiceError ? reason.message : 'Its SDL cannot be read.');
      return this.#served.find((part) => part.name === name) ?? [];
    });
    return { parts, unread };
  }

  async #follow({ parts, unread }: Look): Promise<void> {
    const tried = JSON.stringify(parts);
    if (tried !== this.#tried) {
      await this.#compose(parts);
      this.#tried = tried;
    }
    this.#tell(unread);
  }

  async #compose(parts: readonly Subgraph[]): Promise<void> {
    const core = await this.#core;
    const ownPart = { name: OWN_PART, sdl: core.subgraphSdl };
    const taken = this.config.unclassified === 'allow' ? ownNamesTaken(ownPart, parts) : [];
    const own = taken.length > 0 ? null : ownPart;
    const beside = own ? [own] : [];
    const served = this.#served.filter(({ name }) => parts.some((part) => part.name === name));
    const fitted = composeFitting([...beside, ...parts], [...beside, ...served]);
    const services = fitted.parts.filter((part) => part !== own);
    this.#unfit = fitted.unfit;
    this.#served = services;
    if (fitted.supergraphSdl === this.#current?.supergraphSdl) return;
    if (!own) this.log.warn({ names: taken }, "Habeas' own part is left out of the graph: services use its names");
    const { registry, config } = this;
    const generation = buildGraph({
      registry,
      core,
      own,
      services,
      unclassified: config.unclassified,
      ...fitted,
    });
    const isFirst = this.#current === null;
    this.#current = generation;
    this.#bySchema.set(generation.schema, generation);
    for (const tell of this.#listeners) tell(generation);
    if (!isFirst) this.log.info({ services: services.map(({ name }) => name) }, 'graph changed');
  }

  /** Keeps what is wrong, and logs each change of it once. */
  #tell(unread: Look['unread']): void {
    const before = new Map(this.#problems.map((problem) => [problem.service, problem]));
    const now = this.registry.services.flatMap(({ name }): GraphProblem[] => {
      const reason = unread.get(name);
      const messages = reason === undefined ? this.#unfit.get(name)?.map(({ text }) => text) : [reason];
      if (!messages) return [];
      const kind = reason === undefined ? 'UNFIT' : 'UNREAD';
      const isServed = this.#served.some((part) => part.name === name);
      const known = before.get(name);
      const isSame = known?.isServed === isServed && known.messages.join('\n') === messages.join('\n');
      if (isSame) return [known];
      this.log.error({ service: name, kind, isServed, messages }, 'service has no new part in the graph');
      return [{ service: name, kind, messages, isServed, since: known?.since ?? new Date() }];
    });
    for (const { service } of this.#problems) {
      if (!now.some((problem) => problem.service === service)) this.log.info({ service }, 'service is in the graph');
    }
    this.#problems = now;
  }
}
