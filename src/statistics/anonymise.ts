import { type Coarsening, coarsen } from './coarsen.js';
import { groupBy, type PersonRow, peopleIn, SMALLEST_GROUP, tellable, type Value } from './groups.js';

/** What a column is; one that is not named is a direct identifier, and dropped. */
export type ColumnRule =
  /** Narrows down who somebody is together with others: age, place, date. */
  | { readonly is: 'quasi-identifier'; readonly coarsening: Coarsening }
  /** What must not be learnt of a person by knowing their group. */
  | { readonly is: 'sensitive' };

export interface Anonymising {
  readonly columns: Readonly<Record<string, ColumnRule>>;
  /** People a group must have; 10 where left out. */
  readonly k?: number;
  /** Different values each sensitive column must have in a group; 2 where left out. */
  readonly l?: number;
}

export interface Anonymised {
  /** Without the person, grouped by their quasi-identifiers. */
  readonly rows: readonly Readonly<Record<string, Value>>[];
  readonly risk: Risk;
}

/** How well people are hidden among each other in what is released. */
export interface Risk {
  readonly recordsReleased: number;
  /** None, all, or those of at least `k` people. */
  readonly recordsSuppressed: number;
  readonly groups: number;
  /** People in the smallest group; null where nothing is released. */
  readonly smallestGroup: number | null;
  /** Chance of naming the right person in the smallest group (prosecutor risk), 0 to 1. */
  readonly highestRisk: number;
  /** The same, over all people of all groups. */
  readonly averageRisk: number;
  /** The fewest different values a sensitive column has in a group; null without such a column or group. */
  readonly leastDiversity: number | null;
}

/**
 * What may be kept of people who are gone: no direct identifiers, coarse quasi-identifiers, and no group of fewer than
 * `k` people or, in a sensitive column, fewer than `l` values. What is left out is nobody or at least `k` people too.
 * Counted are people, not records. Throws `RangeError` for a `k` or `l` below 2, which would hide nobody.
 */
export function anonymise(
  given: readonly PersonRow[],
  { columns, k = SMALLEST_GROUP, l = 2 }: Anonymising,
): Anonymised {
  if (!(k >= 2) || !(l >= 2)) throw new RangeError('k and l must be at least 2.');
  const rules = Object.entries(columns);
  const named = (is: ColumnRule['is']) => rules.filter(([, rule]) => rule.is === is).map(([name]) => name);
  const [quasi, sensitive] = [named('quasi-identifier'), named('sensitive')];
  const coarse = given.map(({ person, values }) => ({
    person,
    values: Object.fromEntries(
      rules.map(([name, rule]) => {
        const value = values[name] ?? null;
        return [name, rule.is === 'sensitive' ? value : coarsen(value, rule.coarsening)];
      }),
    ),
  }));
  const groups = groupBy(coarse, ({ values }) => JSON.stringify(quasi.map((name) => values[name])));
  const diversityOf = (rows: typeof coarse) =>
    Math.min(...sensitive.map((name) => new Set(rows.map(({ values }) => JSON.stringify(values[name]))).size));
  const told = tellable(groups, k, (rows) => diversityOf([...rows]) >= l);
  const released = [...groups].filter(([key]) => told.has(key)).map(([, rows]) => rows);
  return {
    rows: released.flatMap((rows) => inOrder(rows.map(({ values }) => values))),
    risk: riskOf(given.length, released.map(peopleIn), released.map(diversityOf), released.flat().length),
  };
}

function riskOf(given: number, sizes: number[], diversities: number[], recordsReleased: number): Risk {
  const smallestGroup = sizes.length > 0 ? Math.min(...sizes) : null;
  const least = Math.min(...diversities);
  return {
    recordsReleased,
    recordsSuppressed: given - recordsReleased,
    groups: sizes.length,
    smallestGroup,
    highestRisk: smallestGroup === null ? 0 : 1 / smallestGroup,
    averageRisk: sizes.length === 0 ? 0 : sizes.length / sizes.reduce((sum, size) => sum + size, 0),
    leastDiversity: Number.isFinite(least) ? least : null,
  };
}

/** By what they say, so that their place tells nothing of where they came from. */
function inOrder<Row>(rows: readonly Row[]): Row[] {
  const keyed = rows.map((row) => [JSON.stringify(row), row] as const);
  return keyed.sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0)).map(([, row]) => row);
}
