import {
  type CircuitBreakerPolicy,
  CircuitState,
  ConsecutiveBreaker,
  CountBreaker,
  circuitBreaker,
  ExponentialBackoff,
  handleWhen,
  type IBreaker,
  noJitterGenerator,
} from 'cockatiel';
import { ServiceError } from '../../errors.js';
import type { ServiceState } from '../connector.js';
import { Declined } from '../failures.js';

export { CircuitState } from 'cockatiel';

/** Failures one after the other that open the breaker. */
const IN_A_ROW = 10;
/** Of so many calls, half failing opens it too. */
const LOOKED_AT = 20;
/** How long it stays open before one call may try: a second at first, twice as long each time in vain. */
const OPEN_MS = { initialDelay: 1_000, maxDelay: 5_000 };

/** Opens at ten failures in a row or half of the last twenty, whichever comes first. */
class EitherBreaker implements IBreaker {
  readonly #row = new ConsecutiveBreaker(IN_A_ROW);
  // The library opens above its threshold; this one is at half.
  readonly #share = new CountBreaker({ threshold: 0.5 - 0.5 / LOOKED_AT, size: LOOKED_AT });

  /** Failures in a row. */
  get state(): number {
    return this.#row.state;
  }

  success(state: CircuitState): void {
    this.#row.success();
    this.#share.success(state);
  }

  failure(state: CircuitState): boolean {
    const share = this.#share.failure(state);
    return this.#row.failure() || share;
  }
}

export interface Breaker {
  readonly policy: CircuitBreakerPolicy;
  failuresInARow(): number;
}

/** A breaker that every `ServiceError` counts against, but for a question declined. */
export function openBreaker(): Breaker {
  const breaker = new EitherBreaker();
  const halfOpenAfter = new ExponentialBackoff({ ...OPEN_MS, generator: noJitterGenerator });
  return {
    policy: circuitBreaker(handleWhen(countsAgainst), { breaker, halfOpenAfter }),
    failuresInARow: () => breaker.state,
  };
}

const countsAgainst = (error: Error) => error instanceof ServiceError && !(error instanceof Declined);

const NAMES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Open]: 'open',
  [CircuitState.Isolated]: 'open',
} as const;

export const stateName = (state: CircuitState): ServiceState['breaker'] => NAMES[state];
