import { setTimeout as delay } from 'node:timers/promises';
import { BrokenCircuitError } from 'cockatiel';
import type { ServiceState } from '../connector.js';
import { NotAsked } from '../failures.js';
import type { CallMetrics } from '../metrics.js';
import type { Service } from '../service.js';
import { type Breaker, CircuitState, openBreaker, stateName } from './breaker.js';
import { Bulkhead, Full } from './bulkhead.js';
import { RetryBudget } from './retry-budget.js';

export interface GuardOptions {
  /** Calls at once. */
  readonly atOnce: number;
  /** How long a call may wait for one of those to end. */
  readonly patienceMs: number;
}

/** For each call that is made, so many may wait. */
const WAITING = 8;

/** Before a call is made once more: a random part of this, so that not all come back at the same moment. */
const RETRY_MS = 100;

/**
 * What stands between the graph and one service: a bulkhead, a circuit breaker and a budget for retries. Exports and
 * health checks pass it by: they are few, and have their own patience.
 */
export class Guard {
  readonly #bulkhead: Bulkhead;
  readonly #breaker: Breaker = openBreaker();
  readonly #budget = new RetryBudget();

  constructor(
    private readonly service: Pick<Service, 'name' | 'title'>,
    private readonly metrics: CallMetrics,
    { atOnce, patienceMs }: GuardOptions,
  ) {
    this.#bulkhead = new Bulkhead(atOnce, atOnce * WAITING, patienceMs);
    metrics.watch(() => this.state());
  }

  state(): ServiceState {
    return {
      breaker: stateName(this.#breaker.policy.state),
      inFlight: this.#bulkhead.inside,
      waiting: this.#bulkhead.waiting,
      failures: this.#breaker.failuresInARow(),
    };
  }

  /**
   * Makes one call; a `ServiceError` it throws counts as a failure of the service. Throws `NotAsked` where there is no
   * place for it, or the service has failed too often.
   */
  async run<Answer>(call: () => Promise<Answer>): Promise<Answer> {
    let asked = performance.now();
    try {
      // While one call tries whether the service is well again, all others are answered at once.
      if (this.#breaker.policy.state === CircuitState.HalfOpen) throw new BrokenCircuitError();
      if (!this.#bulkhead.tryEnter()) {
        await this.#bulkhead.enter();
        asked = performance.now();
      }
      try {
        this.#budget.earn();
        const answer = await this.#breaker.policy.execute(call);
        this.metrics.answered(performance.now() - asked);
        return answer;
      } finally {
        this.#bulkhead.leave();
      }
    } catch (error) {
      const told = this.#told(error);
      this.metrics.failed(told, performance.now() - asked);
      throw told;
    }
  }

  /** Whether calls that failed may be made once more; resolves after a moment, at random, so that not all come at once. */
  async mayRetry(calls: number): Promise<boolean> {
    if (this.#breaker.policy.state !== CircuitState.Closed || !this.#budget.spend(calls)) return false;
    this.metrics.retried(calls);
    await delay(Math.random() * RETRY_MS);
    return true;
  }

  #told(error: unknown): unknown {
    const { name, title } = this.service;
    if (error instanceof BrokenCircuitError) {
      return new NotAsked(name, 'SERVICE_UNREACHABLE', `${title} has failed repeatedly and is left alone for seconds.`);
    }
    if (error instanceof Full) {
      return new NotAsked(name, 'SERVICE_UNREACHABLE', `${title} is busy with as many questions as it may get.`);
    }
    return error;
  }
}
