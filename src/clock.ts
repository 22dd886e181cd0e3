/** The one source of "now", so that tests can set it. Durations are measured with `performance.now()`, never with this. */
export interface Clock {
  now(): Date;
}

export const systemClock: Clock = { now: () => new Date() };
