import { defaultFieldResolver, type GraphQLField, type GraphQLSchema, isObjectType } from 'graphql';
import { type Audience, belongsTo, refusal } from '../gate/access.js';
import type { RequestContext } from '../world.js';
import { ACCESS_RULES, OWNER_OF } from './access-rules.js';

/** Puts every field behind its access rule. Throws for a field that has none. */
export function enforceAccess(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const coordinate = `${type.name}.${field.name}`;
      const rule = ACCESS_RULES[coordinate] ?? ACCESS_RULES[`${type.name}.*`];
      if (!rule) throw new Error(`${coordinate} has no access rule: add one to graph/access-rules.ts.`);
      if (rule !== 'as parent') guard(field, coordinate, rule, OWNER_OF[type.name] ?? null);
    }
  }
  return schema;
}

type OwnerOf = (object: { id: string; accountId: string }) => string;

function guard(
  field: GraphQLField<unknown, RequestContext>,
  coordinate: string,
  audiences: readonly Audience[],
  ownerOf: OwnerOf | null,
): void {
  const check = (object: unknown, { caller }: RequestContext) => {
    const owner = ownerOf ? ownerOf(object as { id: string; accountId: string }) : null;
    if (!audiences.some((audience) => belongsTo(caller, audience, owner))) throw refusal(caller, coordinate, audiences);
  };
  const { resolve = defaultFieldResolver, subscribe } = field;
  field.resolve = (object, args, context, info) => {
    check(object, context);
    return resolve(object, args, context, info);
  };
  if (subscribe) {
    field.subscribe = (object, args, context, info) => {
      check(object, context);
      return subscribe(object, args, context, info);
    };
  }
}
