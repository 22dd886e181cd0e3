/** A value of one column. */
export type Value = string | number | boolean | Date | null;

/** One record, and whose it is: people are counted, not their records. */
export interface PersonRow<Columns = Readonly<Record<string, Value>>> {
  /** Any key that is the same for all records of one person and for nobody else's. It is never released. */
  readonly person: string;
  readonly values: Columns;
}

/** Fewer people than this are no group: what is said of them is said of somebody. */
export const SMALLEST_GROUP = 10;

/** How many different people these records are of. */
export const peopleIn = (rows: readonly { readonly person: string }[]): number =>
  new Set(rows.map(({ person }) => person)).size;

/** The records by a key, in the order in which the keys first come. */
export function groupBy<Row>(rows: readonly Row[], keyOf: (row: Row) => string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group) group.push(row);
    else groups.set(key, [row]);
  }
  return groups;
}

/**
 * Which groups may be told apart: those of at least `k` people, so that all the others together are nobody or at least
 * `k` people too; else whoever knows the whole would know them by subtraction. For that the smallest of the large ones
 * is kept back beside them (complementary suppression).
 */
export function tellable<Row extends { readonly person: string }>(
  groups: ReadonlyMap<string, readonly Row[]>,
  k: number,
  isAllowed: (rows: readonly Row[]) => boolean = () => true,
): Set<string> {
  const sized = [...groups].map(([key, rows]) => ({ key, rows, people: peopleIn(rows) }));
  const told = sized
    .filter(({ rows, people }) => people >= k && isAllowed(rows))
    .sort((one, other) => other.people - one.people || (one.key < other.key ? -1 : 1));
  const keptBack = () => sized.filter((group) => !told.includes(group)).flatMap(({ rows }) => rows);
  const others = peopleIn(keptBack());
  if (others > 0 && others < k) told.pop();
  return new Set(told.map(({ key }) => key));
}
