/** A place was not to be had: too many wait already, or none came free in time. */
export class Full extends Error {}

interface Waiting {
  readonly enter: () => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * How many calls one service gets at once, so that a slow one holds up nobody else, and how many more may wait their
 * turn. A place that comes free goes straight to whoever has waited longest; nobody can slip in between.
 */
export class Bulkhead {
  readonly #queue: Waiting[] = [];
  #inside = 0;

  /** @param patienceMs how long a call may wait for its place. */
  constructor(
    private readonly atOnce: number,
    private readonly mostWaiting: number,
    private readonly patienceMs: number,
  ) {}

  get inside(): number {
    return this.#inside;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** Takes a place at once; false where none is free. */
  tryEnter(): boolean {
    if (this.#inside >= this.atOnce) return false;
    this.#inside += 1;
    return true;
  }

  /** Waits for a place. Throws `Full`. */
  enter(): Promise<void> {
    if (this.tryEnter()) return Promise.resolve();
    if (this.#queue.length >= this.mostWaiting) return Promise.reject(new Full());
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#queue.splice(this.#queue.indexOf(waiting), 1);
        reject(new Full());
      }, this.patienceMs);
      const waiting: Waiting = { enter: resolve, timer };
      this.#queue.push(waiting);
    });
  }

  leave(): void {
    const next = this.#queue.shift();
    if (!next) {
      this.#inside -= 1;
      return;
    }
    clearTimeout(next.timer);
    next.enter();
  }
}
