const FIRST_MS = 2_000;
const FACTOR = 4;
const LONGEST_MS = 6 * 3_600_000;
const JITTER = 0.2;

/**
 * How long to wait after the n-th attempt failed, n from 1: 2 s, 8 s, 32 s, 2 min, 9 min, 34 min, 2 h, then every 6 h, each
 * up to a fifth more, so that what failed together does not come back together. `random`: from 0 to 1.
 */
export function backoffMs(attempts: number, random: number): number {
  return Math.min(LONGEST_MS, FIRST_MS * FACTOR ** Math.min(attempts - 1, 10)) * (1 + JITTER * random);
}
