import fc from 'fast-check';
import { type ExecutionResult, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { ServiceError } from '../../../src/errors.js';
import type { Json } from '../../../src/services/connector.js';
import { ConnectionLost } from '../../../src/services/failures.js';
import type { RawAnswer } from '../../../src/services/subgraph/answers.js';
import { askTogether, MOST_REPRESENTATIONS } from '../../../src/services/subgraph/batch.js';
import { readEntityKeys } from '../../../src/services/subgraph/entity-keys.js';
import { prepareQuestion } from '../../../src/services/subgraph/prepared.js';
import { readSchema } from '../../../src/services/subgraph/schema.js';

const SHOP = { name: 'shop', title: 'Shop' };
const KEYS = readEntityKeys(
  readSchema(`type Account @key(fields: "id") { id: ID! name: String }
    type Order @key(fields: "number shop { id }") { number: Int! shop: Shop! total: Int } type Shop { id: ID! }`),
);
const question = (selection = '... on Account { name }') =>
  prepareQuestion(
    { document: parse(`query ($r: [_Any!]!) { _entities(representations: $r) { ${selection} } }`) },
    KEYS,
  );
const representation = (id: string) => ({ __typename: 'Account', id });
const asked = (...ids: string[]) => ({ r: ids.map(representation) });
type Asked = { readonly __typename: string; readonly id: string };
type Entity = { [key: string]: Json } | null;

/** A subgraph that answers each representation as `entity` does. */
function subgraph(entity: (asked: Asked, index: number, calls: number) => Entity, errors: Json[] = []) {
  const bodies: { query: string; variables: { r: Asked[] } }[] = [];
  const swapped: Json[] = [];
  return {
    bodies,
    swapped,
    service: SHOP,
    send: async <Read>(text: string, read: (answer: RawAnswer & { bytes: number }) => Read): Promise<Read> => {
      const body = JSON.parse(text) as (typeof bodies)[number];
      bodies.push(body);
      const _entities = body.variables.r.map((each, index) => entity(each, index, bodies.length));
      return read({ data: { _entities }, errors, bytes: 100 });
    },
    mayRetry: async () => false,
    onSwapped: (each: Json) => {
      swapped.push(each);
    },
  };
}

const named = ({ id }: Asked): Entity => ({ name: `of ${id}`, _habeas_Account_id: id });
const found = (answer: ExecutionResult | Error | undefined): Entity[] => {
  if (!answer || answer instanceof Error || !Array.isArray(answer.data?._entities)) throw new Error('no entities');
  return answer.data._entities as Entity[];
};

describe('questions asked together', () => {
  it('give everybody what they asked for, in order, in objects nobody else has, each person asked about once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.nat(30), { maxLength: 8 }), { minLength: 1, maxLength: 8 }),
        async (callers) => {
          const service = subgraph(named);
          const answers = await askTogether(
            question(),
            '',
            callers.map((ids) => asked(...ids.map(String))),
            service,
          );
          expect(answers.map(found)).toEqual(callers.map((ids) => ids.map((id) => ({ name: `of ${id}` }))));
          const objects = answers.flatMap(found);
          expect(new Set(objects).size).toBe(objects.length);
          const sent = service.bodies.flatMap(({ variables }) => variables.r.map(({ id }) => id));
          expect(sent.sort()).toEqual([...new Set(callers.flat().map(String))].sort());
        },
      ),
    );
  });

  it('share nothing below either', async () => {
    const service = subgraph(({ id }) => ({ _habeas_Account_id: id, name: { parts: [{ first: id }] } }));
    const [first, second] = (await askTogether(question(), '', [asked('a'), asked('a')], service)).map(found);
    expect(first).toEqual(second);
    const [entity] = first ?? [];
    (entity?.name as { parts: object[] } | undefined)?.parts.push({ first: 'changed' });
    expect(second).toEqual([{ name: { parts: [{ first: 'a' }] } }]);
  });

  it('are at most 200 representations to a call', async () => {
    const service = subgraph(named);
    const ids = Array.from({ length: 450 }, (_, index) => `a${index}`);
    const [answer] = await askTogether(question(), '', [asked(...ids)], service);
    expect(found(answer)).toHaveLength(450);
    expect(service.bodies.map(({ variables }) => variables.r.length)).toEqual([200, 200, 50]);
  });

  it('are parted where answers grow large, but one question of 200 people never is', async () => {
    const large = { ...subgraph(named) };
    const send: typeof large.send = (text, read) => large.send(text, (answer) => read({ ...answer, bytes: 40_000 }));
    const asks = question();
    await askTogether(asks, '', [asked('a')], { ...large, send });
    const people = Array.from({ length: MOST_REPRESENTATIONS }, (_, index) => `a${index}`);
    await askTogether(asks, '', [asked(...people), asked('b'), asked('c')], { ...large, send });
    expect(large.bodies.map(({ variables }) => variables.r.length)).toEqual([1, 200, 1, 1]);
  });

  it('get errors at the places of those who asked', async () => {
    const service = subgraph(
      ({ id }) => (id === 'b' ? { _habeas_Account_id: id, name: null } : named({ __typename: 'Account', id })),
      [{ message: 'CANARY', path: ['_entities', 1, 'name'] }],
    );
    const answers = await askTogether(question(), '', [asked('a', 'b'), asked('b', 'c'), asked('c')], service);
    const told = answers.map((answer) =>
      answer instanceof Error ? [] : (answer.errors ?? []).map(({ path }) => path),
    );
    expect(told).toEqual([[['_entities', 1, 'name']], [['_entities', 0, 'name']], []]);
    expect(JSON.stringify(answers)).not.toContain('CANARY');
  });

  it('fail for those alone whose call fails', async () => {
    const down = new ServiceError('shop', 'SERVICE_UNREACHABLE', 'Shop did not answer in time.');
    const people = Array.from({ length: MOST_REPRESENTATIONS }, (_, index) => `a${index}`);
    const service = subgraph((each, _index, calls) => {
      if (calls === 2) throw down;
      return named(each);
    });
    const answers = await askTogether(question(), '', [asked(...people), asked('x'), asked('a0', 'x')], service);
    expect(found(answers[0])).toHaveLength(200);
    expect(answers[1]).toBe(down);
    expect(found(answers[2])).toEqual([{ name: 'of a0' }, null]);
    expect((answers[2] as ExecutionResult).errors).toMatchObject([
      { path: ['_entities', 1], extensions: { code: 'SERVICE_UNAVAILABLE', service: 'shop' } },
    ]);
  });

  it('are asked once more in halves where the connection was lost, if the budget allows', async () => {
    const lost = new ConnectionLost('shop', 'SERVICE_UNREACHABLE', 'Shop broke the connection off.');
    const service = subgraph((each) => {
      if (each.id === 'poison') throw lost;
      return named(each);
    });
    const budget: number[] = [];
    const mayRetry = async (error: unknown, calls: number) => error === lost && budget.push(calls) === 1;
    const answers = await askTogether(question(), '', [asked('a'), asked('b'), asked('poison'), asked('d')], {
      ...service,
      mayRetry,
    });
    expect(answers.slice(0, 2).map(found)).toEqual([[{ name: 'of a' }], [{ name: 'of b' }]]);
    expect(answers.slice(2)).toEqual([lost, lost]);
    expect([budget, service.bodies.map(({ variables }) => variables.r.length)]).toEqual([[2], [4, 2, 2]]);
  });
});

describe('which entity it is (T-34)', () => {
  it('is asked for where the question does not, under a name of its own, and taken out again', async () => {
    const service = subgraph(named);
    const [answer] = await askTogether(question(), '', [asked('a')], service);
    expect(service.bodies[0]?.query).toMatch(/\.\.\. on Account \{\s*_habeas_Account_id: id\s*\}/);
    expect(found(answer)).toEqual([{ name: 'of a' }]);
  });

  it('is not asked for twice', async () => {
    const service = subgraph(({ id }) => ({ key: id }));
    const [answer] = await askTogether(question('... on Account { key: id }'), '', [asked('a')], service);
    expect(service.bodies[0]?.query).not.toContain('_habeas');
    expect(found(answer)).toEqual([{ key: 'a' }]);
  });

  it.each<[what: string, entity: Entity]>([
    ['another person', { name: 'CANARY', _habeas_Account_id: 'other' }],
    ['nobody in particular', { name: 'CANARY' }],
    ['somebody without a key', { name: 'CANARY', _habeas_Account_id: null }],
  ])('drops an answer about %s for everybody, and tells of it once', async (_what, entity) => {
    const service = subgraph((each) => (each.id === 'b' ? entity : named(each)));
    const answers = await askTogether(question(), '', [asked('a', 'b'), asked('b')], service);
    expect(answers.map(found)).toEqual([[{ name: 'of a' }, null], [null]]);
    expect(answers.map((answer) => (answer as ExecutionResult).errors?.map(({ path }) => path))).toEqual([
      [['_entities', 1]],
      [['_entities', 0]],
    ]);
    expect(service.swapped).toEqual([representation('b')]);
    expect(JSON.stringify(answers)).not.toContain('CANARY');
  });

  it('is told by keys inside keys too', async () => {
    const order = (number: number, shop: string) => ({ __typename: 'Order', number, shop: { id: shop } });
    const asks = question('... on Order { total }');
    const service = subgraph((_each, index) => ({
      total: index,
      _habeas_Order_number: 7,
      _habeas_Order_shop_id_: { id: index === 1 ? 'other' : 's' },
    }));
    const [answer] = await askTogether(asks, '', [{ r: [order(7, 's'), order(7, 't')] }], service);
    expect(found(answer)).toEqual([{ total: 0 }, null]);
    expect(service.swapped).toEqual([order(7, 't')]);
  });

  it('is not asked of a subgraph that holds nothing of people', () => {
    const keys = readEntityKeys(readSchema('type Product @key(fields: "upc") { upc: ID! name: String }'));
    expect([...keys]).toEqual([]);
  });
});
