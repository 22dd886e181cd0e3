import { extendSchema, type GraphQLFieldResolver, type GraphQLSchema, parse } from 'graphql';
import { accountLoader } from '../accounts/account-loader.js';
import type { Account } from '../accounts/accounts.js';
import { isUuid } from '../accounts/uuid.js';
import { badInput, unauthenticated } from '../errors.js';
import { mayReadAccount } from '../gate/access.js';
import type { RequestContext } from '../world.js';

/**
 * What makes a schema a subgraph of others (https://www.apollographql.com/docs/graphos/schema-design/federated-schemas/reference/subgraph-spec).
 * `Account` is the one entity of Habeas' own part.
 */
export const FEDERATION_FIELDS = `
"""A reference to an entity: its \`__typename\` and key."""
scalar _Any

"""What other services may point at."""
union _Entity = Account

"""What a router composes."""
type _Service {
  """Federation 2 SDL."""
  sdl: String!
}

extend type Query {
  """What this subgraph contributes."""
  _service: _Service!
  """The entities behind references, in order; null where there is none, or none the caller may know of."""
  _entities(
    """What was pointed at."""
    representations: [_Any!]!
  ): [_Entity]!
}
`;

type Resolver<Arguments = unknown> = GraphQLFieldResolver<unknown, RequestContext, Arguments>;

/** Adds these fields to a schema. `sdl`: what a router is told. */
export function withFederationFields(schema: GraphQLSchema, sdl: string): GraphQLSchema {
  const extended = extendSchema(schema, parse(FEDERATION_FIELDS), { assumeValidSDL: true });
  const { _entities, _service } = extended.getQueryType()?.getFields() ?? {};
  const entity = extended.getType('_Entity');
  if (!_entities || !_service || !entity || !('resolveType' in entity)) {
    throw new Error('the fields of federation are missing');
  }
  const entities: Resolver<{ representations: readonly unknown[] }> = (_root, { representations }, context) =>
    representations.map((representation) => findEntity(representation, context));
  const service: Resolver = (_root, _given, { caller, world }) => {
    const isStranger = caller.kind === 'ANONYMOUS' && world.config.environment === 'production';
    if (isStranger) throw unauthenticated();
    return { sdl };
  };
  entity.resolveType = () => 'Account';
  _entities.resolve = entities;
  _service.resolve = service;
  return extended;
}

/** What is pointed at. An error is told of this reference alone. */
async function findEntity(representation: unknown, context: RequestContext): Promise<Account | null> {
  const { __typename: typename, id } = (representation ?? {}) as Readonly<Record<string, unknown>>;
  if (typename !== 'Account') throw badInput('representations', 'Account is the one entity Habeas answers for.');
  if (typeof id !== 'string')
    throw badInput('representations', 'an Account is found by its key "id", which is missing.');
  const accountId = id.toLowerCase();
  if (!isUuid(accountId) || !mayReadAccount(context.caller, accountId)) return null;
  return accountLoader(context).load(accountId);
}
