import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { emptyDatabase, migratedDatabase, type TestDatabase } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { post } from '../support/post.js';
import { type FaultyProxy, startFaultyProxy } from '../support/services/faulty-proxy.js';
import { type RunningService, startService } from '../support/services/process.js';

/** Four services in front of a running Habeas: two databases behind proxies that break, a subgraph, a GDPR API. */
const ADA = '5d2c2f5e-6f0e-4c6e-9e0f-1b6a3d6f7a01';
const NAMES = ['audit', 'newsletter', 'training', 'support'] as const;
const QUESTION = `{ me { id nickname audit { notes { nodes { title } } } newsletter { notes { nodes { title } } }
  support { tickets { nodes { ticketId } } } } }`;
const WELL = {
  id: ADA,
  nickname: `of ${ADA}`,
  audit: { notes: { nodes: [{ title: 'of ada' }] } },
  newsletter: { notes: { nodes: [{ title: 'of ada' }] } },
  support: { tickets: { nodes: [{ ticketId: 'of ada' }] } },
};

const directory = mkdtempSync(path.join(tmpdir(), 'habeas-broken-'));
let store: TestDatabase;
let own: TestDatabase;
let web: Readonly<Record<'training' | 'support', RunningService>>;
let proxies: Readonly<Record<'audit' | 'newsletter', FaultyProxy>>;
let habeas: Habeas;
let ada: Client;
beforeAll(async () => {
  [store, own] = await Promise.all([emptyDatabase(), migratedDatabase()]);
  const sql = postgres(store.url, { max: 1 });
  await sql`create table notes (id int primary key, owner text, title text)`;
  await sql`insert into notes values (1, 'ada', 'of ada')`;
  await sql.end();
  const [training, support] = await Promise.all([startService('faulty.mjs'), startService('faulty.mjs')]);
  web = { training, support };
  const port = Number(new URL(store.url).port);
  proxies = { audit: await startFaultyProxy(port), newsletter: await startFaultyProxy(port) };
  habeas = await startHabeas({ databaseUrl: own.url, services: manifests() });
  const links = ['audit', 'newsletter', 'support'].map((service) => ({ service, externalId: 'ada' }));
  const registered = await post(
    await habeas.staff('support'),
    'mutation ($input: RegisterAccountInput!) { registerAccount(input: $input) { account { id } } }',
    { input: { id: ADA, links } },
  );
  expect(registered.errors).toEqual([]);
  ada = await habeas.person(ADA);
});
afterAll(async () => {
  await habeas?.stop();
  await Promise.all(Object.values({ ...web }).map((service) => service.stop()));
  await Promise.all(Object.values({ ...proxies }).map((proxy) => proxy.close()));
  await Promise.all([store.drop(), own.drop()]);
  rmSync(directory, { recursive: true });
});

function manifests(): string {
  const folder = path.join(directory, 'services');
  mkdirSync(folder);
  writeFileSync(
    path.join(directory, 'training.graphql'),
    `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@composeDirective"])
      @link(url: "https://habeas.dev/personal-data/v1.0", import: ["@personalData"]) @composeDirective(name: "@personalData")
    directive @personalData(category: String!, purposes: [String!]! = [], subject: String = "customer") on FIELD_DEFINITION
    type Account @key(fields: "id") { id: ID! nickname: String @personalData(category: "user.name") }`,
  );
  const field = (name: string, meta: object = {}) => ({ name, data_categories: ['user.content'], fides_meta: meta });
  const held = (name: string, collection: string, fields: object[]) => [
    { fides_key: name, collections: [{ name: collection, fields }] },
  ];
  const notes = [
    field('id', { primary_key: true, data_type: 'integer' }),
    field('owner', { identity: 'external_id', data_type: 'string' }),
    field('title', { data_type: 'string' }),
  ];
  const storeUrl = ({ port }: FaultyProxy) => Object.assign(new URL(store.url), { port: String(port) }).href;
  const services = {
    audit: { connection: { postgres: { url: storeUrl(proxies.audit) } }, dataset: held('audit', 'notes', notes) },
    newsletter: {
      connection: { postgres: { url: storeUrl(proxies.newsletter) } },
      dataset: held('newsletter', 'notes', notes),
    },
    training: { connection: { subgraph: { url: `${web.training.url}/now/graphql`, sdl: '../training.graphql' } } },
    support: {
      connection: { http: { url: `${web.support.url}/now/{externalId}` } },
      dataset: held('support', 'tickets', [field('ticket_id', { data_type: 'string' })]),
    },
  };
  const declaration = { data_use: 'essential.service', data_categories: ['user'], data_subjects: ['customer'] };
  for (const [name, { connection, ...rest }] of Object.entries(services)) {
    const system = [
      { fides_key: name, privacy_declarations: [{ ...declaration, legal_basis_for_processing: 'Contract' }] },
    ];
    writeFileSync(path.join(folder, `${name}.yml`), JSON.stringify({ habeas: { connection }, system, ...rest }));
  }
  return folder;
}

/** Breaks a service in the way its kind hangs, says no, or is well. */
function make(name: (typeof NAMES)[number], how: 'hang' | 'fail' | 'well'): void {
  if (name === 'audit' || name === 'newsletter') {
    proxies[name].mode = how === 'hang' ? 'silent' : how === 'fail' ? 'refuse' : 'well';
  } else web[name].tell({ mode: how === 'fail' ? '500' : how });
}

/** Where a service's part stands, and what is there when there is nothing. */
const PARTS = {
  audit: ['audit', { notes: null }],
  newsletter: ['newsletter', { notes: null }],
  training: ['nickname', null],
  support: ['support', { tickets: null }],
} as const;

afterEach(() => {
  for (const name of NAMES) make(name, 'well');
});

async function asked() {
  const began = performance.now();
  const answer = await post(ada, QUESTION);
  return { ...answer, took: performance.now() - began };
}

describe('A graph over four services, seen from outside (R-20)', () => {
  test('is whole while all are well', async () => {
    const { data, errors } = await asked();
    expect(errors).toEqual([]);
    expect(data).toEqual({ me: WELL });
  });

  test.each(NAMES)('has the rest where %s fails, and says so', async (broken) => {
    make(broken, 'fail');
    const { data, errors, took } = await asked();
    expect(took).toBeLessThan(10_250);
    const [key, nothing] = PARTS[broken];
    expect(data).toEqual({ me: { ...WELL, [key]: nothing } });
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', service: broken } }]);
    expect(errors[0]?.path?.slice(0, 2)).toEqual(['me', key]);
    make(broken, 'well');
    await expect.poll(async () => (await asked()).data).toEqual({ me: WELL });
  });

  test('has the rest within the budget where one says nothing at all', async () => {
    make('training', 'hang');
    make('support', 'hang');
    const { data, errors, took } = await asked();
    expect(took).toBeLessThan(5_000); // three for the first byte, and a busy machine
    expect(data).toMatchObject({ me: { nickname: null, audit: WELL.audit, newsletter: WELL.newsletter } });
    expect((errors ?? []).map(({ extensions }) => extensions?.service).sort()).toEqual(['support', 'training']);
  });

  test('never shows another person’s data, and writes down who sent it (T-34)', async () => {
    web.training.tell({ mode: 'other-person' });
    const { text, errors } = await asked();
    expect(text).not.toContain('CANARY');
    expect(errors).toMatchObject([{ path: ['me', 'nickname'], extensions: { service: 'training' } }]);
    const sql = postgres(own.url, { max: 1 });
    const written = () => sql`select service, kind, account_id, detail from incidents`.then((rows) => [...rows]);
    await expect
      .poll(written)
      .toEqual([{ service: 'training', kind: 'WRONG_SUBJECT', account_id: ADA, detail: '_entities Account' }]);
    await sql.end();
    expect(habeas.output()).toMatch(/"service":"training","kind":"WRONG_SUBJECT"/);
    const metrics = await (await fetch(new URL('/metrics', habeas.url))).text();
    expect(metrics).toContain('habeas_service_incidents_total{service="training",kind="WRONG_SUBJECT"} 1');
  });
});
