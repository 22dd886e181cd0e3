import { groupBy, type PersonRow, peopleIn, SMALLEST_GROUP, tellable } from './groups.js';

/** A figure that may be told: how many records have these values in the first dimensions. */
export interface Cell {
  /** One value for each dimension from the first on; none: all records. */
  readonly path: readonly string[];
  /** Of at least `k` people. Of how many is not told: people can be in several cells, and the difference be one of them. */
  readonly records: number;
}

/**
 * Counts records by the dimensions, each within the one before, totals included. A cell of fewer than `k` people is not
 * told, nor is what would give it away: cells lie within each other or apart, so that all that can be worked out of them
 * is made of what a cell holds beyond the cells told within it, and that is nothing or at least `k` people.
 *
 * That holds for one order of the dimensions over the same records: whoever asks by another order could subtract. So one
 * order is kept for each set of records, and a question with fewer dimensions takes the first of them.
 */
export function tabulate(
  rows: readonly PersonRow<Readonly<Record<string, string | null>>>[],
  dimensions: readonly string[],
  k: number = SMALLEST_GROUP,
): Cell[] {
  if (!(k >= 2)) throw new RangeError('k must be at least 2.');
  return peopleIn(rows) < k ? [] : within([], rows, dimensions, k);
}

function within(
  path: readonly string[],
  rows: readonly PersonRow<Readonly<Record<string, string | null>>>[],
  [dimension, ...more]: readonly string[],
  k: number,
): Cell[] {
  const cell = { path, records: rows.length };
  if (dimension === undefined) return [cell];
  const groups = groupBy(rows, ({ values }) => values[dimension] ?? UNKNOWN);
  const told = tellable(groups, k);
  const inside = [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
  return [
    cell,
    ...inside.flatMap(([value, group]) => (told.has(value) ? within([...path, value], group, more, k) : [])),
  ];
}

/** What a record without a value counts under. */
const UNKNOWN = '';
