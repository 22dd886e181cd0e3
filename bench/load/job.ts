import type { QuestionName } from '../gateway/questions.js';

/** One stretch of load. */
export interface Job {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly question: QuestionName;
  /** How many requests are under way at any time. */
  readonly concurrency: number;
  /**
   * How long is measured at least: as many answers come as there are connections. Before it a quarter as long, and as
   * many answers, are not measured.
   */
  readonly seconds: number;
  /** Draws whom is asked about: the same seed asks about the same people in the same order. */
  readonly seed: string;
  /** How many people there are. */
  readonly accounts: number;
}

export interface Outcome {
  /** Requests answered in each second that was measured. */
  readonly rps: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** All requests of this stretch, those not measured as well. */
  readonly requests: number;
}
