import { buildSchema, type GraphQLSchema, getOperationAST, parse } from 'graphql';
import type { ReadQuestion } from '../../src/audit/reads.js';
import { HabeasError } from '../../src/errors.js';
import type { Caller, ServiceCaller } from '../../src/gate/caller.js';
import { type GovernedFields, readGovernedFields } from '../../src/graph/governed-fields.js';
import { checkPurpose } from '../../src/graph/purpose-check.js';
import { compose } from '../../src/graph/supergraph.js';
import { printPersonalData, subgraphHeader } from '../../src/services/personal-data-directive.js';

/** Personal fields of the graph below, each with a way to it from an account. */
export const WAYS = {
  'Profile.name': ['profile', 'name'],
  'Shop.since': ['shop', 'since'],
  'Shop.favourite': ['shop', 'favourite', 'title'],
  'Order.price': ['shop', 'orders', 'nodes', 'price'],
  'Order.note': ['shop', 'orders', 'nodes', 'note'],
  'Card.digits': ['shop', 'payment', '... on Card', 'digits'],
  'Invoice.address': ['shop', 'payment', '... on Invoice', 'address'],
} as const;

export type Governed = keyof typeof WAYS;
export const GOVERNED = Object.keys(WAYS) as Governed[];
export type Declared = Readonly<Record<Governed, readonly string[]>>;

/** A graph of Habeas and one shop, whose fields may be read for what is declared. */
export interface PurposeGraph {
  readonly schema: GraphQLSchema;
  readonly governed: GovernedFields;
}

export function purposeGraph(declared: Declared, unclassified: 'refuse' | 'allow' = 'refuse'): PurposeGraph {
  const data = (name: Governed) => printPersonalData({ category: 'user.content', purposes: declared[name] });
  const core = `
    ${subgraphHeader()}
    type Query { account(id: ID!): Account }
    type Account @key(fields: "id") { id: ID! profile: Profile }
    type Profile { name: String ${data('Profile.name')} }`;
  const shop = `
    ${subgraphHeader(['@shareable'])}
    type Query { products: [Product!]! newest: Named latestOrder: Order }
    type Account @key(fields: "id") { id: ID! shop: Shop }
    type Shop {
      since: String ${data('Shop.since')}
      unclassified: String
      favourite: Product ${data('Shop.favourite')}
      orders: Orders
      payment: Payment
    }
    type Orders { nodes: [Order!] totalCount: Int }
    type Order implements Named @key(fields: "id") {
      id: ID!
      price: Int ${data('Order.price')}
      note: String ${data('Order.note')}
      buyer: Account
    }
    interface Named { note: String }
    union Payment = Card | Invoice
    type Card { digits: String ${data('Card.digits')} }
    type Invoice { address: String ${data('Invoice.address')} }
    type Product { title: String price: Int }`;
  const own = { name: 'habeas', sdl: core };
  const services = [{ name: 'shop', sdl: shop }];
  const supergraph = compose([own, ...services]);
  return {
    schema: buildSchema(supergraph, { assumeValid: true, assumeValidSDL: true }),
    governed: readGovernedFields(supergraph, own, services, unclassified),
  };
}

export const client = (purpose: string | null, rest: Partial<ServiceCaller> = {}): ServiceCaller => ({
  kind: 'SERVICE',
  clientId: 'c',
  name: 'shop-desk',
  affiliation: 'AFFILIATED',
  purposes: purpose === null ? [] : [purpose],
  purpose,
  ...rest,
});

export type Verdict = 'allowed' | { readonly code: string; readonly fields: readonly string[] };

/** What the check says of a question. */
export function verdictOf(graph: PurposeGraph, caller: Caller, question: string): Verdict {
  try {
    asked(graph, caller, question);
    return 'allowed';
  } catch (error) {
    if (!(error instanceof HabeasError)) throw error;
    return { code: error.code, fields: [...(error.extensions.fields as string[])].sort() };
  }
}

export function asked({ schema, governed }: PurposeGraph, caller: Caller, question: string): ReadQuestion {
  const document = parse(question);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('the question has no operation');
  return checkPurpose(document, operation, schema, governed, caller);
}

/** A question for one field, straight from the account. */
export const plain = (name: Governed): string => wrapped(['account(id: 1)', ...WAYS[name]]);

export const wrapped = (steps: readonly string[]): string =>
  `{ ${steps.reduceRight((inside, step) => (inside === '' ? step : `${step} { ${inside} }`), '')} }`;
