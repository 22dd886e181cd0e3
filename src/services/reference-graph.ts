import type { Collection, Dataset, Field, Reference } from './service.js';

/** A field, by its dotted path inside a collection ("dataset.collection"). */
export interface FieldPlace {
  readonly collection: string;
  readonly field: string;
}

/** A field whose values identify a person: where a walk begins. */
export interface Seed extends FieldPlace {
  readonly identity: string;
}

/** Values of `from` select the rows of `to` that hold them. */
export interface Edge {
  readonly from: FieldPlace;
  readonly to: FieldPlace;
}

/** One collection of a walk, with every way into it that the walk takes. */
export interface Step {
  /** "dataset.collection" */
  readonly key: string;
  readonly dataset: Dataset;
  readonly collection: Collection;
  readonly seeds: readonly Seed[];
  readonly arriving: readonly Edge[];
}

/** The way from a person's identities to every collection of a service, without cycles. */
export interface ReferenceGraph {
  /** Each reached collection once, after all that feed it. */
  readonly steps: readonly Step[];
  /** Edges left out because they close a cycle. */
  readonly cuts: readonly Edge[];
  /** Collections ("dataset.collection") that no identity reaches. */
  readonly unreachable: readonly string[];
  /** References without a direction between two collections that are both reached otherwise. */
  readonly ambiguous: readonly Edge[];
}

interface Node {
  readonly key: string;
  readonly dataset: Dataset;
  readonly collection: Collection;
  readonly seeds: readonly Seed[];
}

/**
 * Orders the collections of a service's datasets for a walk from identities to rows. Collections that are skipped take
 * no part. A cycle is cut where it is nearest to an identity; `after` orders, and gives way where it cannot. The result
 * does not depend on the order in which collections are written.
 */
export function referenceGraph(datasets: readonly Dataset[]): ReferenceGraph {
  const nodes = new Map(datasets.flatMap(nodesOf).map((node) => [node.key, node]));
  const { directed, undirected } = edgesOf(nodes);
  const seeds = [...nodes.values()].flatMap((node) => node.seeds);
  const { edges, ambiguous } = directOutward(seeds, directed, undirected);
  const distances = distancesFrom(seeds, edges);
  const live = edges.filter((edge) => distances.has(edge.from.collection));
  const { order, cuts } = visit(distances, live, afterOf(nodes));
  const cut = new Set(cuts);
  return {
    steps: order.flatMap((key) => {
      const node = nodes.get(key);
      const arriving = live.filter((edge) => edge.to.collection === key && !cut.has(edge));
      return node ? [{ ...node, arriving }] : [];
    }),
    cuts,
    unreachable: [...nodes.keys()].filter((key) => !distances.has(key)).sort(),
    ambiguous,
  };
}

/** All fields of a collection, nested ones too, by dotted path. */
export function fieldPaths(fields: readonly Field[], prefix = ''): readonly { path: string; field: Field }[] {
  return fields.flatMap((field) => {
    const path = prefix + field.name;
    return [{ path, field }, ...fieldPaths(field.fields, `${path}.`)];
  });
}

function nodesOf(dataset: Dataset): Node[] {
  return dataset.collections
    .filter(({ skipProcessing }) => !skipProcessing)
    .map((collection) => {
      const key = `${dataset.key}.${collection.name}`;
      const seeds = fieldPaths(collection.fields).flatMap(({ path, field }) =>
        field.identity === null ? [] : [{ collection: key, field: path, identity: field.identity }],
      );
      return { key, dataset, collection, seeds };
    });
}

/** Two files may tell of the same way from both of its ends: it is one edge. */
function edgesOf(nodes: ReadonlyMap<string, Node>): { directed: Edge[]; undirected: Edge[] } {
  const directed = new Map<string, Edge>();
  const undirected = new Map<string, Edge>();
  for (const { key, collection } of nodes.values()) {
    for (const { path, field } of fieldPaths(collection.fields)) {
      for (const reference of field.references) {
        const here = { collection: key, field: path };
        const there = { collection: `${reference.dataset}.${reference.collection}`, field: reference.field };
        if (!nodes.has(there.collection)) continue;
        const edge = towards(reference.direction, here, there);
        (reference.direction ? directed : undirected).set(describeEdge(edge), edge);
      }
    }
  }
  return { directed: sorted(directed), undirected: sorted(undirected) };
}

function towards(direction: Reference['direction'], here: FieldPlace, there: FieldPlace): Edge {
  return direction === 'from' ? { from: there, to: here } : { from: here, to: there };
}

function sorted(edges: ReadonlyMap<string, Edge>): Edge[] {
  return [...edges].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge);
}

/** "dataset.collection.field → dataset.collection.field" */
export function describeEdge({ from, to }: Edge): string {
  return `${from.collection}.${from.field} → ${to.collection}.${to.field}`;
}

/**
 * A reference without a direction leads away from the end that is reached without it. Where both ends are reached it
 * could turn either way, and with it the rows that are found: that is for the manifest to say. Rounds make the answer
 * independent of the order of edges.
 */
function directOutward(
  seeds: readonly Seed[],
  directed: readonly Edge[],
  undirected: readonly Edge[],
): { edges: Edge[]; ambiguous: Edge[] } {
  const edges = [...directed];
  const ambiguous: Edge[] = [];
  let open = undirected;
  while (open.length > 0) {
    const reached = distancesFrom(seeds, edges);
    const isReached = (place: FieldPlace) => reached.has(place.collection);
    const decidable = open.filter(({ from, to }) => isReached(from) || isReached(to));
    if (decidable.length === 0) break;
    for (const edge of decidable) {
      if (isReached(edge.from) && isReached(edge.to)) ambiguous.push(edge);
      else edges.push(isReached(edge.from) ? edge : { from: edge.to, to: edge.from });
    }
    open = open.filter((edge) => !decidable.includes(edge));
  }
  return { edges, ambiguous };
}

/** How many edges each reached collection is away from an identity. */
function distancesFrom(seeds: readonly Seed[], edges: readonly Edge[]): Map<string, number> {
  const distances = new Map(seeds.map(({ collection }) => [collection, 0]));
  let border = [...distances.keys()];
  for (let distance = 1; border.length > 0; distance++) {
    const next = edges
      .filter(({ from, to }) => border.includes(from.collection) && !distances.has(to.collection))
      .map(({ to }) => to.collection);
    border = [...new Set(next)];
    for (const key of border) distances.set(key, distance);
  }
  return distances;
}

function afterOf(nodes: ReadonlyMap<string, Node>): ReadonlyMap<string, readonly string[]> {
  return new Map([...nodes.values()].map(({ key, collection }) => [key, collection.after]));
}

function visit(
  distances: ReadonlyMap<string, number>,
  edges: readonly Edge[],
  after: ReadonlyMap<string, readonly string[]>,
): { order: string[]; cuts: Edge[] } {
  const byDistance = (a: string, b: string) =>
    (distances.get(a) ?? 0) - (distances.get(b) ?? 0) || (a < b ? -1 : a > b ? 1 : 0);
  const open = new Set([...distances.keys()].sort(byDistance));
  const order: string[] = [];
  const cuts: Edge[] = [];
  const feeders = (key: string) =>
    edges
      .filter(({ from, to }) => to.collection === key && open.has(from.collection))
      .map(({ from }) => from.collection);
  while (open.size > 0) {
    const fed = [...open].filter((key) => feeders(key).length === 0);
    const ready = fed.find((key) => !after.get(key)?.some((earlier) => open.has(earlier)));
    const next = ready ?? fed[0] ?? nearestInCycle(open, feeders);
    cuts.push(...edges.filter(({ from, to }) => to.collection === next && open.has(from.collection)));
    open.delete(next);
    order.push(next);
  }
  return { order, cuts };
}

/**
 * The first (nearest) open collection that lies on a cycle which nothing outside it feeds: all that lead to it can be
 * reached from it. To cut elsewhere would lose rows.
 */
function nearestInCycle(open: ReadonlySet<string>, feeders: (key: string) => readonly string[]): string {
  const above = new Map([...open].map((key) => [key, allAbove(key, feeders)]));
  const found = [...open].find((key) => [...(above.get(key) ?? [])].every((other) => above.get(other)?.has(key)));
  if (found === undefined) throw new Error('A graph in which every collection is fed has a cycle.');
  return found;
}

function allAbove(key: string, feeders: (key: string) => readonly string[]): Set<string> {
  const above = new Set<string>();
  const next = [...feeders(key)];
  for (let one = next.pop(); one !== undefined; one = next.pop()) {
    if (above.has(one)) continue;
    above.add(one);
    next.push(...feeders(one));
  }
  return above;
}
