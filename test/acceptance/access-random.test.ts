import { buildClientSchema, type GraphQLSchema, getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Client, need } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { RequestAccessDocument } from '../../schema/client/operations.js';
import { demo } from '../support/demo.js';
import { post } from '../support/post.js';
import { rowOf } from './access-matrix.js';
import { numbersFrom, Questions } from './access-questions.js';

const SEED = 20_261_124;
const QUERIES = 1_000;
const MUTATIONS = 150;
const [reader, stranger] = [people()[43], people()[44]];

/** Everything the graph holds of a person, as they see it themselves. */
const EVERYTHING = `{ me {
  id createdAt profile { givenName familyName displayName email phone jobTitle postalAddress }
  identifiers { value } linkedServices { externalId linkedAt }
  privacyRequests { edges { cursor node { id receivedAt export { id url sha256 } tasks { bytes } } } }
  ehcpAudit { members { nodes { id externalId email name joinedAt } } audits(first: 200) { nodes { id leadMemberId title openedAt closedAt } }
    auditedPlans(first: 200) { nodes { id planReference auditedAt } } findings(first: 200) { nodes { id note recordedAt } }
    comments(first: 200) { nodes { id body writtenAt } } }
  training { registeredAt bookings(first: 200) { nodes { id bookedAt feedback } } certificates { id serial issuedOn expiresOn } }
  support { profile { nodes { name email phone firstContactAt } } tickets(first: 200) { nodes { id subject openedAt closedAt messages { id body sentAt } } } }
  newsletter { subscriptions { nodes { id email externalId subscribedAt unsubscribedAt } } sends(first: 200) { nodes { id sentAt } } opens(first: 200) { nodes { id openedAt userAgent } } }
} }`;

let me: Client;
let them: Client;
let schema: GraphQLSchema;
let canaries: string[];
let mine: Set<string>;
let questions: Questions;
let theirRequest: string;

beforeAll(async () => {
  const habeas = await demo();
  me = await habeas.person(reader?.accountId ?? '');
  them = await habeas.person(stranger?.accountId ?? '');
  const { data } = await post(me, getIntrospectionQuery());
  schema = buildClientSchema(data as unknown as IntrospectionQuery);
  const requests = await Promise.all([requestOf(me), requestOf(them)]);
  theirRequest = requests[1];
  mine = new Set(leavesOf((await post(me, EVERYTHING)).data));
  const common = new Set(leavesOf((await post(me, '{ courses { id title startsOn } services { name title } }')).data));
  const theirs = leavesOf((await post(them, EVERYTHING)).data);
  canaries = [...new Set(theirs)].filter((text) => text.length > 5 && !mine.has(text) && !common.has(text));
  questions = new Questions(
    schema,
    valuesFor(requests),
    numbersFrom(SEED),
    (field) => rowOf(field)?.owner === 'answered',
  );
});

async function requestOf(client: Client): Promise<string> {
  const input = { services: ['habeas'], idempotencyKey: 'random questions' };
  return (await need(client, RequestAccessDocument, { input })).requestAccess.request.id;
}

/** What questions are asked with: the ids, addresses and cursors of both, and what is nobody's. */
function valuesFor([myRequest, theirs]: readonly [string, string]): Record<string, readonly string[]> {
  const text = (value: string | undefined) => JSON.stringify(value ?? '');
  const cursor = (value: string) => text(Buffer.from(value).toString('base64url'));
  const [myId, theirId] = [text(reader?.accountId), text(stranger?.accountId)];
  return {
    id: [myId, theirId, theirId, text(myRequest), text(theirs), '"1"'],
    ids: [myId, theirId],
    accountId: [theirId],
    requestId: [text(theirs)],
    value: [text(stranger?.emails[0]), text(stranger?.phone), text(stranger?.externalIds.support)],
    service: ['"support"', '"ehcp_audit"'],
    externalId: [text(stranger?.externalIds.support)],
    services: ['"habeas"'],
    after: [cursor('1'), cursor(theirs), cursor('100')],
    first: ['1', '5', '200'],
    profile: [],
    topic: ['"law"'],
    dueBefore: ['"2027-01-01T00:00:00Z"'],
  };
}

describe('What a person can reach of another (T-02)', () => {
  test('has something to find: the other person’s things, told to nobody but them', () => {
    expect(canaries.length).toBeGreaterThan(100);
    for (const planted of [
      stranger?.emails[0],
      stranger?.displayName,
      stranger?.phone,
      stranger?.externalIds.support,
    ]) {
      expect(canaries).toContain(planted);
    }
  });

  test(`is nothing, by ${QUERIES} random questions and ${MUTATIONS} random changes (seed ${SEED})`, async () => {
    const asked = [
      ...Array.from({ length: QUERIES }, () => questions.next('query')),
      ...Array.from({ length: MUTATIONS }, () => questions.next('mutation')),
    ];
    const pattern = new RegExp(
      canaries
        .map((text) =>
          JSON.stringify(text)
            .slice(1, -1)
            .replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
        )
        .join('|'),
    );
    const outcomes = { valid: 0, answered: 0, own: 0 };
    const leaks: string[] = [];
    await inParallel(asked, async (question) => {
      const { text, data, errors } = await post(me, question);
      const told = pattern.exec(text);
      if (told) leaks.push(`${told[0]} was told to: ${question}`);
      if (!errors.some(({ message }) => /does not fit|Cannot query|Fields ".*" conflict/.test(message)))
        outcomes.valid += 1;
      const leaves = leavesOf(data);
      if (leaves.length > 0) outcomes.answered += 1;
      if (leaves.some((leaf) => leaf.length > 5 && mine.has(leaf))) outcomes.own += 1;
    });
    expect(leaks).toEqual([]);
    // The questions are real ones: most are understood, and the reader's own things come back in many.
    expect(outcomes.valid).toBeGreaterThan(asked.length * 0.9);
    expect(outcomes.answered).toBeGreaterThan(QUERIES * 0.4);
    expect(outcomes.own).toBeGreaterThan(QUERIES * 0.1);
  }, 180_000);

  test('leaves the other person’s request and data as they were', async () => {
    const { data } = await post(
      them,
      `{ privacyRequest(id: "${theirRequest}") { status } me { profile { displayName } } }`,
    );
    expect(data).toMatchObject({ me: { profile: { displayName: stranger?.displayName } } });
    expect(data?.privacyRequest).not.toMatchObject({ status: 'CANCELLED' });
  });

  test('is nothing through the field that services are joined by', async () => {
    const representations = `[{ __typename: "Account", id: "${stranger?.accountId}" }]`;
    const { data, errors } = await post(me, `{ _entities(representations: ${representations}) { __typename } }`);
    expect(data).toBeUndefined();
    expect(errors.map(({ extensions }) => extensions?.code)).toEqual(['BAD_USER_INPUT']);
  });
});

/** Every text and number in an answer, as text. */
function leavesOf(value: unknown): string[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leavesOf) : [];
}

async function inParallel<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}
