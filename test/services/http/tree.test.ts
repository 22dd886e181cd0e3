import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../src/services/connector.js';
import { collectionsOf, exportedRecords, readTree, snakeCase } from '../../../src/services/http/tree.js';
import { UnreadableAnswer } from '../../../src/services/outgoing-json.js';

function exported(answer: Json): Record<string, Json> {
  const root = readTree(answer);
  return Object.fromEntries(
    (root ? collectionsOf(root) : []).map((collection) => [collection.name, [...exportedRecords(collection)]]),
  );
}

const node = (key: string, ...children: Json[]): Json => ({ key, children });
const leaf = (key: string, value: Json): Json => ({ key, value });

describe('a tree of the GDPR API as collections', () => {
  it('makes records of nodes, one record of leaves, and one of the root itself', () => {
    expect(
      exported(
        node(
          'SUPPORT',
          leaf('SINCE', '2020'),
          node(
            'TICKETS',
            node('TICKET', leaf('SUBJECT', 'A'), leaf('OPEN', true)),
            node('TICKET', leaf('SUBJECT', null)),
          ),
          node('ADDRESS', leaf('STREET', 'Mannerheimintie'), leaf('house-no', 12.5)),
        ),
      ),
    ).toEqual({
      support: [{ since: '2020' }],
      tickets: [{ subject: 'A', open: true }, { subject: null }],
      address: [{ street: 'Mannerheimintie', house_no: 12.5 }],
    });
  });

  it('makes lists of repeated keys and of children of one kind, one or many', () => {
    const ticket = (...messages: string[]) =>
      node(
        'TICKET',
        leaf('TAG', 'a'),
        leaf('TAG', 'b'),
        node('MESSAGES', ...messages.map((text) => node('MESSAGE', leaf('TEXT', text)))),
        node('PLACE', node('GEO', leaf('LAT', 60))),
      );
    expect(exported(node('S', node('TICKETS', ticket('x'), ticket('x', 'y'), ticket()))).tickets).toEqual([
      { tag: ['a', 'b'], messages: [{ text: 'x' }], place: { geo: { lat: 60 } } },
      { tag: ['a', 'b'], messages: [{ text: 'x' }, { text: 'y' }], place: { geo: { lat: 60 } } },
      { tag: ['a', 'b'], messages: [], place: { geo: { lat: 60 } } },
    ]);
  });

  it('keeps the key where it alone tells records apart', () => {
    const different = node('CONTACT', node('ADDRESS', leaf('A', 1)), node('PHONE', leaf('B', 2)));
    const numbered = node('ORDERS', node('ORDER_1', leaf('A', 1)), node('ORDER_2', leaf('A', 2)));
    expect(exported(node('S', different, numbered))).toEqual({
      contact: [{ address: { a: 1 } }, { phone: { b: 2 } }],
      orders: [{ a: 1 }, { a: 2 }],
    });
  });

  it('shows that a part was not told, and why', () => {
    expect(exported(node('S', node('HEALTH', { key: 'NOTES', error: 'login too weak' })))).toEqual({
      health: [{ notes: { error: 'login too weak' } }],
    });
  });

  it.each([null, {}, [], { key: 'S' }, { key: 'S', children: [] }, { key: 'S', children: null }])(
    'takes %j as nothing held',
    (answer) => expect(exported(answer)).toEqual({}),
  );

  it.each([
    'text',
    1,
    [1],
    { children: [] },
    { key: 1 },
    { key: 'S', children: {} },
    { key: 'S', children: ['CANARY'] },
  ])('refuses %j without telling it', (answer) => {
    const read = () => readTree(answer);
    expect(read).toThrow(UnreadableAnswer);
    expect(read).not.toThrow(/CANARY/);
  });

  it('takes 20 levels and no more (T-35)', () => {
    const deep = (levels: number): Json => (levels === 1 ? leaf('L', 'v') : node('N', deep(levels - 1)));
    expect(exported(deep(20))).toHaveProperty('n');
    expect(() => readTree(deep(21))).toThrow(/20 levels/);
  });

  it('puts keys into snake case', () => {
    expect(['SUBJECT', 'orderTotal', 'ORDER-TOTAL', 'Käyttäjä nimi', '__proto__', '-'].map(snakeCase)).toEqual([
      'subject',
      'order_total',
      'order_total',
      'käyttäjä_nimi',
      'proto',
      'unnamed',
    ]);
  });

  it('exports every value of any tree exactly once (Article 15)', () => {
    let serial = 0;
    const value = fc
      .oneof(fc.string(), fc.integer(), fc.boolean(), fc.double({ noNaN: true, noDefaultInfinity: true }))
      .map((raw) => `${serial++}:${raw}`);
    const key = fc.oneof(
      fc.constantFrom(
        'A',
        'B',
        'AS',
        'TICKET',
        'TICKETS',
        '__proto__',
        'constructor',
        'toString',
        'ERROR',
        'a-b',
        'A_B',
        '',
      ),
      fc.string(),
    );
    const { tree } = fc.letrec<{ tree: Json; node: Json }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 6, withCrossShrink: true },
        fc.record({ key, value }),
        fc.record({ key, error: value }),
        fc.record({ key, children: fc.array(tie('node'), { maxLength: 4 }) }),
        fc.record({ key, value, error: value, children: fc.array(tie('node'), { maxLength: 4 }) }),
      ) as fc.Arbitrary<Json>,
      tree: fc.record({ key, children: fc.array(tie('node'), { maxLength: 6 }) }) as fc.Arbitrary<Json>,
    }));
    fc.assert(
      fc.property(tree, (answer) => {
        expect(valuesOf(JSON.parse(JSON.stringify(exported(answer))))).toEqual(leavesOf(answer));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** All strings below, sorted: keys of records are no values. */
function valuesOf(value: Json): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(valuesOf).sort() : [];
}

function leavesOf(tree: Json): string[] {
  if (typeof tree !== 'object' || tree === null || Array.isArray(tree)) return [];
  const own = [tree.value, tree.error].filter((value) => typeof value === 'string');
  return [...own, ...(Array.isArray(tree.children) ? tree.children.flatMap(leavesOf) : [])].sort();
}
