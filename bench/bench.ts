import type { Report } from './report.js';

export interface BenchOptions {
  /** How often each case is measured; what is told are medians. */
  readonly rounds: number;
  /** How long each measurement of a round takes. */
  readonly seconds: number;
  /** How many people there are. */
  readonly accounts: number;
  /** Whether other gateways are measured too. */
  readonly peers: boolean;
  /** Names of the cases to measure; null: all. */
  readonly cases: readonly string[] | null;
  /** Rows of the large ledger; null: as many as the bench takes by itself. */
  readonly rows: number | null;
  /** Folder for a processor profile of Habeas; null: none is taken. */
  readonly profile: string | null;
  /** Tells what is going on. */
  readonly say: (line: string) => void;
}

/** One measurement of `npm run bench`. */
export interface Bench {
  readonly name: string;
  readonly about: string;
  run(options: BenchOptions): Promise<Report>;
}

/** Things to be ended, in the order opposite to that in which they were begun. */
export class Ends {
  private readonly ends: (() => unknown)[] = [];

  /** Ends `begun` when all is over. */
  with<Begun>(begun: Begun, end: (begun: Begun) => unknown): Begun {
    this.ends.push(() => end(begun));
    return begun;
  }

  /** One that fails keeps none of the others from being ended. */
  async all(): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.ends.pop(); end; end = this.ends.pop()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
