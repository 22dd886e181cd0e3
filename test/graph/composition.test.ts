import { describe, expect, it } from 'vitest';
import { ownNamesTaken } from '../../src/graph/own-part.js';
import { CompositionError, compose, composeFitting, partNames, type Subgraph } from '../../src/graph/supergraph.js';
import { subgraphHeader } from '../../src/services/personal-data-directive.js';

const head = (...imports: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ${JSON.stringify(imports)})\n`;
const part = (name: string, sdl: string, ...imports: string[]): Subgraph => ({
  name,
  sdl: imports.length > 0 ? head(...imports) + sdl : sdl,
});

function problemsOf(...parts: readonly Subgraph[]) {
  try {
    compose(parts);
  } catch (error) {
    if (error instanceof CompositionError) return error.problems;
    throw error;
  }
  return [];
}

describe('a problem of composition', () => {
  const shop = part('shop', 'type Query { t: T } type T @key(fields: "id") { id: ID! name: String }', '@key');

  it.each<[string, Subgraph[], string[], string, RegExp]>([
    [
      'a field two services resolve',
      [shop, part('desk', 'type T @key(fields: "id") { id: ID! name: String }', '@key')],
      ['desk', 'shop'],
      'T.name',
      /^desk and shop: T\.name: .*mark it @shareable.*\(INVALID_FIELD_SHARING\)\.$/,
    ],
    [
      'one of two types',
      [
        part('a-b', 'type Query { t(x: Int): T @shareable } type T { id: ID! @shareable }', '@shareable'),
        part('c', 'type Query { t(x: String): T @shareable } type T { id: ID! @shareable }', '@shareable'),
      ],
      ['a-b', 'c'],
      'Query.t(x:)',
      /: Query\.t\(x:\): .*same type in all of them \(FIELD_ARGUMENT_TYPE_MISMATCH\)\.$/,
    ],
    [
      'one nobody leads to',
      [part('shop', 'type Query { t: T } type T { id: ID! }', '@key'), part('desk', 'type T { card: Int }', '@key')],
      ['shop', 'desk'],
      'T.card',
      /: T\.card: cannot be reached: .*because type "T" has no @key.*: give the type a @key.*\(SATISFIABILITY_ERROR\)\.$/,
    ],
    [
      'a key that is no field',
      [part('shop', 'type Query { t: T } type T @key(fields: "nope") { id: ID! }', '@key')],
      ['shop'],
      'T',
      /^shop: T: .*"nope".*name fields of the type in its @key \(KEY_INVALID_FIELDS\)\.$/,
    ],
    [
      'a type that is not there',
      [part('shop', 'type Query { t: Nowhere }')],
      ['shop'],
      'Nowhere',
      /^shop: .*Unknown type Nowhere: correct it in the service’s SDL \(INVALID_GRAPHQL\)\.$/,
    ],
  ])('says service, coordinate, what is wrong and the mend, in one line: %s', (_what, parts, services, at, line) => {
    const [problem, ...others] = problemsOf(...parts);
    expect(others).toEqual([]);
    expect(problem?.text).toMatch(line);
    expect(problem?.text).not.toContain('\n');
    expect(problem?.services).toEqual(services);
    expect([problem?.coordinate, null]).toContain(at === 'Nowhere' ? null : at);
  });

  it('keeps out only the service that does not fit', () => {
    const good = part('desk', 'type T @key(fields: "id") { id: ID! card: Int }', '@key');
    const clash = part('till', 'type T @key(fields: "id") { id: ID! name: String }', '@key');
    const { parts, supergraphSdl, unfit } = composeFitting([shop, clash, good], [shop]);
    expect(parts.map(({ name }) => name)).toEqual(['shop', 'desk']);
    expect(supergraphSdl).toContain('card: Int');
    expect([...unfit.keys()]).toEqual(['till']);
  });

  it('keeps what a service had before', () => {
    const before = part('desk', 'type T @key(fields: "id") { id: ID! card: Int }', '@key');
    const after = part('desk', 'type T @key(fields: "id") { id: ID! card: Int name: String }', '@key');
    const { parts, supergraphSdl } = composeFitting([shop, after], [shop, before]);
    expect(parts).toEqual([shop, before]);
    expect(supergraphSdl).toBe(compose([shop, before]));
  });

  it('is none where two services change together what neither could alone', () => {
    const moving = [
      part('shop', 'type Query { t: T } type T @key(fields: "id") { id: ID! }', '@key'),
      part('desk', 'type T @key(fields: "id") { id: ID! name: String }', '@key'),
    ];
    expect(composeFitting(moving, [shop]).unfit.size).toBe(0);
  });

  it('of all services is thrown', () => {
    const alone = part('desk', 'type T @key(fields: "id") { id: ID! name: String }', '@key');
    expect(() => composeFitting([alone], [])).toThrow(CompositionError);
  });
});

describe('the supergraph', () => {
  it('knows each service by the name it has, whatever signs are in it', () => {
    const names = ['a', 'b-two', 'c_three', '4th'];
    const [first = '', ...others] = names;
    const sdl = compose([
      part(first, 'type Query { t: T } type T @key(fields: "id") { id: ID! }', '@key'),
      ...others.map((name, n) => part(name, `type T @key(fields: "id") { id: ID! f${n}: Int }`, '@key')),
    ]);
    expect([...partNames(sdl).values()].sort()).toEqual([...names].sort());
  });

  it('has the wider type where one service says a union and another one of its members', () => {
    const types = 'union Media = Book | Film type Book { id: ID! @shareable } type Film { id: ID! @shareable }';
    const narrow = part('a', `type Query { media: Book @shareable } ${types}`, '@shareable');
    const wide = part(
      'b',
      `type Query { media: [Media!] @shareable } ${types}`.replace('[Media!]', 'Media'),
      '@shareable',
    );
    for (const parts of [
      [narrow, wide],
      [wide, narrow],
    ]) {
      expect(compose(parts)).toMatch(
        /media: Media @join__field\(graph: A, type: "Book"\) @join__field\(graph: B, type: "Media"\)/,
      );
    }
  });

  it('says of a field of an interface in which service it is @external', () => {
    const sdl = compose([
      part(
        'a',
        'type Query { n: N } interface N @key(fields: "id") { id: ID! name: String } type T implements N @key(fields: "id") { id: ID! name: String }',
        '@key',
      ),
      part(
        'b',
        'type N @key(fields: "id") @interfaceObject { id: ID! name: String @external nick: String @requires(fields: "name") }',
        '@key',
        '@interfaceObject',
        '@external',
        '@requires',
      ),
    ]);
    expect(sdl).toMatch(/name: String @join__field\(graph: A\) @join__field\(graph: B, external: true\)/);
  });

  it('is composed where only the fragments of @requires hide the way', () => {
    const types = (hidden: string) => `
      interface Thing { name: String! }
      interface Lit implements Thing { name: String! watts: Int }
      type Lamp implements Thing & Lit @shareable ${hidden} { name: String! watts: Int bulb: String }
      type Torch implements Thing & Lit @shareable { name: String! watts: Int cells: Int }`;
    const a = part(
      'a',
      `type Query { room: Room } type Room @key(fields: "id") { id: ID! has: Thing } ${types('')}`,
      '@key',
      '@shareable',
    );
    const b = part(
      'b',
      `type Room @key(fields: "id") { id: ID! has: Thing @external sum: Int
        @requires(fields: "has { name ... on Lit { watts ... on Lamp { bulb } ... on Torch { cells } } }") }
       ${types('@inaccessible')}`,
      '@key',
      '@shareable',
      '@external',
      '@requires',
      '@inaccessible',
    );
    expect(compose([a, b])).toContain('sum: Int');
  });
});

describe("Habeas' own names", () => {
  const own: Subgraph = {
    name: 'habeas',
    sdl: `${subgraphHeader(['@shareable'])}
      type Query { account(id: ID!): Account viewer: Viewer }
      type Account @key(fields: "id") { id: ID! profile: Profile }
      type Profile { name: String }
      type Viewer { name: String }
      type PageInfo @shareable { hasNextPage: Boolean endCursor: String }
      scalar DateTime
      enum Role { A }`,
  };

  it.each([
    ['more of an account', 'type Account @key(fields: "id") { id: ID! shop: Int } type Query { shops: Int }'],
    ['an extension of it', 'extend type Account @key(fields: "id") { id: ID! @external shop: Int }'],
    ['the same page', 'type PageInfo @shareable { hasNextPage: Boolean } scalar DateTime'],
    ['other names', 'type Query { book: Book } type Book { id: ID! }'],
  ])('are not taken by %s', (_what, sdl) => {
    expect(ownNamesTaken(own, [{ name: 'shop', sdl }])).toEqual([]);
  });

  it.each([
    ['a root field', 'type Query { viewer: Int }', ['Query.viewer']],
    ['another type', 'type Viewer { id: ID! }', ['Viewer']],
    ['another kind of account', 'interface Account { id: ID! }', ['Account']],
    ['an account by another key', 'type Account @key(fields: "number") { number: ID! }', ['Account']],
    ['a field of an account', 'type Account @key(fields: "id") { id: ID! profile: Int }', ['Account']],
    ['a page with more', 'type PageInfo @shareable { hasNextPage: Boolean total: Int }', ['PageInfo']],
    ['an input and an enum', 'input Profile { a: Int } enum Role { B }', ['Profile', 'Role']],
    ['a directive for questions', 'directive @audited on FIELD type Query { a: Int }', ['@audited']],
  ])('are taken by %s', (_what, sdl, taken) => {
    expect(ownNamesTaken(own, [{ name: 'shop', sdl }])).toEqual(taken);
  });
});
