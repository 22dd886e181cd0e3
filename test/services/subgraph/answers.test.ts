import fc from 'fast-check';
import { type ExecutionResult, parse } from 'graphql';
import { describe, expect, it } from 'vitest';
import { parseJson, UnreadableAnswer } from '../../../src/services/outgoing-json.js';
import { asObject, type JsonObject, readAnswer } from '../../../src/services/subgraph/answers.js';
import { readEntityKeys } from '../../../src/services/subgraph/entity-keys.js';
import { prepareQuestion } from '../../../src/services/subgraph/prepared.js';
import { readSchema } from '../../../src/services/subgraph/schema.js';
import { releasedWhole } from '../../../src/services/subgraph/whole.js';

const SHOP = { name: 'shop', title: 'Shop' };
const KEYS = readEntityKeys(readSchema('type Account @key(fields: "id") { id: ID! name: String }'));
const ENTITIES = prepareQuestion(
  {
    document: parse(
      'query ($r: [_Any!]!) { found: _entities(representations: $r) { __typename ... on Account { id name } } }',
    ),
  },
  KEYS,
);
const asked = (...ids: string[]) => ({ r: ids.map((id) => ({ __typename: 'Account', id })) });
const json = (text: string) => parseJson(new TextEncoder().encode(text));

const released = (text: string, ...ids: string[]) =>
  releasedWhole(readAnswer(json(text)), ENTITIES, asked(...ids), SHOP, () => {});

/** The entities an answer has, in their places. */
function found({ data }: ExecutionResult): (JsonObject | null)[] {
  return Array.isArray(data?.found) ? data.found : [];
}

describe('what is released of a subgraph answer', () => {
  it('withholds exactly the entities that are not those asked for (T-34)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uuid(), fc.boolean()), { maxLength: 50 }), (people) => {
        const entities = people.map(([id, swapped]) => ({ id: swapped ? `other ${id}` : id, name: id }));
        const answer = released(JSON.stringify({ data: { found: entities } }), ...people.map(([id]) => id));
        expect(found(answer)).toEqual(people.map(([id, swapped]) => (swapped ? null : { id, name: id })));
        expect((answer.errors ?? []).map(({ path }) => path)).toEqual(
          people.flatMap(([, swapped], index) => (swapped ? [['found', index]] : [])),
        );
      }),
    );
  });

  it('refuses an answer whose entities cannot be told apart by their place', () => {
    expect(() => released('{"data":{"found":[{"id":"a"}]}}', 'a', 'b')).toThrow(UnreadableAnswer);
  });

  it('never reaches a prototype when its objects are assigned onward (T-30)', () => {
    const hostile =
      '{"id":"a","__proto__":{"hit":1},"constructor":{"prototype":{"hit":1}},"name":[{"__proto__":{"hit":1}}]}';
    const answer = released(`{"data":{"found":[${hostile}],"__proto__":{"hit":1}}}`, 'a');
    const [entity] = found(answer);
    const inner = Array.isArray(entity?.name) ? entity.name[0] : null;
    for (const value of [answer.data, entity, inner] as (JsonObject | null)[]) {
      const copy: object = Object.assign({}, asObject(value ?? null));
      expect(Reflect.get(copy, 'hit')).toBeUndefined();
      expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
      expect(copy.constructor).toBe(Object);
    }
    expect(inner).toEqual({});
  });

  it('keeps fields that only look like it', () => {
    const answer = released('{"data":{"found":[{"id":"a","constructor":"Ferrari","prototype":{"name":"x"}}]}}', 'a');
    expect(answer.data?.found).toEqual([{ id: 'a', constructor: 'Ferrari', prototype: { name: 'x' } }]);
  });

  it.each(['1', 'null', '[]', '{}', '{"data":null}', '{"data":[]}', '{"data":{},"errors":{}}', '{"errors":[]}'])(
    'takes %s for no answer',
    (text) => expect(() => readAnswer(json(text))).toThrow(UnreadableAnswer),
  );
});
