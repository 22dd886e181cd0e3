import {
  buildClientSchema,
  extendSchema,
  type GraphQLSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  parse,
} from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Client, follow, need } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import {
  CancelRequestDocument,
  PrivacyRequestProgressDocument,
  RequestAccessDocument,
} from '../../schema/client/operations.js';
import { demo } from '../support/demo.js';
import { events, post, type Reply } from '../support/post.js';
import { CALLERS, type Caller, MATRIX, rowOf, SUBGRAPH_MATRIX } from './access-matrix.js';
import { coordinatesOf, type Places, type Question, questionsOf } from './access-routes.js';

const [owner, other] = [people()[40], people()[42]];
const clients = new Map<Caller, Client>();
let schema: GraphQLSchema;
let places: Places;

beforeAll(async () => {
  const habeas = await demo();
  const me = await habeas.person(owner?.accountId ?? '');
  clients
    .set('owner', me)
    .set('other', await habeas.person(other?.accountId ?? ''))
    .set('service', await habeas.client('audit-tool', 'essential.service'))
    .set('improver', await habeas.client('audit-tool', 'functional.service.improve'))
    .set('mailer', await habeas.client('newsletter-sender', 'marketing.communications.email'))
    .set('purposeless', await habeas.client('audit-tool'))
    .set('external', await habeas.client('research-partner', 'analytics.reporting'))
    .set('dps', await habeas.staff('dps'))
    .set('support', await habeas.staff('support'))
    .set('nobody', habeas.nobody());
  const { data } = await post(clientOf('dps'), getIntrospectionQuery());
  schema = buildClientSchema(data as unknown as IntrospectionQuery);
  // Somebody has to have read of the person before they can see who has.
  await post(clientOf('dps'), `{ account(id: "${owner?.accountId}") { profile { email } } }`);
  const request = await askForEverything(me, 'access matrix');
  for await (const { privacyRequestProgress } of follow(me, PrivacyRequestProgressDocument, { id: request })) {
    if (privacyRequestProgress.status !== 'IN_PROGRESS') expect(privacyRequestProgress.status).toBe('COMPLETED');
  }
  const cancelled = await askForEverything(me, 'access matrix, cancelled');
  await need(me, CancelRequestDocument, { input: { requestId: cancelled } });
  // They have said something of their consent and of marketing, and object to something no question below takes back.
  const said = await post(
    me,
    `mutation {
      giveConsent(input: { purpose: "analytics.reporting", policyVersion: 2 }) { consent { status } }
      objectToProcessing(input: { purpose: "marketing.advertising.third_party" }) { request { status } }
      updateMarketingPreferences(input: { optOutOfAll: true }) { marketingPreferences { optedOutOfAll } }
    }`,
  );
  expect(said.errors).toEqual([]);
  places = {
    account: owner?.accountId ?? '',
    request,
    cancelled,
    support: owner?.externalIds.support ?? '',
    client: await registerClient('access-matrix'),
    hold: await releasedHold(),
  };
});

describe('Who may do what (T-01)', () => {
  test('has a row for every field of the running graph, and for no other', () => {
    const coordinates = coordinatesOf(schema);
    expect(coordinates.length).toBeGreaterThan(300);
    expect(coordinates.filter((coordinate) => !rowOf(coordinate))).toEqual([]);
    const known = new Set(coordinates.flatMap((coordinate) => [coordinate, coordinate.replace(/\..*$/, '.*')]));
    expect([...MATRIX.keys()].filter((key) => !known.has(key))).toEqual([]);
  });

  test('is not complete once the graph has one field more', () => {
    const grown = extendSchema(schema, parse('extend type Account { shoeSize: Int } type Cupboard { shelves: Int }'));
    expect(coordinatesOf(grown).filter((coordinate) => !rowOf(coordinate))).toEqual([
      'Account.shoeSize',
      'Cupboard.shelves',
    ]);
    expect(() => questionsOf(grown, places)).toThrow('no question reaches Cupboard.shelves');
  });

  test('speaks of a whole type only where it says what the field that leads there says', () => {
    for (const { coordinate, entry } of questionsOf(schema, places)) {
      const whole = MATRIX.get(coordinate.replace(/\..*$/, '.*'));
      if (!whole || MATRIX.has(coordinate)) continue;
      expect(entry, coordinate).not.toBeNull();
      const leading = rowOf(entry ?? '');
      const differs = CALLERS.filter((caller) => whole[caller] !== leading?.[caller]);
      const empty = differs.filter(
        (caller) => leading?.[caller] === 'answered' && whole[caller] === 'answered, with nobody’s data',
      );
      expect(differs, coordinate).toEqual(empty);
    }
  });

  test.each(CALLERS)(
    'holds over HTTP, field by field: %s',
    async (caller) => {
      const wrong: string[] = [];
      await inParallel(questionsOf(schema, places), async (question) => {
        const expected = rowOf(question.coordinate)?.[caller];
        const verdict = await verdictOf(question, clientOf(caller));
        if (verdict !== expected) wrong.push(`${question.coordinate}: ${verdict}, not ${expected}`);
      });
      expect(wrong).toEqual([]);
    },
    180_000,
  );
});

describe('Who may do what at /subgraph (T-01)', () => {
  const atSubgraph = (caller: Caller): Client => {
    const client = clientOf(caller);
    return { ...client, url: client.url.replace(/graphql$/, 'subgraph') };
  };
  let own: GraphQLSchema;
  beforeAll(async () => {
    const { data } = await post(atSubgraph('dps'), getIntrospectionQuery());
    own = buildClientSchema(data as unknown as IntrospectionQuery);
  });

  test('there is nothing but the own part of the graph, and what makes it a subgraph', () => {
    const whole = new Set(coordinatesOf(schema));
    const beside = coordinatesOf(own).filter((coordinate) => !whole.has(coordinate));
    expect(beside.sort()).toEqual([...SUBGRAPH_MATRIX.keys()].sort());
    expect(coordinatesOf(own)).not.toContain('Account.support');
  });

  test.each(CALLERS)('what makes it a subgraph: %s', async (caller) => {
    const questions = questionsOf(own, places).filter(({ coordinate }) => SUBGRAPH_MATRIX.has(coordinate));
    const verdicts = await Promise.all(questions.map((question) => verdictOf(question, atSubgraph(caller))));
    const expected = questions.map(({ coordinate }) => SUBGRAPH_MATRIX.get(coordinate)?.[caller]);
    expect(verdicts).toEqual(expected);
  });

  test.each(['service', 'external'] as const)(
    'all else is as it is at /graphql: %s',
    async (caller) => {
      const questions = questionsOf(own, places).filter(({ coordinate }) => !SUBGRAPH_MATRIX.has(coordinate));
      const wrong: string[] = [];
      await inParallel(questions, async (question) => {
        const there = await verdictOf(question, clientOf(caller));
        const here = await verdictOf(question, atSubgraph(caller));
        if (here !== there) wrong.push(`${question.coordinate}: ${here}, but ${there} at /graphql`);
      });
      expect(wrong).toEqual([]);
    },
    60_000,
  );
});

async function askForEverything(client: Client, idempotencyKey: string): Promise<string> {
  const input = { services: ['habeas'], idempotencyKey };
  return (await need(client, RequestAccessDocument, { input })).requestAccess.request.id;
}

async function registerClient(name: string): Promise<string> {
  const input = `{ name: "${name}", affiliation: AFFILIATED, country: "GB", purposes: ["essential.service"] }`;
  const { data } = await post(clientOf('dps'), `mutation { registerClient(input: ${input}) { client { id } } }`);
  return (data as { registerClient: { client: { id: string } } }).registerClient.client.id;
}

/** Id of a hold on the owner that was placed and released. */
async function releasedHold(): Promise<string> {
  const placing = `placeLegalHold(input: { accountId: "${owner?.accountId}", reason: "released" }) { legalHold { id } }`;
  const { data } = await post(clientOf('dps'), `mutation { ${placing} }`);
  const { id } = (data as { placeLegalHold: { legalHold: { id: string } } }).placeLegalHold.legalHold;
  await post(
    clientOf('dps'),
    `mutation { releaseLegalHold(input: { holdId: "${id}", note: "over" }) { legalHold { id } } }`,
  );
  return id;
}

function clientOf(caller: Caller): Client {
  const client = clients.get(caller);
  if (!client) throw new Error(`nobody plays ${caller}`);
  return client;
}

/** What a caller was told: the code of the refusal, or whether something was found where the field stands. */
async function verdictOf({ operation, text, path }: Question, client: Client): Promise<string> {
  const reply = operation === 'subscription' ? await events(client, text) : await post(client, text);
  const codes = [...new Set(reply.errors.map(({ extensions }) => String(extensions?.code)))];
  if (codes.length > 0) return codes.join(' and ');
  return isFound(reply, path) ? 'answered' : 'answered, with nobody’s data';
}

/** Whether somebody or something has the field: its object was reached, and it is not a list of nobody. */
function isFound({ data }: Reply, path: readonly string[]): boolean {
  let found: unknown[] = [data];
  for (const name of path) {
    const objects = found.flat().filter((value) => typeof value === 'object' && value !== null);
    found = objects.flatMap((object) => (name in object ? [(object as Record<string, unknown>)[name]] : []));
  }
  const nobody = (value: unknown) => Array.isArray(value) && value.length > 0 && value.every((each) => each === null);
  return found.length > 0 && !found.every(nobody);
}

async function inParallel<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const work = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: 8 }, work));
}
