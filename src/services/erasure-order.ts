/** One collection's records hold a key of another's. */
export interface Holds {
  readonly from: string;
  readonly to: string;
}

export interface ErasureOrder<Reference extends Holds> {
  /** What refers goes before what it refers to. */
  readonly order: readonly string[];
  /** References that close a cycle, or lead from a collection to itself: they have to be undone beforehand. */
  readonly cuts: readonly Reference[];
}

/**
 * The order in which collections are erased. Where the references leave a choice the order given decides, so that the
 * same collections always give the same plan.
 */
export function erasureOrder<Reference extends Holds>(
  collections: readonly string[],
  references: readonly Reference[],
): ErasureOrder<Reference> {
  const open = new Set(collections);
  const order: string[] = [];
  const cuts = references.filter(({ from, to }) => from === to && open.has(from));
  const referring = (key: string) =>
    references.filter(({ from, to }) => to === key && from !== key && open.has(from)).map(({ from }) => from);
  while (open.size > 0) {
    const next = [...open].find((key) => referring(key).length === 0) ?? firstInCycle(open, referring);
    cuts.push(...references.filter(({ from, to }) => to === next && from !== next && open.has(from)));
    open.delete(next);
    order.push(next);
  }
  return { order, cuts };
}

/** The first that is referred to from its own cycle alone: elsewhere more would be cut than closes a cycle. */
function firstInCycle(open: ReadonlySet<string>, referring: (key: string) => readonly string[]): string {
  const above = new Map([...open].map((key) => [key, allAbove(key, referring)]));
  const found = [...open].find((key) => [...(above.get(key) ?? [])].every((other) => above.get(other)?.has(key)));
  if (found === undefined) throw new Error('A graph in which every collection is referred to has a cycle.');
  return found;
}

function allAbove(key: string, referring: (key: string) => readonly string[]): Set<string> {
  const above = new Set<string>();
  const next = [...referring(key)];
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    if (above.has(one)) continue;
    above.add(one);
    next.push(...referring(one));
  }
  return above;
}
