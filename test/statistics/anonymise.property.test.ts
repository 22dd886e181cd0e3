import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anonymise, type ColumnRule } from '../../src/statistics/anonymise.js';
import { coarsen } from '../../src/statistics/coarsen.js';
import { peopleIn } from '../../src/statistics/groups.js';

const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 20);
const COLUMNS: Readonly<Record<string, ColumnRule>> = {
  age: { is: 'quasi-identifier', coarsening: { to: 'range', width: 20 } },
  postcode: { is: 'quasi-identifier', coarsening: { to: 'prefix', characters: 2 } },
  joined: { is: 'quasi-identifier', coarsening: { to: 'year' } },
  need: { is: 'sensitive' },
};
const row = fc.record({
  person: fc.integer({ min: 1, max: 80 }).map(String),
  values: fc.record({
    name: fc.string().map((name) => `canary ${name}`),
    age: fc.oneof(fc.integer({ min: 18, max: 70 }), fc.constant(null)),
    postcode: fc.constantFrom('PO1 1AA', 'PO9 2ZZ', 'SO1 4XY'),
    joined: fc.constantFrom('2025-03-01', new Date('2025-06-01'), '2026-01-01T00:00:00Z'),
    need: fc.constantFrom('speech', 'sight', 'none'),
  }),
});
const tables = fc.record({
  rows: fc.array(row, { maxLength: 300, size: 'max' }),
  k: fc.constantFrom(2, 5, 10),
  l: fc.constantFrom(2, 3),
});

describe('anonymised records', () => {
  it('are of groups of k people and l values, and what is left out is of nobody, all, or k people', () => {
    fc.assert(
      fc.property(tables, ({ rows, k, l }) => {
        const { rows: released, risk } = anonymise(rows, { columns: COLUMNS, k, l });
        expect(JSON.stringify(released)).not.toContain('canary');
        const keyOf = (age: unknown, postcode: unknown, joined: unknown) => JSON.stringify([age, postcode, joined]);
        const keys = new Set(released.map(({ age, postcode, joined }) => keyOf(age, postcode, joined)));
        const isIn = ({ values: { age, postcode, joined } }: (typeof rows)[number]) =>
          keys.has(
            keyOf(
              coarsen(age, { to: 'range', width: 20 }),
              postcode.slice(0, 2),
              (joined instanceof Date ? joined.toISOString() : joined).slice(0, 4),
            ),
          );
        expect(released.length).toBe(rows.filter(isIn).length);
        for (const key of keys) {
          const group = released.filter(({ age, postcode, joined }) => keyOf(age, postcode, joined) === key);
          expect(group.length).toBeGreaterThanOrEqual(k);
          expect(new Set(group.map(({ need }) => need)).size).toBeGreaterThanOrEqual(l);
        }
        const leftOut = peopleIn(rows.filter((each) => !isIn(each)));
        expect(leftOut === 0 || leftOut >= k || released.length === 0).toBe(true);
        expect(risk).toMatchObject({
          ...{ recordsReleased: released.length, recordsSuppressed: rows.length - released.length, groups: keys.size },
        });
        if (risk.smallestGroup !== null) {
          expect(risk.smallestGroup).toBeGreaterThanOrEqual(k);
          expect(risk.highestRisk).toBeLessThanOrEqual(1 / k);
          expect(risk.averageRisk).toBeLessThanOrEqual(risk.highestRisk);
          expect(risk.leastDiversity).toBeGreaterThanOrEqual(l);
        }
      }),
      { numRuns: ROUNDS },
    );
  });

  it('are refused where nobody would be hidden', () => {
    expect(() => anonymise([], { columns: COLUMNS, k: 1 })).toThrow(RangeError);
    expect(anonymise([], { columns: COLUMNS }).rows).toEqual([]);
  });
});

describe('coarsening', () => {
  it.each([
    [37, { to: 'range', width: 10 }, '30 to below 40'],
    [-1, { to: 'range', width: 10 }, '-10 to below 0'],
    ['PO1 1AA', { to: 'prefix', characters: 3 }, 'PO1'],
    ['2026-06-01', { to: 'month' }, '2026-06'],
    [new Date('2026-06-01'), { to: 'year' }, '2026'],
    [true, { to: 'same' }, 'true'],
    ['a name', { to: 'year' }, null],
    ['37', { to: 'range', width: 10 }, null],
    [null, { to: 'same' }, null],
  ] as const)('of %s', (value, coarsening, coarser) => expect(coarsen(value, coarsening)).toBe(coarser));
});
