import 'reflect-metadata';
import { printSchemaWithDirectives } from '@graphql-tools/utils';
import { createPubSub } from '@graphql-yoga/subscription';
import { type GraphQLSchema, lexicographicSortSchema } from 'graphql';
import { buildSchema } from 'type-graphql';
import { AccountsResolver } from '../accounts/accounts.resolver.js';
import { AuditResolver } from '../audit/audit.resolver.js';
import { ClientsResolver } from '../clients/clients.resolver.js';
import { ConsentsResolver } from '../consents/consents.resolver.js';
import { DevicesResolver } from '../consents/devices.resolver.js';
import { ObjectionsResolver } from '../consents/objections.resolver.js';
import { ReceiptsResolver } from '../consents/receipts.resolver.js';
import { ToldResolver } from '../consents/told.resolver.js';
import { DisclosuresResolver } from '../disclosures/disclosures.resolver.js';
import { ErasuresResolver } from '../erasures/erasures.resolver.js';
import { HoldsResolver, LegalHoldsResolver } from '../erasures/holds.resolver.js';
import { ErasurePlanResolver } from '../erasures/plan.resolver.js';
import { EventsResolver } from '../events/events.resolver.js';
import { ExportPackageResolver, ExportsResolver } from '../exports/exports.resolver.js';
import {
  ContactableResolver,
  ContactDecisionResolver,
  ContactResolver,
  SuppressionAnswerResolver,
} from '../marketing/contact.resolver.js';
import { MarketingResolver } from '../marketing/marketing.resolver.js';
import { SuppressionsResolver } from '../marketing/suppressions.resolver.js';
import { PoliciesResolver } from '../policies/policies.resolver.js';
import { AccountRequestsResolver, RequestsResolver } from '../requests/requests.resolver.js';
import { RestrictionResolver } from '../requests/restriction.resolver.js';
import { subgraphHeader } from '../services/personal-data-directive.js';
import { ServicesResolver } from '../services/services.resolver.js';
import { nullableFields } from '../services/subgraph/nullable-fields.js';
import { enforceAccess } from './enforce-access.js';
import { withFederationFields } from './federation-fields.js';

export interface CoreSchema {
  /** Executable, with every field behind its access rule, `_entities` and `_service`. */
  readonly schema: GraphQLSchema;
  /** Federation 2 SDL, emitted to schema/core.graphql. */
  readonly sdl: string;
  /** The same with governed fields nullable: what is composed with other parts, by Habeas or a company's own router. */
  readonly subgraphSdl: string;
}

const RESOLVERS = [
  AccountsResolver,
  AccountRequestsResolver,
  AuditResolver,
  ClientsResolver,
  ConsentsResolver,
  ContactableResolver,
  ContactDecisionResolver,
  ContactResolver,
  DevicesResolver,
  DisclosuresResolver,
  ErasurePlanResolver,
  ErasuresResolver,
  EventsResolver,
  ExportsResolver,
  ExportPackageResolver,
  HoldsResolver,
  LegalHoldsResolver,
  MarketingResolver,
  ObjectionsResolver,
  PoliciesResolver,
  ReceiptsResolver,
  RequestsResolver,
  RestrictionResolver,
  ServicesResolver,
  ToldResolver,
  SuppressionAnswerResolver,
  SuppressionsResolver,
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
  const subgraphSdl = nullableFields(sdl);
  const schema = enforceAccess(withFederationFields(bare, subgraphSdl));
  return { schema, sdl, subgraphSdl };
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
