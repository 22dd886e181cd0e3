import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { demo } from '../support/demo.js';
import { post } from '../support/post.js';

const person = people()[62]?.accountId ?? '';
const other = people()[63]?.accountId ?? '';
const callers = new Map<string, Client>();

beforeAll(async () => {
  const habeas = await demo();
  callers
    .set('the person', await habeas.person(person))
    .set('another person', await habeas.person(other))
    .set('a service with a purpose', await habeas.client('audit-tool', 'essential.service'))
    .set('a service whose purpose rests on consent', await habeas.client('newsletter-sender'))
    .set('staff', await habeas.staff('dps'))
    .set('nobody', habeas.nobody())
    .set('somebody with a bad token', { url: habeas.url, token: 'bad' });
});

const QUESTIONS: readonly (readonly [string, string, object?])[] = [
  ['who they are', '{ viewer { kind } }'],
  ['one person', 'query ($id: ID!) { account(id: $id) { id profile { displayName } } }', { id: person }],
  ['one person over all services', FOUR(), { id: person }],
  ['several people', 'query ($ids: [ID!]!) { accounts(ids: $ids) { __typename id } }', { ids: [person, other] }],
  ['an id that is none', 'query ($id: ID!) { account(id: $id) { id } }', { id: 'x' }],
  ['nobody there is', 'query ($id: ID!) { account(id: $id) { id } }', { id: '00000000-0000-4000-8000-000000000000' }],
  ['with a variable missing', 'query ($id: ID!) { account(id: $id) { id } }', {}],
  ['with a variable of the wrong type', 'query ($id: ID!) { account(id: $id) { id } }', { id: { a: 1 } }],
  ['about the schema and data', '{ __schema { queryType { name } } viewer { kind } }'],
  ['with a part left out', 'query ($a: Boolean!) { viewer { kind roles @include(if: $a) } }', { a: false }],
  ['what only staff may', '{ privacyRequests(first: 1) { pageInfo { hasNextPage } } }'],
];

function FOUR(): string {
  return `query ($id: ID!) { account(id: $id) {
    ehcpAudit { audits { nodes { title } } } training { bookings { status } }
    newsletter { subscriptions { totalCount } } support { tickets { nodes { subject } } } } }`;
}

describe('A question asked again', () => {
  test.each(QUESTIONS)(
    '%s: is answered by the short way as by the long one, to every caller',
    async (_what, text, given) => {
      for (const [who, client] of callers) {
        // A comment makes a new document of it, and so takes the long way.
        const long = `# ${Math.random()}\n${text}`;
        const first = await post(client, long, given, { accept: 'application/json' });
        const again = await post(client, long, given, { accept: 'application/json' });
        const told = ({ status, text: body, headers }: typeof first) => ({
          status,
          body: body.replaceAll(/"(?:line|column)":\d+/g, ''),
          headers: [...headers].filter(([name]) => name !== 'date').sort(),
        });
        expect(told(again), who).toEqual(told(first));
      }
    },
  );
});
