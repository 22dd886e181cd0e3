import { Counter, Gauge, Histogram, type Registry as PrometheusRegistry } from 'prom-client';
import { ServiceError } from '../errors.js';
import type { Incident, ServiceState } from './connector.js';
import { NotAsked } from './failures.js';

/** How calls of the graph to one service went. Durations in milliseconds. */
export interface CallMetrics {
  answered(durationMs: number): void;
  failed(error: unknown, durationMs: number): void;
  retried(calls: number): void;
  /** How many questions of the graph were asked together. */
  carried(questions: number): void;
  incident(kind: Incident['kind']): void;
  /** Tells where to look for the service's state when metrics are read. */
  watch(state: () => ServiceState): void;
}

/** For a connector nobody measures. */
export const UNMEASURED: CallMetrics = {
  answered: () => {},
  failed: () => {},
  retried: () => {},
  carried: () => {},
  incident: () => {},
  watch: () => {},
};

const BREAKER = { closed: 0, 'half-open': 1, open: 2 } as const;
const OUTCOME = {
  SERVICE_UNREACHABLE: 'unreachable',
  SERVICE_ANSWER_INVALID: 'invalid',
  SERVICE_REFUSED_US: 'refused',
} as const;

/** What Prometheus is told of services. Labels are names of services and outcomes: never a person, id or address. */
export class ServiceMetrics {
  readonly #calls;
  readonly #durations;
  readonly #retries;
  readonly #questions;
  readonly #incidents;
  readonly #states = new Map<string, () => ServiceState>();

  constructor(registry: PrometheusRegistry) {
    const registers = [registry];
    const labelNames = ['service'] as const;
    this.#calls = new Counter({
      name: 'habeas_service_calls_total',
      help: 'Calls of the graph to a service, by outcome: answered, unreachable, invalid, refused, not_asked.',
      labelNames: ['service', 'outcome'] as const,
      registers,
    });
    this.#durations = new Histogram({
      name: 'habeas_service_call_seconds',
      help: 'How long a call took that was made.',
      labelNames,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    });
    this.#retries = new Counter({
      name: 'habeas_service_retries_total',
      help: 'Calls made once more after a lost connection; counted among the calls too.',
      labelNames,
      registers,
    });
    this.#questions = new Histogram({
      name: 'habeas_service_questions_together',
      help: 'How many questions of the graph were asked of a service together.',
      labelNames,
      buckets: [1, 2, 4, 8, 16, 32, 64, 128],
      registers,
    });
    this.#incidents = new Counter({
      name: 'habeas_service_incidents_total',
      help: 'Answers dropped because they were not what was asked for.',
      labelNames: ['service', 'kind'] as const,
      registers,
    });
    this.#gauge(registry, 'habeas_service_breaker_state', '0: closed. 1: trying. 2: open.', (s) => BREAKER[s.breaker]);
    this.#gauge(registry, 'habeas_service_calls_in_flight', 'Calls not answered yet.', (s) => s.inFlight);
    this.#gauge(registry, 'habeas_service_calls_waiting', 'Calls waiting for a place.', (s) => s.waiting);
    this.#gauge(registry, 'habeas_service_failures_in_a_row', 'Failures one after the other.', (s) => s.failures);
  }

  of(service: string): CallMetrics {
    const outcome = (name: string) => this.#calls.labels({ service, outcome: name });
    const answered = outcome('answered');
    const notAsked = outcome('not_asked');
    const failed = new Map(Object.entries(OUTCOME).map(([failure, name]) => [failure, outcome(name)]));
    const durations = this.#durations.labels({ service });
    const retries = this.#retries.labels({ service });
    const questions = this.#questions.labels({ service });
    return {
      answered(durationMs) {
        answered.inc();
        durations.observe(durationMs / 1_000);
      },
      failed(error, durationMs) {
        if (!(error instanceof ServiceError)) return;
        if (error instanceof NotAsked) return notAsked.inc();
        failed.get(error.failure)?.inc();
        durations.observe(durationMs / 1_000);
      },
      retried: (calls) => retries.inc(calls),
      carried: (count) => questions.observe(count),
      incident: (kind) => this.#incidents.inc({ service, kind }),
      watch: (state) => {
        this.#states.set(service, state);
      },
    };
  }

  #gauge(registry: PrometheusRegistry, name: string, help: string, value: (state: ServiceState) => number): void {
    const states = this.#states;
    new Gauge({
      name,
      help,
      labelNames: ['service'] as const,
      registers: [registry],
      collect() {
        for (const [service, state] of states) this.set({ service }, value(state()));
      },
    });
  }
}
