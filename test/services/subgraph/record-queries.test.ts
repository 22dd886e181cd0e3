import { readFileSync } from 'node:fs';
import { parse, validate } from 'graphql';
import { describe, expect, it } from 'vitest';
import { planRecords } from '../../../src/services/subgraph/record-queries.js';
import { recordQuery } from '../../../src/services/subgraph/record-text.js';
import { readSchema } from '../../../src/services/subgraph/schema.js';

const SHOP_SDL = readFileSync(new URL('../../support/services/shop.graphql', import.meta.url), 'utf8');

const plan = (sdl: string) => planRecords(readSchema(sdl));
const names = (sdl: string) => plan(sdl)?.collections.map(({ name, holds }) => `${name}: ${holds.kind}`);

describe('what an export asks of a subgraph', () => {
  it('is every object on the way, list and connection', () => {
    expect(names(SHOP_SDL)).toEqual([
      'account: record',
      'shop: record',
      'settings: record',
      'contact: record',
      'orders: connection',
      'tickets: connection',
      'reviews: object',
      'visits: object',
    ]);
  });

  it('says what it leaves out, and why', () => {
    expect(plan(SHOP_SDL)?.leftOut).toEqual([
      { field: 'Shop.note', reason: 'it cannot be asked without the argument "kind"' },
      { field: 'Product.related', reason: 'it leads to entities of an entity' },
    ]);
  });

  it('is valid against the schema, every question', () => {
    const machinery =
      'scalar _Any union _Entity = Account extend type Query { _entities(representations: [_Any!]!): [_Entity]! }';
    const schema = readSchema(SHOP_SDL + machinery);
    for (const { path, holds } of planRecords(schema)?.collections ?? []) {
      const steps = path.map((name) => ({ kind: 'field', name }) as const);
      const end = holds.kind === 'record' ? holds.shape : holds;
      for (const after of holds.kind === 'connection' ? [null, 'cursor'] : [null]) {
        const { text } = recordQuery(steps, end, after);
        expect(validate(schema, parse(text)).map(({ message }) => message)).toEqual([]);
      }
    }
  });

  it('has one text for all pages behind the first, cursors being variables of the declared type', () => {
    const sdl = `scalar Cursor
      type Account @key(fields: "id") { id: ID! logins(first: Int, after: Cursor): Logins }
      type Logins { edges: [Edge] pageInfo: PageInfo } type Edge { cursor: Cursor node: Login } type Login { at: String }
      type PageInfo { hasNextPage: Boolean endCursor: Cursor }`;
    const holds = plan(sdl)?.collections[0]?.holds;
    if (holds?.kind !== 'connection') throw new Error('expected a connection');
    expect(recordQuery([], holds, 'abc')).toEqual({
      text: expect.stringMatching(
        /^query \(\$representations: \[_Any!\]!, \$after0: Cursor\) .*logins\(first: 200, after: \$after0\)/,
      ),
      variables: { after0: 'abc' },
    });
  });

  it('asks nothing that is another service’s, or made from it', () => {
    const sdl = `extend type Account @key(fields: "id") {
      id: ID! @external  email: String @external  greeting: String @requires(fields: "email")  nickname: String }`;
    expect(plan(sdl)?.collections[0]?.holds.kind).toBe('record');
    expect(
      recordQuery([], plan(sdl)?.collections[0]?.holds.shape ?? { typeName: '', selections: [], variants: null }).text,
    ).toContain('... on Account { id nickname }');
    expect(plan(sdl)?.leftOut).toEqual([{ field: 'Account.greeting', reason: expect.stringContaining('@requires') }]);
  });

  it('ends where types go round in circles, and tells', () => {
    const sdl = `type Account @key(fields: "id") { id: ID! posts: [Post] }
      type Post { text: String answers: [Answer] } type Answer { text: String post: Post answers: [Answer] }`;
    expect(names(sdl)).toEqual(['posts: object']);
    expect(plan(sdl)?.leftOut.map(({ field }) => field)).toEqual(['Answer.post', 'Answer.answers']);
  });

  it('tells collections of one name apart', () => {
    const sdl = `type Account @key(fields: "id") { id: ID! shop: Shop bank: Bank }
      type Shop { cards: [Card] } type Bank { cards: [Card] } type Card { number: String }`;
    expect(names(sdl)).toEqual(['shop_cards: object', 'bank_cards: object']);
  });

  it('is nothing where the subgraph knows no account by its id', () => {
    expect(plan('type Product @key(fields: "id") { id: ID! }')).toBeNull();
    expect(plan('type Account @key(fields: "email") { email: String }')).toBeNull();
  });
});
