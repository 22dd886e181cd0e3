import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../examples/client.js';
import { ensureClient } from '../../src/clients/clients.js';
import { type CompanyRouter, companyRouter } from '../support/company-router.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { events, post } from '../support/post.js';
import { type RunningService, startService } from '../support/services/process.js';
import { openStore, type Store } from '../support/store.js';

const SERVE = 'essential.service';
/** Below what the profile is declared for, and rests on consent by the manifest below. */
const MAIL = 'essential.service.notifications.email';
const [ANN, BEN, NOBODY] = [1, 2, 9].map((number) => `0b5e0c3a-2f9c-4a66-9e0a-00000000000${number}`) as [
  string,
  string,
  string,
];
const MANIFEST = `
habeas: { connection: { http: { url: "http://127.0.0.1:1/gdpr/{externalId}" } } }
system:
  - fides_key: post_room
    privacy_declarations:
      - { data_use: ${MAIL}, data_categories: [user.contact], data_subjects: [customer],
          legal_basis_for_processing: Consent }
`;

let store: Store;
let folder: string;
let habeas: Habeas;
let orders: RunningService;
let router: CompanyRouter;
let mailer: Client;

beforeAll(async () => {
  store = await openStore();
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-subgraph-'));
  writeFileSync(path.join(folder, 'post-room.yml'), MANIFEST);
  habeas = await startHabeas({ part: 'serve', databaseUrl: store.url, services: folder });
  await ensureClient(store.db, { name: 'mailer', affiliation: 'AFFILIATED', purposes: [SERVE, MAIL], country: 'GB' });
  mailer = await subgraphClient('mailer');
  for (const [id, name] of [
    [ANN, 'Ann'],
    [BEN, 'Ben'],
  ]) {
    const { errors } = await post(
      { ...mailer, purpose: SERVE },
      'mutation ($input: RegisterAccountInput!) { registerAccount(input: $input) { account { id } } }',
      { input: { id, profile: { displayName: name, email: `${name}@example.org` } } },
    );
    expect(errors).toEqual([]);
    await consent(id ?? '', 'GIVEN');
  }
  orders = await startService('orders.mjs', ANN, BEN, NOBODY);
  const token = { authorization: `Bearer ${mailer.token}` };
  router = await companyRouter({ habeas: mailer.url, orders: `${orders.url}/graphql` }, token);
});
afterAll(async () => {
  await orders?.stop();
  await habeas?.stop();
  await store?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A caller of /subgraph. */
const atSubgraph = (client: Client): Client => ({ ...client, url: client.url.replace('/graphql', '/subgraph') });
const subgraphClient = async (name: string, purpose?: string) => atSubgraph(await habeas.client(name, purpose));

async function consent(id: string, status: 'GIVEN' | 'WITHDRAWN'): Promise<void> {
  await store.sql.begin(async (sql) => {
    await sql`insert into consent_states values (${id}, ${MAIL}, ${status}, now(), 1, null, 1)
      on conflict (account_id, purpose) do update set status = ${status}, since = now()`;
    await sql`update accounts set gate_epoch = gate_epoch + 1 where id = ${id}`;
  });
}

const askThroughRouter = (query: string, purpose: string) =>
  router.ask(query, { authorization: `Bearer ${mailer.token}`, 'x-purpose': purpose });

const entities = (client: Client, representations: readonly unknown[], selection = 'id profile { displayName }') =>
  post(
    client,
    `query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Account { ${selection} } } }`,
    { r: representations },
  );

const account = (id: string) => ({ __typename: 'Account', id });

describe("Habeas as a subgraph of a company's own router", () => {
  it('tells the SDL of its own part, with keys, links and what is personal data, governed fields nullable', async () => {
    const { data } = await post(mailer, '{ _service { sdl } }');
    const [{ sdl } = { sdl: '' }] = Object.values(data ?? {}) as { sdl: string }[];
    expect(sdl).toMatch(/@link\(url: "https:\/\/specs\.apollo\.dev\/federation\/v2\.\d+", import: \["@key"/);
    expect(sdl).toMatch(/@composeDirective\(name: "@personalData"\)/);
    expect(sdl).toMatch(/type Account @key\(fields: "id"\)/);
    expect(sdl).toMatch(/email: String @personalData\(category: "user\.contact\.email"/);
    expect(sdl).toMatch(/createdAt: DateTime @personalData/);
    expect(sdl).not.toMatch(/_entities|_Entity|_Any|_service/);
    expect(sdl).not.toMatch(/postRoom/);
    expect(() => parse(sdl)).not.toThrow();
  });

  it('composes with another subgraph, its directive kept', () => {
    expect(router.supergraphSdl).toMatch(/@personalData\(\s*category: "user\.contact\.email"/);
    expect(router.supergraphSdl).toMatch(/@join__type\(graph: ORDERS, key: "id"\)/);
  });

  it('answers its part of a question that goes over both, from either end', async () => {
    const fromOrders = await askThroughRouter('{ orders { total buyer { profile { email } points } } }', SERVE);
    expect(fromOrders).toEqual({
      data: {
        orders: [
          { total: 10, buyer: { profile: { email: 'Ann@example.org' }, points: 36 } },
          { total: 11, buyer: { profile: { email: 'Ben@example.org' }, points: 36 } },
          { total: 12, buyer: { profile: null, points: 36 } },
        ],
      },
      told: [],
    });
    const fromHabeas = await askThroughRouter(`{ account(id: "${BEN}") { points profile { displayName } } }`, SERVE);
    expect(fromHabeas.data).toEqual({ account: { points: 36, profile: { displayName: 'Ben' } } });
  });

  it('withholds, person by person, what was withdrawn, and says so', async () => {
    const question = '{ orders { buyer { profile { email } } } }';
    const before = await askThroughRouter(question, MAIL);
    expect(before).toMatchObject({ data: { orders: [{ buyer: { profile: { email: 'Ann@example.org' } } }, {}, {}] } });
    await consent(ANN, 'WITHDRAWN');
    const after = await askThroughRouter(question, MAIL);
    await consent(ANN, 'GIVEN');
    expect(after).toEqual({
      data: {
        orders: [
          { buyer: { profile: null } },
          { buyer: { profile: { email: 'Ben@example.org' } } },
          { buyer: { profile: null } },
        ],
      },
      told: [{ withheld: [{ field: 'Profile.email', reason: 'CONSENT_WITHDRAWN', accountIds: [ANN] }] }],
    });
  });

  it('refuses what the purpose never allows, and a purpose nobody named', async () => {
    await ensureClient(store.db, {
      name: 'reporter',
      affiliation: 'AFFILIATED',
      purposes: ['analytics.reporting'],
      country: 'GB',
    });
    const reporter = await subgraphClient('reporter');
    for (const client of [reporter, mailer]) {
      const { errors } = await entities(client, [account(ANN)]);
      expect(errors.map(({ extensions }) => extensions)).toEqual([
        { code: 'PURPOSE_NOT_PERMITTED', fields: ['Profile.displayName'] },
      ]);
    }
  });

  it('records what was read, and of whom', async () => {
    await entities({ ...mailer, purpose: SERVE }, [account(BEN), account(NOBODY)]);
    const [read] = await store.sql`
      select * from reads as r join read_questions as q on q.id = r.question_id order by r.id desc limit 1`;
    expect(read).toMatchObject({
      actor: 'service mailer',
      purpose: SERVE,
      fields: { 'Profile.displayName': 'user.name' },
      services: ['habeas'],
      account_ids: [BEN],
    });
  });
});

describe('/subgraph { _entities }', () => {
  const ben = { __typename: 'Account', id: BEN, profile: { displayName: 'Ben' } };

  it('answers in order, repeats what is asked twice, null for who is not there', async () => {
    const asked = [BEN, NOBODY, ANN, 'nonsense', BEN.toUpperCase(), BEN].map(account);
    const { data, errors } = await entities({ ...mailer, purpose: SERVE }, asked);
    expect(errors).toEqual([]);
    const ann = { __typename: 'Account', id: ANN, profile: { displayName: 'Ann' } };
    expect(data?._entities).toEqual([ben, null, ann, null, ben, ben]);
  });

  it('says of each reference it cannot follow why, and follows the others', async () => {
    const asked = [{ __typename: 'Order', id: BEN }, account(BEN), { __typename: 'Account' }, 'text'];
    const { status, data, errors } = await entities({ ...mailer, purpose: SERVE }, asked);
    expect(status).toBe(200);
    expect(data?._entities).toEqual([null, ben, null, null]);
    expect(errors).toEqual([
      expect.objectContaining({
        path: ['_entities', 0],
        message: expect.stringContaining('Account is the one entity'),
      }),
      expect.objectContaining({ path: ['_entities', 2], message: expect.stringContaining('"id", which is missing') }),
      expect.objectContaining({ path: ['_entities', 3] }),
    ]);
    expect(new Set(errors.map(({ extensions }) => extensions?.code))).toEqual(new Set(['BAD_USER_INPUT']));
  });

  it('takes aliases, fragments, conditions and root fields beside it', async () => {
    const { data, errors } = await post(
      { ...mailer, purpose: SERVE },
      `query ($r: [_Any!]!, $no: Boolean!) {
        one: _entities(representations: $r) { ...Name }
        two: _entities(representations: [{ __typename: "Account", id: "${ANN}" }]) { ... on Account { status } }
        account(id: "${ANN}") { ...Name }
        viewer { kind }
      }
      fragment Name on Account { profile { displayName email @include(if: $no) } }`,
      { r: [account(BEN)], no: false },
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      one: [{ profile: { displayName: 'Ben' } }],
      two: [{ status: 'ACTIVE' }],
      account: { profile: { displayName: 'Ann' } },
      viewer: { kind: 'SERVICE' },
    });
  });

  it('gives a person their own account and nobody else’s, and a stranger none', async () => {
    const person = atSubgraph(await habeas.person(BEN));
    expect((await entities(person, [account(ANN), account(BEN)])).data).toEqual({ _entities: [null, ben] });
    const { errors } = await entities(atSubgraph({ url: habeas.url }), [account(BEN)], 'id');
    expect(errors.map(({ extensions }) => extensions?.code)).toEqual(['UNAUTHENTICATED']);
  });
});

describe('/subgraph is asked as /graphql is', () => {
  const told = async (client: Client, query: string, variables?: unknown) =>
    (await post(client, query, variables)).errors.map(({ extensions }) => extensions?.code);

  it('with the same limits and the same words for errors', async () => {
    const client = { ...mailer, purpose: SERVE };
    const deep = `{ account(id: "${ANN}") { privacyRequests { nodes { account `;
    expect(await told(client, `{ ${'a: viewer { kind } '.repeat(11)} }`)).toContain('QUERY_TOO_COMPLEX');
    expect(await told(client, `{ account(id: 7.5) { id } }`)).toEqual(['BAD_USER_INPUT']);
    expect(await told(client, deep)).toEqual(['BAD_USER_INPUT']);
    expect(await told(client, `{ account(id: "${ANN}") { postRoom { __typename } } }`)).toEqual(['BAD_USER_INPUT']);
    expect(await told(client, '{ _entities(representations: "x") { __typename } }')).not.toContain(
      'INTERNAL_SERVER_ERROR',
    );
    expect(await told(client, '{ me { consents { purpose { key } } } }')).toEqual(['FORBIDDEN']);
  });

  it('by POST with JSON, errors of HTTP told in GraphQL’s form', async () => {
    const get = await fetch(mailer.url);
    expect([get.status, get.headers.get('allow'), await get.json()]).toMatchObject([405, 'POST', { errors: [{}] }]);
    const form = await fetch(mailer.url, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' });
    expect([form.status, await form.json()]).toMatchObject([
      415,
      { errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] },
    ]);
  });

  it('for introspection and for streams as well', async () => {
    const { data } = await post(mailer, '{ __type(name: "_Service") { fields { name } } }');
    expect(data).toEqual({ __type: { fields: [{ name: 'sdl' }] } });
    expect((await events(mailer, '{ viewer { kind } }')).data).toEqual({ viewer: { kind: 'SERVICE' } });
  });
});
