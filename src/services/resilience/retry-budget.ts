const SHARE = 0.1;
const MOST_SAVED = 10;

/**
 * Retries cost a service that is unwell more than it has, so there is at most one for ten calls: each call saves a
 * tenth of a retry, and never more than for ten.
 */
export class RetryBudget {
  #saved = 0;

  earn(): void {
    this.#saved = Math.min(this.#saved + SHARE, MOST_SAVED);
  }

  /** Whether these calls may be made once more; if so they are spent. */
  spend(calls: number): boolean {
    // A retry is a call too, and must not save for the next one.
    const cost = calls * (1 + SHARE);
    if (this.#saved < cost) return false;
    this.#saved -= cost;
    return true;
  }
}
