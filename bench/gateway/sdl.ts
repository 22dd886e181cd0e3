import { type BenchService, type FieldType, LIST, PURPOSE, typeOf } from './services.js';

const FEDERATION = 'https://specs.apollo.dev/federation/v2.7';

/**
 * The SDL of a service for Habeas: every field of a person's says what it is. Habeas itself knows accounts, so that no
 * service needs to.
 */
export function governedSdl(service: BenchService): string {
  const personal = ` @personalData(category: "${service.category}", purposes: ["${PURPOSE}"])`;
  return `extend schema
  @link(url: "${FEDERATION}", import: ["@key", "@composeDirective"])
  @link(url: "https://habeas.dev/personal-data/v1.0", import: ["@personalData"])
  @composeDirective(name: "@personalData")
directive @personalData(category: String!, purposes: [String!]! = [], subject: String = "customer") on FIELD_DEFINITION
${types(service, personal)}`;
}

/** The SDL of a service for other gateways; `root` adds the way in, which one of the services has to give. */
export function plainSdl(service: BenchService, root: boolean): string {
  return `extend schema @link(url: "${FEDERATION}", import: ["@key"])
${root ? 'type Query { account(id: ID!): Account accounts(ids: [ID!]!): [Account]! }' : ''}
${types(service, '')}`;
}

function types(service: BenchService, directive: string): string {
  const fields = (of: Readonly<Record<string, FieldType>>) =>
    Object.entries(of)
      .map(([name, type]) => `  ${name}: ${type}${directive}`)
      .join('\n');
  return `type Account @key(fields: "id") {
  id: ID!
  ${service.name}: ${typeOf(service)}
}
type ${typeOf(service)} {
${fields(service.figures)}
  ${LIST}: [${service.item}!]
}
type ${service.item} {
${fields(service.fields)}
}`;
}
