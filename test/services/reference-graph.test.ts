import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeEdge, referenceGraph } from '../../src/services/reference-graph.js';
import type { Dataset, Reference } from '../../src/services/service.js';
import { collection, dataset, field } from '../support/services/manifests.js';

type Direction = Reference['direction'];
interface Sketch {
  readonly names: readonly string[];
  readonly seeds: readonly string[];
  /** [collection, other, direction] */
  readonly references: readonly (readonly [here: string, there: string, direction: Direction])[];
  readonly after?: Readonly<Record<string, readonly string[]>>;
  readonly skipped?: readonly string[];
}

/** Each collection has a field `id`, and one field for each of its references. */
function draw({ names, seeds, references, after = {}, skipped = [] }: Sketch): Dataset {
  return dataset(
    names.map((name) =>
      collection(
        name,
        [
          field('id', { identity: seeds.includes(name) ? 'email' : null }),
          ...references
            .filter(([here]) => here === name)
            .map(([, there, direction], index) =>
              field(`r${index}`, { references: [{ dataset: 'held', collection: there, field: 'id', direction }] }),
            ),
        ],
        { after: (after[name] ?? []).map((other) => `held.${other}`), skipProcessing: skipped.includes(name) },
      ),
    ),
  );
}

const orderOf = (sketch: Sketch) => referenceGraph([draw(sketch)]).steps.map(({ collection: { name } }) => name);

describe('The way from an identity to every collection', () => {
  it('follows "from" and "to" each in its direction', () => {
    const graph = referenceGraph([
      draw({
        names: ['address', 'customer', 'orders'],
        seeds: ['customer'],
        references: [
          ['customer', 'address', 'to'],
          ['orders', 'customer', 'from'],
          ['orders', 'address', 'to'],
        ],
      }),
    ]);
    expect(graph.steps.map(({ key }) => key)).toEqual(['held.customer', 'held.orders', 'held.address']);
    expect(graph.steps[2]?.arriving.map(describeEdge)).toEqual([
      'held.customer.r0 → held.address.id',
      'held.orders.r1 → held.address.id',
    ]);
    expect(graph.cuts).toEqual([]);
  });

  it('cuts a cycle where it is nearest to an identity, and nowhere else', () => {
    const graph = referenceGraph([
      draw({
        names: ['a', 'b', 'c', 'seed'],
        seeds: ['seed'],
        references: [
          ['seed', 'b', 'to'],
          ['b', 'c', 'to'],
          ['c', 'b', 'to'],
          ['seed', 'a', 'to'],
          ['c', 'a', 'to'],
        ],
      }),
    ]);
    // "a" is as near as "b", but on no cycle: it waits for all that leads to it.
    expect(graph.steps.map(({ collection: { name } }) => name)).toEqual(['seed', 'b', 'c', 'a']);
    expect(graph.cuts.map(describeEdge)).toEqual(['held.c.r0 → held.b.id']);
  });

  it('cuts what a collection tells of itself', () => {
    const graph = referenceGraph([draw({ names: ['a'], seeds: ['a'], references: [['a', 'a', 'from']] })]);
    expect(graph.steps.map(({ arriving }) => arriving)).toEqual([[]]);
    expect(graph.cuts).toHaveLength(1);
  });

  it('minds "after" where it can, and follows references where it cannot', () => {
    const names = ['a', 'b', 'seed'];
    const references = [
      ['seed', 'a', 'to'],
      ['seed', 'b', 'to'],
    ] as const;
    expect(orderOf({ names, seeds: ['seed'], references })).toEqual(['seed', 'a', 'b']);
    expect(orderOf({ names, seeds: ['seed'], references, after: { a: ['b'] } })).toEqual(['seed', 'b', 'a']);
    expect(orderOf({ names, seeds: ['seed'], references, after: { seed: ['b'] } })).toEqual(['seed', 'a', 'b']);
  });

  it('names what no identity reaches, except what is skipped', () => {
    const sketch: Sketch = { names: ['a', 'b', 'seed'], seeds: ['seed'], references: [['b', 'a', 'to']] };
    expect(referenceGraph([draw(sketch)]).unreachable).toEqual(['held.a', 'held.b']);
    expect(referenceGraph([draw({ ...sketch, skipped: ['a'] })]).unreachable).toEqual(['held.b']);
  });

  it('turns a reference without a direction away from the end that is reached, and else wants to be told', () => {
    const outward = referenceGraph([
      draw({ names: ['a', 'seed'], seeds: ['seed'], references: [['a', 'seed', null]] }),
    ]);
    expect(outward.steps[1]?.arriving.map(describeEdge)).toEqual(['held.seed.id → held.a.r0']);
    const between = referenceGraph([draw({ names: ['a', 'b'], seeds: ['a', 'b'], references: [['a', 'b', null]] })]);
    expect(between.ambiguous.map(describeEdge)).toEqual(['held.a.r0 → held.b.id']);
  });
});

const sketches: fc.Arbitrary<Sketch> = fc
  .uniqueArray(fc.constantFrom(...'abcdefgh'), { minLength: 1, maxLength: 8 })
  .chain((names) =>
    fc.record({
      names: fc.constant(names),
      seeds: fc.subarray(names, { minLength: 1 }),
      references: fc.array(
        fc.tuple(fc.constantFrom(...names), fc.constantFrom(...names), fc.constantFrom<Direction>('from', 'to', null)),
        { maxLength: 20 },
      ),
      after: fc.dictionary(fc.constantFrom(...names), fc.subarray(names)),
      skipped: fc.subarray(names, { maxLength: Math.min(2, names.length) }),
    }),
  );

describe('Any reference graph', () => {
  it('reads each reached collection once, after all that lead to it', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const { steps, unreachable } = referenceGraph([draw(sketch)]);
        const keys = steps.map(({ key }) => key);
        expect(new Set(keys).size).toBe(keys.length);
        const alive = sketch.names.filter((name) => !sketch.skipped?.includes(name)).map((name) => `held.${name}`);
        expect([...keys, ...unreachable].sort()).toEqual(alive.sort());
        for (const [index, { arriving, seeds }] of steps.entries()) {
          expect(arriving.length + seeds.length).toBeGreaterThan(0);
          for (const { from } of arriving) expect(keys.indexOf(from.collection)).toBeLessThan(index);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('cuts only what closes a cycle', () => {
    fc.assert(
      fc.property(sketches, (sketch) => {
        const { steps, cuts } = referenceGraph([draw(sketch)]);
        const edges = [...steps.flatMap(({ arriving }) => arriving), ...cuts];
        const reaches = (start: string, goal: string, seen = new Set<string>()): boolean =>
          start === goal ||
          edges.some(({ from, to }) => {
            if (from.collection !== start || seen.has(to.collection)) return false;
            seen.add(to.collection);
            return reaches(to.collection, goal, seen);
          });
        for (const { from, to } of cuts) expect(reaches(to.collection, from.collection)).toBe(true);
      }),
      { numRuns: 1000 },
    );
  });

  it('is the same in whatever order collections are written', () => {
    const shuffled = sketches.chain((sketch) =>
      fc
        .shuffledSubarray([...sketch.names], { minLength: sketch.names.length, maxLength: sketch.names.length })
        .map((names) => [sketch, { ...sketch, names }] as const),
    );
    fc.assert(
      fc.property(shuffled, ([one, other]) => {
        const told = (sketch: Sketch) => {
          const { steps, cuts, unreachable, ambiguous } = referenceGraph([draw(sketch)]);
          return { order: steps.map(({ key, arriving }) => [key, arriving]), cuts, unreachable, ambiguous };
        };
        const sorted = (sketch: Sketch) => {
          const graph = told(sketch);
          return { ...graph, cuts: graph.cuts.map(describeEdge).sort() };
        };
        expect(sorted(other)).toEqual(sorted(one));
      }),
      { numRuns: 1000 },
    );
  });
});
