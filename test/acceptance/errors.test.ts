import { beforeAll, describe, expect, test } from 'vitest';
import { type Client, need } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { CancelRequestDocument, RequestAccessDocument } from '../../schema/client/operations.js';
import { ERROR_STATUS } from '../../src/errors.js';
import { demo } from '../support/demo.js';
import { events, post, type Reply, readReply, send } from '../support/post.js';
import {
  ACCESS_REQUESTS,
  ACCOUNTS,
  CANARY,
  type Case,
  IDS,
  SERVICE_FIELDS,
  type Sender,
  SHAPES,
} from './errors-cases.js';

const person = people()[62]?.accountId ?? '';
const senders = new Map<Sender, Client>();
let request: string;

beforeAll(async () => {
  const habeas = await demo();
  const me = await habeas.person(person);
  senders
    .set('person', me)
    .set('service', await habeas.client('audit-tool', 'essential.service'))
    .set('staff', await habeas.staff('dps'));
  request = await requestWith({ services: ['habeas'], idempotencyKey: 'bad input' });
});

function as(sender: Sender): Client {
  const client = senders.get(sender);
  if (!client) throw new Error(`nobody sends as ${sender}`);
  return client;
}

async function requestWith(input: object): Promise<string> {
  return (await need(as('person'), RequestAccessDocument, { input })).requestAccess.request.id;
}

/** `PERSON` and `REQUEST` stand for ids that only the running test knows. */
function filled(variables: unknown): unknown {
  const known: Readonly<Record<string, string>> = { PERSON: person, REQUEST: request };
  return JSON.parse(JSON.stringify(variables ?? {}), (_key, value) => known[String(value)] ?? value);
}

const INTERNALS =
  /node_modules|\.[jt]s:\d|\bselect\b.*\bfrom\b|insert into|postgres|drizzle|file:\/\/|\/(?:work|home|tmp)\/|Error:/i;

/** One code of the catalogue, words for the caller, and nothing of what was sent or of what is inside. */
function expectTold({ text, errors }: Reply, code: string): void {
  expect(errors.length).toBeGreaterThan(0);
  for (const { message, extensions } of errors) {
    expect(extensions?.code).toBe(code);
    expect(message).toMatch(/^[^\n]{10,400}[.?]$/);
  }
  expect(ERROR_STATUS).toHaveProperty(code);
  expect(code).not.toBe('INTERNAL_SERVER_ERROR');
  expect(text).not.toContain(CANARY);
  expect(text).not.toMatch(INTERNALS);
}

describe('Bad input is told, and never repeated (T-29)', () => {
  describe.each([
    ['in ids and pages', IDS],
    ['in fields of services', SERVICE_FIELDS],
    ['in requests', ACCESS_REQUESTS],
    ['in accounts', ACCOUNTS],
    ['in shape', SHAPES],
  ])('%s', (_where, cases: readonly Case[]) => {
    test.each(cases)('$what: $code', async ({ by, query, variables, code, says }) => {
      const reply = await post(as(by), query, filled(variables));
      expectTold(reply, code);
      expect(reply.errors[0]?.message).toMatch(says);
      expect(reply.status).toBe(200);
    });
  });

  test('a key that was used for something else: CONFLICT', async () => {
    const query = 'mutation ($input: RequestAccessInput!) { requestAccess(input: $input) { request { id } } }';
    const input = { services: ['habeas'], idempotencyKey: `${CANARY} once` };
    expect((await post(as('person'), query, { input })).errors).toEqual([]);
    expect((await post(as('person'), query, { input })).errors).toEqual([]);
    const other = await post(as('person'), query, { input: { ...input, formats: ['JSON'] } });
    expectTold(other, 'CONFLICT');
    expect(other.errors[0]?.message).toMatch(/^idempotencyKey: .* take a new key/);
  });

  test('a request that has ended cannot be cancelled: CONFLICT, or is cancelled already', async () => {
    const id = await requestWith({ services: ['habeas'], idempotencyKey: 'to cancel' });
    const cancel = () => need(as('person'), CancelRequestDocument, { input: { requestId: id } });
    const outcome = await cancel().catch((error: Error) => error.message);
    if (typeof outcome === 'string')
      expect(outcome).toMatch(/^requestId: the request is COMPLETED, it cannot be cancelled/);
    else expect((await cancel()).cancelRequest.request.status).toBe('CANCELLED');
  });

  test('what is asked well is answered all the same', async () => {
    const { data, errors } = await post(
      as('person'),
      `query ($first: Int) { me { id privacyRequests(first: $first) { totalCount } training { bookings(first: 200) { totalCount } } } }`,
      { first: 200 },
    );
    expect(errors).toEqual([]);
    expect(data).toMatchObject({ me: { id: person, privacyRequests: { totalCount: expect.any(Number) } } });
  });

  test('the HTTP status says it to those who ask for it', async () => {
    const asks = { accept: 'application/graphql-response+json' };
    expect((await post(as('person'), '{ me { shoeSize } }', undefined, asks)).status).toBe(400);
    expect((await post(as('person'), '{ me { id } }', undefined, asks)).status).toBe(200);
    const stranger = await post({ url: as('person').url }, '{ me { profile { email } } }');
    expect([stranger.status, stranger.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });
});

const JSON_TYPE = 'application/json';

describe('A request that is none is told', () => {
  test.each([
    ['more than 256 KiB', JSON.stringify({ query: `# ${CANARY.padEnd(270_000, 'x')}` }), JSON_TYPE, 413],
    ['text', CANARY, 'text/plain', 415],
    ['a form', `query=${CANARY}`, 'application/x-www-form-urlencoded', 415],
    ['another JSON', JSON.stringify({ query: CANARY }), 'application/graphql+json', 415],
    ['broken JSON', `{"query": "${CANARY}`, JSON_TYPE, 400],
    ['nothing', '', JSON_TYPE, 400],
    ['null', 'null', JSON_TYPE, 400],
    ['a text', JSON.stringify(CANARY), JSON_TYPE, 400],
    ['a batch', JSON.stringify([{ query: `{ ${CANARY} }` }]), JSON_TYPE, 400],
    ['no query', JSON.stringify({ variables: { CANARY } }), JSON_TYPE, 400],
    ['a query that is no text', JSON.stringify({ query: { CANARY } }), JSON_TYPE, 400],
    ['an empty query', JSON.stringify({ query: '' }), JSON_TYPE, 400],
    ['variables that are text', JSON.stringify({ query: '{ me { id } }', variables: CANARY }), JSON_TYPE, 400],
    ['extensions that are text', JSON.stringify({ query: '{ me { id } }', extensions: CANARY }), JSON_TYPE, 400],
    ['a name that is a number', JSON.stringify({ query: '{ me { id } }', operationName: 7 }), JSON_TYPE, 400],
    ['an unknown operation', JSON.stringify({ query: 'query A { me { id } }', operationName: CANARY }), JSON_TYPE, 200],
    [
      'a persisted query',
      JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: CANARY } } }),
      JSON_TYPE,
      200,
    ],
  ])('%s', async (_what, body, contentType, status) => {
    const reply = await send(as('person'), body, { 'content-type': contentType });
    expectTold(reply, 'BAD_USER_INPUT');
    expect(reply.status).toBe(status);
    expect(reply.data).toBeUndefined();
  });

  test('a GET', async () => {
    const { url, token } = as('person');
    const headers = { authorization: `Bearer ${token}` };
    const reply = await readReply(
      await fetch(`${url}?query=${encodeURIComponent(`{ me { id ${CANARY} } }`)}`, { headers }),
    );
    expectTold(reply, 'BAD_USER_INPUT');
    expect([reply.status, reply.headers.get('allow')]).toEqual([405, 'POST']);
  });
});

describe('A stream tells', () => {
  test.each([
    ['a document that is none', `subscription { ${CANARY}`, 'BAD_USER_INPUT', /syntax error at line 1/],
    ['an unknown field', 'subscription { nothing { id } }', 'BAD_USER_INPUT', /^Cannot query field "nothing"/],
    [
      'an id that is none',
      `subscription { privacyRequestProgress(id: "${CANARY}") { id } }`,
      'BAD_USER_INPUT',
      /^id: is not a UUID/,
    ],
    [
      'a missing argument',
      'subscription { privacyRequestProgress { id } }',
      'BAD_USER_INPUT',
      /argument "id" of type "ID!" is required/,
    ],
    ['two operations', 'query A { me { id } } query B { me { id } }', 'BAD_USER_INPUT', /^operationName/],
    [
      'a request nobody made',
      'subscription { privacyRequestProgress(id: "00000000-0000-4000-8000-000000000000") { id } }',
      'NOT_FOUND',
      /^id: there is no request/,
    ],
  ])('%s', async (_what, query, code, says) => {
    const reply = await events(as('person'), query);
    expectTold(reply, code);
    expect(reply.errors[0]?.message).toMatch(says);
    expect(reply.status).toBe(200);
  });

  test('who is not let in, without a stream', async () => {
    const reply = await events({ url: as('person').url, token: 'a.b.c' }, '{ me { id } }');
    expectTold(reply, 'UNAUTHENTICATED');
    expect(reply.status).toBe(401);
  });

  test('a body without a query', async () => {
    const reply = await send(as('person'), '{}', { accept: 'text/event-stream' });
    expectTold(reply, 'BAD_USER_INPUT');
    expect(reply.status).toBe(400);
  });

  test('what was asked well', async () => {
    const { data, errors } = await events(
      as('person'),
      `subscription { privacyRequestProgress(id: "${request}") { id } }`,
    );
    expect({ data, errors }).toEqual({ data: { privacyRequestProgress: { id: request } }, errors: [] });
  });
});

describe('Outside the graph problems are told as RFC 9457 has it', () => {
  test.each([
    ['an address of nothing', '/nothing', null, 404, 'NOT_FOUND'],
    ['a package without a token', `/exports/${CANARY}`, null, 401, 'UNAUTHENTICATED'],
    ['a package with a bad token', `/exports/${CANARY}`, 'a.b.c', 401, 'UNAUTHENTICATED'],
    ['a package nobody made', `/exports/${CANARY}`, 'person', 404, 'NOT_FOUND'],
  ])('%s', async (_what, address, token, status, code) => {
    const client = as('person');
    const bearer = token === 'person' ? client.token : token;
    const answer = await fetch(new URL(address, client.url), {
      headers: bearer ? { authorization: `Bearer ${bearer}` } : {},
    });
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(text)).toMatchObject({ status, code, detail: expect.stringMatching(/\.$/) });
    expect(text).not.toContain(CANARY);
    expect(text).not.toMatch(INTERNALS);
  });
});
