import fc from 'fast-check';
import { expect, test } from 'vitest';
import { erasureOrder, type Holds } from '../../src/services/erasure-order.js';

const rounds = Number(process.env.HABEAS_ROUNDS ?? 200);

/** Collections by number, and any references between them: cycles and references to themselves too. */
const graphs = fc.integer({ min: 1, max: 8 }).chain((size) => {
  const names = Array.from({ length: size }, (_, index) => `c${index}`);
  const name = fc.constantFrom(...names);
  return fc.record({
    names: fc.constant(names),
    references: fc.array(fc.record({ from: name, to: name }), { maxLength: 20 }),
  });
});

function leads(references: readonly Holds[], from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let one = open.pop(); one !== undefined; one = open.pop()) {
    if (one === to) return true;
    if (seen.has(one)) continue;
    seen.add(one);
    open.push(...references.filter((reference) => reference.from === one).map((reference) => reference.to));
  }
  return false;
}

test('what refers goes before what it refers to, and only what closes a cycle is cut', () => {
  fc.assert(
    fc.property(graphs, ({ names, references }) => {
      const { order, cuts } = erasureOrder(names, references);
      expect([...order].sort()).toEqual([...names].sort());
      for (const reference of references) {
        const isOrdered = order.indexOf(reference.from) < order.indexOf(reference.to);
        expect(isOrdered).toBe(!cuts.includes(reference));
        if (cuts.includes(reference)) expect(leads(references, reference.to, reference.from)).toBe(true);
      }
    }),
    { numRuns: rounds },
  );
});

test('the same collections give the same order however their references are written', () => {
  fc.assert(
    fc.property(graphs, ({ names, references }) => {
      expect(erasureOrder(names, [...references].reverse()).order).toEqual(erasureOrder(names, references).order);
    }),
    { numRuns: rounds },
  );
});
