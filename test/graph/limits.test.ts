import fc from 'fast-check';
import { buildSchema, parse, validate } from 'graphql';
import { describe, expect, test } from 'vitest';
import { breadthLimit, depthLimit, LIMITS } from '../../src/graph/limits.js';

const schema = buildSchema('type Query { a: Query b: Query leaf: Int }');
const brokenBy = (document: string) =>
  validate(schema, parse(document), [depthLimit, breadthLimit]).map(({ extensions }) => extensions.limit);

/** A selection as a tree; `spread` puts it into a fragment of its own. */
interface Tree {
  readonly name: 'a' | 'b';
  readonly how: 'plain' | 'inline' | 'spread';
  readonly below: readonly Tree[];
}

/** A long way down, with short ways off it. */
const tree = fc
  .array(
    fc.record({
      name: fc.constantFrom('a' as const, 'b' as const),
      how: fc.constantFrom('plain' as const, 'inline' as const, 'spread' as const),
      hasTwin: fc.boolean(),
    }),
    { minLength: 1, maxLength: 20 },
  )
  .map((steps) =>
    steps.reduceRight<Tree | null>((inside, { name, how, hasTwin }) => {
      const twin: Tree = { name: 'b', how, below: [] };
      return { name, how, below: [...(hasTwin ? [twin] : []), ...(inside ? [inside] : [])] };
    }, null),
  )
  .map((root): Tree => root ?? { name: 'a', how: 'plain', below: [] });

function write(root: Tree): string {
  const fragments: string[] = [];
  const one = ({ name, how, below }: Tree): string => {
    const text = `${name} { ${below.length > 0 ? below.map(one).join(' ') : 'leaf'} }`;
    if (how === 'plain') return text;
    if (how === 'inline') return `... on Query { ${text} }`;
    fragments.push(`fragment F${fragments.length} on Query { ${text} }`);
    return `...F${fragments.length - 1}`;
  };
  const body = one(root);
  return [`{ ${body} }`, ...fragments].join('\n');
}

/** Fields on the longest way down, the leaf included. */
const depthOf = ({ below }: Tree): number => 1 + Math.max(1, ...below.map(depthOf));

const chain = (levels: number) => `{ ${'a { '.repeat(levels - 1)}leaf${' }'.repeat(levels - 1)} }`;

describe('The depth of a question', () => {
  test('is counted through fragments of every kind', () => {
    fc.assert(
      fc.property(tree, (root) => {
        expect(brokenBy(write(root)).includes('depth')).toBe(depthOf(root) > LIMITS.depth);
      }),
      { numRuns: 500 },
    );
  });

  test('may be just as great as is said', () => {
    expect(brokenBy(chain(LIMITS.depth))).toEqual([]);
    expect(brokenBy(chain(LIMITS.depth + 1))).toEqual(['depth']);
  });

  test('of a fragment counts wherever it is spread', () => {
    const fragment = `fragment F on Query ${chain(LIMITS.depth - 2)}`;
    expect(brokenBy(`{ ...F a { b { ...F } } } ${fragment}`)).toEqual([]);
    expect(brokenBy(`{ ...F a { b { a { ...F } } } } ${fragment}`)).toEqual(['depth']);
  });

  test('is found at once where fragments multiply, and ends where they go in circles', () => {
    const doubling = Array.from(
      { length: 40 },
      (_, i) => `fragment F${i} on Query { a { ...F${i + 1} } b { ...F${i + 1} } }`,
    );
    const begun = performance.now();
    expect(brokenBy(`{ ...F0 } ${doubling.join(' ')} fragment F40 on Query { leaf }`)).toEqual(['depth', 'selections']);
    expect(brokenBy('{ ...A } fragment A on Query { a { ...B } } fragment B on Query { b { ...A } }')).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(500);
  });
});

describe('The breadth of a question', () => {
  const times = (count: number, part: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => part(i)).join(' ');

  test.each([
    ['aliases', (count: number) => `{ a { ${times(count, (i) => `x${i}: leaf`)} } }`],
    ['rootFields', (count: number) => `{ ${times(count, () => 'leaf')} }`],
    ['selections', (count: number) => `{ a { ${times(count - 1, () => 'leaf')} } }`],
    ['directives', (count: number) => `{ a { ${times(count, () => 'leaf @skip(if: false)')} } }`],
  ] as const)('may be just as great as is said: %s', (limit, document) => {
    expect(brokenBy(document(LIMITS[limit]))).toEqual([]);
    expect(brokenBy(document(LIMITS[limit] + 1))).toEqual([limit]);
  });

  test('is counted with fragments written out, however they double on the way', () => {
    const doubling = (levels: number) =>
      Array.from({ length: levels }, (_, i) => `fragment F${i} on Query { ...F${i + 1} ...F${i + 1} }`).join(' ');
    const document = (levels: number) => `{ ...F0 } ${doubling(levels)} fragment F${levels} on Query { leaf }`;
    expect(brokenBy(document(8))).toEqual([]);
    expect(brokenBy(document(10))).toEqual(['selections']);
    // Were they written out, this would not end. No document has so many: they would be more than 1,000 tokens.
    expect(brokenBy(document(150))).toEqual(['selections']);
  });

  test('is counted over the whole document, unused parts too', () => {
    const half = Math.ceil((LIMITS.aliases + 1) / 2);
    const fields = (name: string) => times(half, (i) => `${name}${i}: leaf`);
    expect(brokenBy(`{ a { ${fields('x')} ...F } } fragment F on Query { b { ${fields('y')} } }`)).toEqual(['aliases']);
  });
});
