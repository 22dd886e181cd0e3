import { type GraphQLObjectType, type GraphQLSchema, getNamedType, isCompositeType, isObjectType } from 'graphql';

/** Ids the questions of the matrix are asked with. */
export interface Places {
  readonly account: string;
  readonly request: string;
  readonly cancelled: string;
  readonly support: string;
  readonly client: string;
  /** A legal hold that was released. */
  readonly hold: string;
}

/** A question that reaches one field, and where in its answer the field stands. */
export interface Question {
  readonly coordinate: string;
  readonly operation: 'query' | 'mutation' | 'subscription';
  readonly text: string;
  readonly path: readonly string[];
  /** The field by which the question comes to the type; null at the root. */
  readonly entry: string | null;
}

const NEWS = 'analytics.reporting.content_performance';
const ADS = 'marketing.advertising';
const COOKIES = 'functional.storage';

/** Arguments of fields that need some. Mutations are made so that asking twice changes nothing more. */
const argumentsOf = ({
  account,
  request,
  cancelled,
  support,
  client,
  hold,
}: Places): Readonly<Record<string, string>> => ({
  'Query._entities': `(representations: [{ __typename: "Account", id: "${account}" }])`,
  'Query.account': `(id: "${account}")`,
  'Query.accounts': `(ids: ["${account}"])`,
  'Query.accountByIdentifier': `(type: EXTERNAL_ID, service: "support", value: "${support}")`,
  'Query.deviceConsents': '(deviceId: "AAAAAAAAAAAAAAAAAAAAAA")',
  'Query.erasurePlan': `(accountId: "${account}")`,
  'Query.privacyRequest': `(id: "${request}")`,
  'Query.privacyRequests': '(first: 1)',
  'Query.course': '(id: 1)',
  'Query.mayContact': `(accountId: "${account}", channel: EMAIL, topic: "news")`,
  'Query.mayContactMany': `(accountIds: ["${account}"], channel: EMAIL, topic: "news")`,
  'Query.contactable': '(topic: "training", channel: EMAIL)',
  'Query.isSuppressed': '(channel: EMAIL, address: "matrix@suppressed.example")',
  'Mutation.suppress': '(input: { channel: EMAIL, address: "matrix@suppressed.example" })',
  'Mutation.liftSuppression': '(input: { channel: EMAIL, address: "matrix@lifted.example" })',
  'Mutation.recordSoftOptIn': `(input: { accountId: "${account}", channel: EMAIL, occurredAt: "2026-01-01T00:00:00Z",
    addressCollectedByUs: true, inSaleOrNegotiation: true, similarProductsOnly: true, refusalOfferedAtCollection: true,
    refusalOfferedInEveryMessage: true, evidence: "order 1" })`,
  'Mutation.registerAccount': `(input: { id: "${account}" })`,
  'Mutation.updateProfile': `(input: { accountId: "${account}", profile: {} })`,
  'Mutation.linkService': `(input: { accountId: "${account}", service: "support", externalId: "${support}" })`,
  'Mutation.requestAccess': `(input: { accountId: "${account}", services: ["habeas"], idempotencyKey: "access matrix" })`,
  'Mutation.giveConsent': `(input: { accountId: "${account}", purpose: "${NEWS}", policyVersion: 2, channel: WEB, wording: "Yes" })`,
  'Mutation.withdrawConsent': `(input: { accountId: "${account}", purpose: "${NEWS}" })`,
  'Mutation.withdrawAllConsents': `(input: { accountId: "${account}" })`,
  'Mutation.giveDeviceConsent': `(input: { purpose: "${COOKIES}", policyVersion: 2 })`,
  'Mutation.withdrawDeviceConsent': `(input: { purpose: "${COOKIES}" })`,
  'Mutation.joinDevice': '(deviceId: "AAAAAAAAAAAAAAAAAAAAAA")',
  'Mutation.objectToProcessing': `(input: { accountId: "${account}", purpose: "${ADS}", idempotencyKey: "matrix" })`,
  'Mutation.withdrawObjection': `(input: { accountId: "${account}", purpose: "${ADS}" })`,
  'Mutation.updateMarketingPreferences': `(input: { accountId: "${account}", optOutOfAll: true, channel: WEB })`,
  // Keys and requests that are taken, so that nobody is restricted.
  'Mutation.requestRestriction': `(input: { accountId: "${account}", idempotencyKey: "access matrix" })`,
  'Mutation.liftRestriction': `(input: { requestId: "${request}" })`,
  'Mutation.recordGuardian': `(input: { accountId: "${account}" })`,
  'Mutation.publishPolicy': `(input: { version: 1, effectiveFrom: "2018-05-25", title: "t", text: "t", purposes: [
    { key: "${NEWS}", title: "t", description: "d", lawfulBasis: CONSENT, categories: ["user"], marketing: true }] })`,
  'Mutation.cancelRequest': `(input: { requestId: "${cancelled}" })`,
  'Query.legalHolds': '(standingOnly: false)',
  'Mutation.placeLegalHold': `(input: { accountId: "${account}", reason: "access matrix" })`,
  'Mutation.releaseLegalHold': `(input: { holdId: "${hold}", note: "access matrix" })`,
  'Mutation.registerClient':
    '(input: { name: "audit-tool", affiliation: AFFILIATED, country: "GB", purposes: ["essential.service"] })',
  'Mutation.revokeClient': `(id: "${client}")`,
  'Mutation.trustDocuments': `(input: { clientId: "${client}", documents: null })`,
  'Mutation.redeliverEvents': '(input: { ids: [] })',
  'Mutation.retryRequest': `(input: { requestId: "${request}" })`,
  'Subscription.contactable': '(topic: "training", channel: EMAIL)',
  'Subscription.privacyRequestProgress': `(id: "${request}")`,
});

/** Root fields by which the types are come to, nearest first. */
const WAYS_IN = [
  'Query.account',
  'Query.privacyRequest',
  'Query.viewer',
  'Query.services',
  'Query.purposes',
  'Query.courses',
  'Query._service',
  'Query.policies',
  'Query.mayContact',
  'Query.contactable',
  'Query.isSuppressed',
  'Query.events',
  'Query.eventDeliveries',
  'Query.deadLetters',
  'Query.legalHolds',
  'Mutation.updateProfile',
  'Mutation.requestAccess',
  'Mutation.revokeClient',
  'Mutation.giveConsent',
  'Mutation.withdrawAllConsents',
  'Mutation.withdrawDeviceConsent',
  'Mutation.withdrawObjection',
  'Mutation.updateMarketingPreferences',
  'Mutation.suppress',
  'Mutation.recordSoftOptIn',
  'Mutation.redeliverEvents',
  'Mutation.publishPolicy',
  'Mutation.placeLegalHold',
];

/** Every field of every object type of a schema, introspection left out. */
export function coordinatesOf(schema: GraphQLSchema): string[] {
  return objectTypes(schema).flatMap((type) => Object.keys(type.getFields()).map((field) => `${type.name}.${field}`));
}

/** A question for every field there is a way to; a schema with a field behind none is an error naming it. */
export function questionsOf(schema: GraphQLSchema, places: Places): Question[] {
  const given = argumentsOf(places);
  const routes = routesOf(schema);
  return objectTypes(schema).flatMap((type) =>
    Object.values(type.getFields()).map((field): Question => {
      const coordinate = `${type.name}.${field.name}`;
      const route = isRoot(type.name) ? [] : routes.get(type.name);
      if (!route) throw new Error(`no question reaches ${coordinate}: add a way to access-routes.ts`);
      const steps = [...route, coordinate];
      const root = steps[0]?.split('.')[0]?.toLowerCase() as Question['operation'];
      const leaf = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : '';
      const text = steps.reduceRight(
        (inside, step) => `${nameOf(step)}${given[step] ?? ''}${inside && ` { ${inside} }`}`,
        '',
      );
      return {
        coordinate,
        operation: root,
        text: `${root} { ${leaf ? addLeaf(text, leaf) : text} }`,
        path: steps.map(nameOf),
        entry: route.at(-1) ?? null,
      };
    }),
  );
}

/** How each type is come to: a chain of coordinates from the root, found breadth first. */
function routesOf(schema: GraphQLSchema): Map<string, string[]> {
  const routes = new Map<string, string[]>();
  const queue: GraphQLObjectType[] = [];
  const visit = (coordinate: string, before: string[]) => {
    const [parent = '', field = ''] = coordinate.split('.');
    const type = schema.getType(parent);
    const target = isObjectType(type) ? getNamedType(type.getFields()[field]?.type) : undefined;
    if (!isObjectType(target) || routes.has(target.name)) return;
    routes.set(target.name, [...before, coordinate]);
    queue.push(target);
  };
  for (const coordinate of WAYS_IN) visit(coordinate, []);
  for (let type = queue.shift(); type; type = queue.shift()) {
    for (const field of Object.keys(type.getFields())) visit(`${type.name}.${field}`, routes.get(type.name) ?? []);
  }
  return routes;
}

const nameOf = (coordinate: string) => coordinate.split('.')[1] ?? '';
const isRoot = (type: string) => ['Query', 'Mutation', 'Subscription'].includes(type);

/** Puts the selection of the last field before the brackets that close those around it. */
const addLeaf = (text: string, leaf: string) => text.replace(/( \})*$/, (closing) => `${leaf}${closing}`);

function objectTypes(schema: GraphQLSchema): GraphQLObjectType[] {
  return Object.values(schema.getTypeMap()).filter(
    (type): type is GraphQLObjectType => isObjectType(type) && !type.name.startsWith('__'),
  );
}
