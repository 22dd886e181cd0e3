import { Client as Connection } from 'undici';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Client, need } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { MyAccountDocument } from '../../schema/client/operations.js';
import { demo } from '../support/demo.js';
import { events, post, type Reply, send } from '../support/post.js';
import { sendRaw } from '../support/raw.js';

const [ann, ben] = [people()[82], people()[106]];
let me: Client;
let them: Client;

beforeAll(async () => {
  const habeas = await demo();
  me = await habeas.person(ann?.accountId ?? '');
  them = await habeas.person(ben?.accountId ?? '');
});

const repeated = (times: number, part: (index: number) => string) =>
  Array.from({ length: times }, (_, i) => part(i)).join(' ');
const codesOf = ({ errors }: Reply) => [...new Set(errors.map(({ extensions }) => extensions?.code))];

/** One level deeper for each two: a request's account, its requests, and so on. */
function nested(levels: number): string {
  const steps = [
    'me',
    ...Array.from({ length: levels - 1 }, (_, i) => ['privacyRequests', 'edges', 'node', 'account'][i % 4] ?? ''),
  ];
  return steps.reduceRight((inside, step) => `${step}${inside && ` { ${inside} }`}`, '__typename');
}

describe('A question that asks for too much is refused before anything is read', () => {
  test.each([
    ['101 aliases (T-03)', `{ ${repeated(101, (i) => `a${i}: __typename`)} }`],
    [
      '16 aliases in a fragment (T-03)',
      `{ me { ...A } } fragment A on Account { ${repeated(16, (i) => `a${i}: id`)} }`,
    ],
    ['11 root fields', `{ ${repeated(11, () => 'viewer { kind }')} }`],
    [
      '11 changes at once',
      `mutation { ${repeated(11, () => 'updateProfile(input: { profile: {} }) { account { id } }')} }`,
    ],
    ['11 directives', `{ me { ${repeated(11, () => 'id @include(if: true)')} } }`],
    ['300 levels (T-05)', `{ ${nested(300)} }`],
    ['13 levels', `{ ${nested(13)} }`],
    [
      '13 levels by fragments',
      `{ me { ...A } } fragment A on Account { privacyRequests { edges { node { account { ...B } } } } }
       fragment B on Account { privacyRequests { edges { node { account { ...C } } } } }
       fragment C on Account { privacyRequests { edges { node { account { id } } } } }`,
    ],
    ['one field 900 times (T-06)', `{ me { ${repeated(900, () => 'id')} } }`],
    ['more than 1,000 tokens', `{ me { ${repeated(1_000, () => 'id')} } }`],
  ])('%s', async (_what, query) => {
    const reply = await post(me, query);
    expect(codesOf(reply)).toEqual(['QUERY_TOO_COMPLEX']);
    expect(reply.errors[0]?.message).toMatch(/^The (query|document) .*\.$/);
    expect(reply.data).toBeUndefined();
    expect(codesOf(await events(me, query))).toEqual(['QUERY_TOO_COMPLEX']);
  });

  test('what is just small enough is answered', async () => {
    for (const query of [
      `{ me { ${repeated(15, (i) => `a${i}: id`)} } }`,
      `{ ${repeated(10, () => 'viewer { kind }')} }`,
      `{ me { ${repeated(10, () => 'id @include(if: true)')} } }`,
      `{ ${nested(12)} }`,
      `{ me { ${repeated(300, () => 'id')} } }`,
    ]) {
      const { data, errors } = await post(me, query);
      expect(errors).toEqual([]);
      expect(data).toBeDefined();
    }
  });

  test.each([
    ['a fragment within itself', '{ me { ...A } } fragment A on Account { ...A }'],
    ['a circle of fragments', '{ me { ...A } } fragment A on Account { ...B } fragment B on Account { id ...A }'],
    ['unknown directives', `{ __typename ${repeated(50, () => '@aa')} }`],
    [
      'a circle through the schema',
      `{ __schema { types { fields { type { fields { type { fields { type { fields { type { fields { name } } } } } } } } } } } }`,
    ],
  ])('%s is told with at most six errors', async (_what, query) => {
    const reply = await post(me, query);
    expect(reply.data).toBeUndefined();
    expect(reply.errors.length).toBeLessThanOrEqual(6);
    for (const { extensions } of reply.errors)
      expect(['BAD_USER_INPUT', 'QUERY_TOO_COMPLEX']).toContain(extensions?.code);
  });

  test('10 KB of one field over and over take less than half a second (T-06)', async () => {
    await post(me, '{ viewer { kind } }');
    const documents = [
      `{ ${repeated(700, (i) => `me { id ${i % 2 ? 'status' : 'id'} }`)} }`.slice(0, 10_000).concat('}'),
      `{ ${repeated(120, () => 'account(id: "x") { id }')} }`,
      `{ me { ${repeated(150, () => 'privacyRequests(first: 1) { totalCount }')} } }`,
      `{ me { ${repeated(110, (i) => `privacyRequests(first: ${i}) { totalCount }`)} } }`,
    ];
    for (const document of documents) {
      const begun = performance.now();
      await post(me, document);
      expect(performance.now() - begun).toBeLessThan(500);
    }
  });

  test('a batch is refused whole (T-04)', async () => {
    const batch = JSON.stringify(Array(10).fill({ query: '{ me { id } }' }));
    const reply = await send(me, batch);
    expect([reply.status, codesOf(reply), reply.data]).toEqual([400, ['BAD_USER_INPUT'], undefined]);
  });
});

const CHANGE = 'mutation { updateProfile(input: { profile: { jobTitle: "Taken over" } }) { account { id } } }';

describe('What a page elsewhere could make a browser send changes nothing (T-09)', () => {
  const boundary = '----b';
  const multipart = `--${boundary}\r\ncontent-disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: CHANGE })}\r\n--${boundary}--\r\n`;

  test.each([
    ['a form', 'application/x-www-form-urlencoded', `query=${encodeURIComponent(CHANGE)}`],
    ['a multipart form', `multipart/form-data; boundary=${boundary}`, multipart],
    ['plain text', 'text/plain', JSON.stringify({ query: CHANGE })],
    ['JSON called text', 'text/plain; application/json', JSON.stringify({ query: CHANGE })],
    ['no type', '', JSON.stringify({ query: CHANGE })],
  ])('%s', async (_what, type, body) => {
    const answer = await sendRaw(me, type === '' ? [] : [`content-type: ${type}`], body);
    expect(answer.status).toBe(415);
    const stream = await sendRaw(me, ['accept: text/event-stream', ...(type ? [`content-type: ${type}`] : [])], body);
    expect(stream.status).toBe(415);
    expect(await jobTitle()).toBe(ann?.jobTitle);
  });

  test.each(['application/json', 'text/event-stream', '*/*'])('a GET that wants %s', async (accept) => {
    for (const query of [CHANGE, '{ me { id } }']) {
      const url = `${me.url}?query=${encodeURIComponent(query)}`;
      const answer = await fetch(url, {
        headers: { accept, authorization: `Bearer ${me.token}`, 'apollo-require-preflight': 'yes' },
      });
      expect([answer.status, await answer.text()]).toEqual([405, expect.not.stringContaining(ann?.accountId ?? '-')]);
    }
    expect(await jobTitle()).toBe(ann?.jobTitle);
  });

  test('the same change as JSON is carried out', async () => {
    expect((await post(me, CHANGE)).errors).toEqual([]);
    expect(await jobTitle()).toBe('Taken over');
    await post(
      me,
      `mutation { updateProfile(input: { profile: { jobTitle: ${JSON.stringify(ann?.jobTitle)} } }) { account { id } } }`,
    );
    expect(await jobTitle()).toBe(ann?.jobTitle);
  });

  async function jobTitle(): Promise<unknown> {
    const { data } = await post(me, '{ me { profile { jobTitle } } }');
    return data?.me && (data.me as { profile: { jobTitle: string } }).profile.jobTitle;
  }
});

describe('The content type is read in one way (T-10)', () => {
  const body = JSON.stringify({ query: '{ viewer { kind } }' });

  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
  ])('%j is JSON', async (type) => {
    const answer = await sendRaw(me, [`content-type: ${type}`], body);
    expect([answer.status, answer.body]).toEqual([200, '{"data":{"viewer":{"kind":"SUBJECT"}}}\n']);
  });

  test.each([
    'application/json\t; charset=utf-8',
    'application/json ;charset=utf-8',
    'application/json;  charset=utf-8',
    'application/json; charset=utf-7',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'application/json; charset=utf-8; charset=utf-7',
    'application/json; charset=',
    'application/json;',
    'application/json; q=1',
    'application/json, text/plain',
    'application/json/x',
    'application/jsonp',
    'application/json+x',
    'application/graphql',
    'application/graphql+json',
    'application/graphql-response+json',
    'application/vnd.api+json',
    'application/x-json',
    'text/json',
    'text/html',
    'text/plain',
    'json',
    '*/*',
    '"application/json"',
    'application\\json',
    'multipart/form-data; boundary=application/json',
    'application/octet-stream',
    'application/json\u00a0',
    '%61pplication/json',
  ])('%j is not', async (type) => {
    expect((await sendRaw(me, [`content-type: ${type}`], body)).status).toBe(415);
  });
});

describe('A body that reaches for the prototypes of objects (T-30)', () => {
  test.each([
    ['__proto__', '{"__proto__":{"query":"{ viewer { kind } }"}}'],
    [
      '__proto__ in variables',
      '{"query":"{ viewer { kind } }","variables":{"__proto__":{"query":"{ viewer { kind } }"}}}',
    ],
    ['constructor.prototype', '{"constructor":{"prototype":{"query":"{ viewer { kind } }"}}}'],
    [
      'constructor.prototype in variables',
      '{"query":"{ viewer { kind } }","variables":{"constructor":{"prototype":{"query":"{ viewer { kind } }"}}}}',
    ],
  ])('is refused: %s', async (_what, body) => {
    for (const accept of ['application/json', 'text/event-stream']) {
      const reply = await send(me, body, { accept });
      expect([reply.status, codesOf(reply), reply.data]).toEqual([400, ['BAD_USER_INPUT'], undefined]);
    }
    // Had it worked, a body without a query would have one now.
    const next = await send(me, '{"variables":{}}');
    expect([next.status, next.data]).toEqual([400, undefined]);
  });

  test('while harmless names of the kind are read', async () => {
    const body = '{"query":"{ viewer { kind } }","variables":{"constructor":"x","prototype":1}}';
    expect((await send(me, body)).data).toEqual({ viewer: { kind: 'SUBJECT' } });
  });
});

describe('Nothing is kept between callers (T-43)', () => {
  test('two people on one connection get each their own', async () => {
    const { origin, pathname } = new URL(me.url);
    const connection = new Connection(origin);
    let connected = 0;
    connection.on('connect', () => {
      connected += 1;
    });
    for (let turn = 0; turn < 20; turn += 1) {
      const [client, person, other] = turn % 2 ? [them, ben, ann] : [me, ann, ben];
      const { headers, body } = await connection.request({
        method: 'POST',
        path: pathname,
        headers: { 'content-type': 'application/json', authorization: `Bearer ${client.token}` },
        body: JSON.stringify({ query: '{ me { id profile { email displayName } } }' }),
      });
      const text = await body.text();
      expect(JSON.parse(text)).toMatchObject({
        data: { me: { id: person?.accountId, profile: { email: person?.emails[0] } } },
      });
      expect(text).not.toContain(other?.accountId);
      expect(text).not.toContain(other?.emails[0]);
      expect(headers['cache-control']).toBe('no-store');
    }
    await connection.close();
    expect(connected).toBe(1);
  });

  test('on one connection without a token nothing is left of the one before', async () => {
    const { origin, pathname } = new URL(me.url);
    const connection = new Connection(origin);
    const ask = async (token: string | undefined) => {
      const { body } = await connection.request({
        method: 'POST',
        path: pathname,
        headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
        body: JSON.stringify({ query: '{ viewer { kind accountId } }' }),
      });
      return body.json();
    };
    expect(await ask(me.token)).toEqual({ data: { viewer: { kind: 'SUBJECT', accountId: ann?.accountId } } });
    expect(await ask(undefined)).toEqual({ data: { viewer: { kind: 'ANONYMOUS', accountId: null } } });
    await connection.close();
  });

  test.each([
    ['an answer', 'POST', '/graphql', { 'content-type': 'application/json' }, 200],
    ['a stream', 'POST', '/graphql', { 'content-type': 'application/json', accept: 'text/event-stream' }, 200],
    ['a bad token', 'POST', '/graphql', { 'content-type': 'application/json', authorization: 'Bearer a.b.c' }, 401],
    ['a wrong type', 'POST', '/graphql', { 'content-type': 'text/plain' }, 415],
    ['the IDE', 'GET', '/graphql', { accept: 'text/html' }, 200],
    ['a GET', 'GET', '/graphql', {}, 405],
    ['an unknown address', 'GET', '/nothing', {}, 404],
    ['an unknown method', 'DELETE', '/graphql', {}, 404],
    ['a package', 'GET', '/exports/x', {}, 401],
    ['keys', 'GET', '/.well-known/jwks.json', {}, 200],
    ['life', 'GET', '/livez', {}, 200],
    ['readiness', 'GET', '/readyz', {}, 200],
  ])('is told to whatever passes it on: %s', async (_what, method, address, headers, status) => {
    const answer = await fetch(new URL(address, me.url), {
      method,
      headers: headers as Record<string, string>,
      ...(method === 'POST' ? { body: JSON.stringify({ query: '{ viewer { kind } }' }) } : {}),
    });
    await answer.text();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    if (status === 401) expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  test('the person of these tests is there', async () => {
    expect((await need(me, MyAccountDocument, {})).me?.id).toBe(ann?.accountId);
  });
});
