import { badInput } from '../errors.js';

/** The years a person may have been born in, both included: all that is kept of their age. */
export interface BirthYears {
  readonly from: number;
  readonly to: number;
}

const EARLIEST = 1900;

/** Refuses years nobody alive was born in. */
export function checkBirthYears({ from, to }: BirthYears, now: Date): void {
  const latest = now.getUTCFullYear();
  if (from < EARLIEST || to > latest) throw badInput('birthYears', `must lie from ${EARLIEST} to ${latest}.`);
  if (from > to) throw badInput('birthYears', 'end before they begin: give "from" the earlier year.');
}

/** Whether somebody born in these years may be younger than `age` on this day (`YYYY-MM-DD`): born as late as possible. */
export function mayBeYounger({ to }: BirthYears, age: number, day: string): boolean {
  return day < `${to + age}-12-31`;
}
