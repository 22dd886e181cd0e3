import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peopleIn } from '../../src/statistics/groups.js';
import { type Cell, tabulate } from '../../src/statistics/tabulate.js';

const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 20);
const DIMENSIONS = ['place', 'year', 'kind'];

const row = fc.record({
  person: fc.integer({ min: 1, max: 60 }).map(String),
  values: fc.record({
    place: fc.constantFrom('north', 'south', 'east', null),
    year: fc.constantFrom('2024', '2025', '2026'),
    kind: fc.constantFrom('a', 'b', null),
  }),
});
type Row = typeof row extends fc.Arbitrary<infer Value> ? Value : never;
const tables = fc.record({
  rows: fc.array(row, { maxLength: 300, size: 'max' }),
  k: fc.constantFrom(2, 5, 10),
  depth: fc.integer({ min: 0, max: 3 }),
});

/** The records of a cell, found without the code that is tried. */
const recordsOf = (rows: readonly Row[], { path }: Cell) =>
  rows.filter(({ values }) => path.every((value, at) => (Object.values(pick(values))[at] ?? '') === value));
const pick = ({ place, year, kind }: Row['values']) => ({ place, year, kind });
const isWithin = (inner: Cell, outer: Cell) =>
  inner.path.length > outer.path.length && outer.path.every((value, at) => inner.path[at] === value);

/** Every choice out of a few. */
const choices = <Item>(items: readonly Item[]): Item[][] =>
  items.reduce<Item[][]>((all, item) => all.flatMap((some) => [some, [...some, item]]), [[]]);

describe('aggregates', () => {
  it('tell no cell and no difference of cells of fewer than k people', () => {
    fc.assert(
      fc.property(tables, ({ rows, k, depth }) => {
        const cells = tabulate(rows, DIMENSIONS.slice(0, depth), k);
        for (const cell of cells) {
          const records = recordsOf(rows, cell);
          expect(cell.records).toBe(records.length);
          expect(peopleIn(records)).toBeGreaterThanOrEqual(k);
          // Whatever is taken away of what is told within it, nobody or at least k people are left.
          const inner = cells.filter((other) => isWithin(other, cell)).slice(0, 9);
          for (const taken of choices(inner)) {
            const gone = new Set(taken.flatMap((each) => recordsOf(rows, each)));
            const left = peopleIn(records.filter((each) => !gone.has(each)));
            expect(left === 0 || left >= k).toBe(true);
          }
        }
      }),
      { numRuns: ROUNDS },
    );
  });

  it('tell everything where every group is large, and nothing of fewer than k people', () => {
    const many = (n: number, place: string) =>
      Array.from({ length: n }, (_, index) => ({ person: `${place} ${index}`, values: { place } }));
    expect(tabulate([...many(10, 'north'), ...many(12, 'south')], ['place'])).toEqual([
      { path: [], records: 22 },
      { path: ['north'], records: 10 },
      { path: ['south'], records: 12 },
    ]);
    expect(tabulate(many(9, 'north'), ['place'])).toEqual([]);
  });

  it('keep back the smallest large group beside a small one, and count people, not records', () => {
    const of = (person: string, place: string) => ({ person, values: { place } });
    const rows = [
      ...Array.from({ length: 10 }, (_, index) => of(`n${index}`, 'north')),
      ...Array.from({ length: 12 }, (_, index) => of(`s${index}`, 'south')),
      ...Array.from({ length: 50 }, () => of('one person', 'east')),
    ];
    expect(tabulate(rows, ['place'])).toEqual([
      { path: [], records: 72 },
      { path: ['south'], records: 12 },
    ]);
  });
});
