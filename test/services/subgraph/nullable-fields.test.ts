import { buildASTSchema, parse, validateSchema } from 'graphql';
import { describe, expect, it } from 'vitest';
import { nullableFields } from '../../../src/services/subgraph/nullable-fields.js';

const compact = (sdl: string) => nullableFields(sdl).replaceAll(/\s+/g, ' ').trim();

describe('governed fields', () => {
  it('are all fields of entities but their keys', () => {
    expect(
      compact(`type Account @key(fields: "id") @key(fields: "org { code } email") {
        id: ID! email: String! org: Org! name: String! orders(first: Int! = 5): [Order!]!
      }
      type Org { code: String! }`),
    ).toBe(
      'type Account @key(fields: "id") @key(fields: "org { code } email") { id: ID! email: String! org: Org! name: String orders(first: Int! = 5): [Order!] } type Org { code: String! }',
    );
  });

  it('are fields with @personalData, and not the fields beside them', () => {
    expect(compact('type Order { id: ID! total: Float! @personalData(category: "user.financial") }')).toBe(
      'type Order { id: ID! total: Float @personalData(category: "user.financial") }',
    );
  });

  it('are those of extended types as well', () => {
    expect(compact('extend type Account @key(fields: "id") { id: ID! name: String! }')).toContain('name: String }');
    expect(compact('type Account @federation__key(fields: "id") { id: ID! name: String! }')).toContain(
      'name: String }',
    );
  });

  it('are only those with a category where the others are open', () => {
    const sdl =
      'type Account @key(fields: "id") { id: ID! name: String! mail: String! @personalData(category: "user") }';
    const open = nullableFields(sdl, 'allow').replaceAll(/\s+/g, ' ');
    expect(open).toContain('name: String! mail: String @personalData');
  });

  it('leave interfaces their types can keep to', () => {
    const sdl = nullableFields(`
      interface Named { name: String! }
      interface Titled implements Named { name: String! title: String! }
      type Account implements Named & Titled @key(fields: "id") { id: ID! name: String! title: String! }
      type Dog implements Named { name: String! }
      type Query { named: Named }`);
    expect(validateSchema(buildASTSchema(parse(sdl), { assumeValidSDL: true }))).toEqual([]);
  });
});
