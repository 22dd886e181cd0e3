import 'reflect-metadata';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { createPubSub } from '@graphql-yoga/subscription';
import { extendSchema, type GraphQLSchema, lexicographicSortSchema, parse } from 'graphql';
import { buildSchema } from 'type-graphql';
import { accountLoader } from '../accounts/account-loader.js';
import { AccountsResolver } from '../accounts/accounts.resolver.js';
import { AuditResolver } from '../audit/audit.resolver.js';
import { ClientsResolver } from '../clients/clients.resolver.js';
import { ConsentsResolver } from '../consents/consents.resolver.js';
import { DisclosuresResolver } from '../disclosures/disclosures.resolver.js';
import { ErasuresResolver, LegalHoldsResolver } from '../erasures/erasures.resolver.js';
import { ExportPackageResolver, ExportsResolver } from '../exports/exports.resolver.js';
import { mayReadAccount } from '../gate/access.js';
import { MarketingResolver } from '../marketing/marketing.resolver.js';
import { AccountRequestsResolver, RequestsResolver } from '../requests/requests.resolver.js';
import { subgraphHeader } from '../services/personal-data-directive.js';
import { ServicesResolver } from '../services/services.resolver.js';
import type { RequestContext } from '../world.js';
import { enforceAccess } from './enforce-access.js';

export interface CoreSchema {
  /** Executable, with every field behind its access rule and `_entities` for the planner. */
  readonly schema: GraphQLSchema;
  /** Federation 2 SDL: what is composed with the services, and emitted to schema/core.graphql. */
  readonly sdl: string;
}

const RESOLVERS = [
  AccountsResolver,
  AccountRequestsResolver,
  AuditResolver,
  ClientsResolver,
  ConsentsResolver,
  DisclosuresResolver,
  ErasuresResolver,
  ExportsResolver,
  ExportPackageResolver,
  LegalHoldsResolver,
  MarketingResolver,
  RequestsResolver,
  ServicesResolver,
] as const;

/** Habeas' own part of the graph, out of the resolvers of its capabilities. */
export async function buildCoreSchema(): Promise<CoreSchema> {
  const bare = await buildSchema({
    resolvers: RESOLVERS,
    // Subscriptions bring their own streams; the library wants one all the same.
    pubSub: createPubSub(),
    validate: false,
  });
  describeRoots(bare);
  const sorted = lexicographicSortSchema(bare);
  const sdl = `${subgraphHeader(['@shareable'])}\n\n${printSchemaWithDirectives(sorted)}\n`;
  const schema = enforceAccess(withEntities(bare));
  return { schema, sdl };
}

/** The library has no place to describe the roots. */
function describeRoots(schema: GraphQLSchema): void {
  const roots = [
    [schema.getQueryType(), 'What can be read.'],
    [schema.getMutationType(), 'What can be changed or asked for.'],
    [schema.getSubscriptionType(), 'What can be watched, as server-sent events.'],
  ] as const;
  for (const [type, description] of roots) if (type) type.description = description;
}

/** Adds what the planner asks when another service points at an account. */
function withEntities(schema: GraphQLSchema): GraphQLSchema {
  const extended = extendSchema(
    schema,
    parse(`
      scalar _Any
      union _Entity = Account
      extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
    `),
    { assumeValidSDL: true },
  );
  const query = extended.getQueryType();
  const entities = query?.getFields()._entities;
  const entity = extended.getType('_Entity');
  if (!entities || !entity || !('resolveType' in entity)) throw new Error('the entities field is missing');
  entity.resolveType = () => 'Account';
  entities.resolve = async (_root, args: { representations: readonly { id?: unknown }[] }, context: RequestContext) =>
    Promise.all(
      args.representations.map(({ id }) =>
        typeof id === 'string' && mayReadAccount(context.caller, id) ? accountLoader(context).load(id) : null,
      ),
    );
  return extended;
}
