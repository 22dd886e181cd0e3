import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Field } from '../../../src/services/service.js';
import { datasetsFromSdl } from '../../../src/services/subgraph/datasets.js';

const SHOP_SDL = readFileSync(new URL('../../support/services/shop.graphql', import.meta.url), 'utf8');

const [shop] = datasetsFromSdl('shop', SHOP_SDL);
const collection = (name: string) => shop?.collections.find((candidate) => candidate.name === name);
const told = (fields: readonly Field[] = []): unknown[] =>
  fields.map(({ name, categories, dataType, fields: nested }) =>
    nested.length > 0 ? [name, dataType, ...categories, told(nested)] : [name, dataType, ...categories],
  );

describe('a subgraph’s collections, read from its SDL', () => {
  it('have the names an export gives them', () => {
    expect(shop).toMatchObject({ key: 'shop' });
    expect(shop?.collections.map(({ name, title }) => [name, title])).toContainEqual(['orders', 'Orders']);
  });

  it('have the categories of @personalData, handed down to parts without one', () => {
    expect(told(collection('shop')?.fields)).toEqual([
      ['memberSince', 'string', 'user.account'],
      ['tags', 'string[]'],
      [
        'favourite',
        'object',
        'user.behavior',
        [
          ['id', 'string', 'user.behavior'],
          ['name', 'string', 'user.behavior'],
          ['origin', 'object', 'user.behavior', [['street', 'string', 'user.behavior']]],
        ],
      ],
      [
        'payment',
        'object',
        [
          ['label', 'string'],
          ['expires', 'string'],
          ['address', 'object', [['street', 'string']]],
        ],
      ],
    ]);
    expect(told(collection('reviews')?.fields)).toContainEqual(['text', 'string', 'user.content']);
  });

  it('have descriptions and types', () => {
    expect(collection('reviews')?.description).toBe('What the person wrote of products.');
    expect(told(collection('orders')?.fields)).toContainEqual(['total', 'float', 'user.financial']);
    expect(collection('tickets')?.fields.map(({ name, dataType }) => [name, dataType])).toContainEqual([
      'messages',
      'object[]',
    ]);
  });

  it('are none where the subgraph knows no account', () => {
    expect(datasetsFromSdl('catalogue', 'type Product @key(fields: "id") { id: ID! }')).toEqual([]);
  });
});
