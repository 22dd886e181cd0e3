import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { createKeysFile } from '../../src/crypto/keys.js';
import { type SmallCompany, smallCompany } from '../exports/small-company.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { type Issuer, signingKey, startIssuer } from '../support/issuer.js';
import { events, post } from '../support/post.js';

const directory = mkdtempSync(path.join(tmpdir(), 'habeas-production-'));
let company: SmallCompany;
let database: TestDatabase;
let issuer: Issuer;
let habeas: Habeas;
let sql: postgres.Sql;
let account: string;

/** Habeas as it runs for real people: production, with an identity provider of the company's own. */
beforeAll(async () => {
  [company, database, issuer] = await Promise.all([
    smallCompany(),
    migratedDatabase(),
    startIssuer([await signingKey('only')]),
  ]);
  sql = postgres(database.url, { max: 1 });
  const keysFile = path.join(directory, 'keys.json');
  await createKeysFile(keysFile);
  habeas = await startHabeas({
    databaseUrl: database.url,
    services: company.manifests,
    dataDirectory: directory,
    env: {
      NODE_ENV: 'production',
      HABEAS_OIDC_ISSUER: issuer.issuer,
      HABEAS_KEYS_FILE: keysFile,
      HABEAS_CONTROLLER_NAME: 'Lantern Education Ltd',
      HABEAS_CONTROLLER_ADDRESS: '1 Example Street, Portsmouth',
      HABEAS_DPS_EMAIL: 'dps@lantern-education.example',
      HABEAS_DPS_ADDRESS: '1 Example Street, Portsmouth',
    },
  });
  await sql`
    insert into clients (name, affiliation, purposes, country) values
      ('inside', 'AFFILIATED', '{essential.service}', 'GB'),
      ('partner', 'EXTERNAL', '{essential.service}', 'GB'),
      ('idle', 'AFFILIATED', '{}', 'GB')`;
  account = await company.register(await holding({ sub: 'sam', roles: ['dps'] }), 'ada', 2);
});

afterAll(async () => {
  await sql?.end();
  await habeas?.stop();
  await company?.stop();
  await database?.drop();
  await issuer?.stop();
  rmSync(directory, { recursive: true, force: true });
});

const holding = async (claims: Parameters<Issuer['sign']>[0]): Promise<Client> => ({
  url: habeas.url,
  token: await issuer.sign(claims),
});
const client = (name: string) => holding({ sub: name, client_id: name });
const codesOf = async (asking: Client, query: string) =>
  (await post(asking, query)).errors.map(({ extensions }) => extensions?.code);

const NAME = () => `{ account(id: "${account}") { profile { displayName } notes { notes { nodes { body } } } } }`;

/** What a client is told of the person: nothing, and why. */
const nothing = () => ({
  data: { account: { profile: null, notes: null } },
  extensions: {
    withheld: ['NotesNotes.body', 'Profile.displayName'].map((field) => ({
      field,
      reason: 'EXTERNAL_RECIPIENT',
      accountIds: [account],
    })),
  },
});
const told = async (asking: Client) => JSON.parse((await post(asking, NAME())).text);

describe('A service client', () => {
  test('of the company reads, for its purpose', async () => {
    const { data, errors } = await post(await client('inside'), NAME());
    expect(errors).toEqual([]);
    expect(data).toMatchObject({
      account: { profile: { displayName: 'ada' }, notes: { notes: { nodes: { length: 2 } } } },
    });
  });

  test('P16 of somebody else reads nothing about a person who has not agreed to it', async () => {
    const partner = await client('partner');
    expect(await told(partner)).toEqual(nothing());
    expect(await codesOf(partner, '{ accountByIdentifier(type: EMAIL, value: "ada@example.com") { id } }')).toEqual([
      'FORBIDDEN',
    ]);
    expect(await codesOf(partner, 'mutation { registerAccount(input: {}) { account { id } } }')).toEqual(['FORBIDDEN']);
    expect(await codesOf(partner, '{ viewer { client { name affiliation } } }')).toEqual([]);
  });

  test('without a purpose reads nothing about a person', async () => {
    expect(await codesOf(await client('idle'), NAME())).toEqual(['PURPOSE_NOT_PERMITTED']);
  });

  test('cannot name a purpose that is not its own', async () => {
    const inside = await client('inside');
    const reply = await post({ ...inside, purpose: 'marketing' }, NAME());
    expect([reply.status, reply.errors[0]?.extensions?.code]).toEqual([403, 'PURPOSE_NOT_PERMITTED']);
  });

  test('nobody registered is not let in', async () => {
    expect(await codesOf(await client('stranger'), '{ viewer { kind } }')).toEqual(['UNAUTHENTICATED']);
    expect(await codesOf(await client("' or 1=1 --"), '{ viewer { kind } }')).toEqual(['UNAUTHENTICATED']);
  });

  test('that is revoked is not let in from that moment, with the token it has', async () => {
    await sql`insert into clients (name, affiliation, purposes, country) values ('leaving', 'AFFILIATED', '{essential.service}', 'GB')`;
    const leaving = await client('leaving');
    expect(await codesOf(leaving, NAME())).toEqual([]);
    await sql`update clients set revoked_at = now() where name = 'leaving'`;
    const reply = await post(leaving, NAME());
    expect([reply.status, reply.errors[0]?.extensions?.code, reply.data]).toEqual([401, 'UNAUTHENTICATED', undefined]);
    await sql`update clients set revoked_at = null where name = 'leaving'`;
    expect(await codesOf(leaving, NAME())).toEqual([]);
  });

  test('that is taken to be somebody else’s now reads nothing from that moment', async () => {
    await sql`update clients set affiliation = 'EXTERNAL' where name = 'leaving'`;
    expect(await told(await client('leaving'))).toEqual(nothing());
  });
});

describe('In production', () => {
  test('tokens are those of the company’s identity provider, and no others', async () => {
    const person = await holding({ sub: 'ada-login' });
    expect((await post(person, '{ viewer { kind accountId } }')).data).toEqual({
      viewer: { kind: 'SUBJECT', accountId: null },
    });
    const [other, forDevelopment] = [
      await startIssuer([await signingKey('only')]),
      await holding({ sub: account, iss: 'habeas-development' }),
    ];
    for (const token of [
      await other.sign({ sub: 'x' }),
      await other.sign({ sub: 'x', iss: issuer.issuer }),
      forDevelopment.token ?? '',
    ]) {
      expect((await post({ url: habeas.url, token }, '{ viewer { kind } }')).status).toBe(401);
    }
    await other.stop();
  });

  test('roles are what the identity provider says, of those there are', async () => {
    const roles = async (claim: unknown) =>
      (await post(await holding({ sub: 'x', roles: claim }), '{ viewer { kind roles } }')).data;
    expect(await roles(['support', 'admin'])).toEqual({ viewer: { kind: 'STAFF', roles: ['support'] } });
    for (const claim of ['dps', { 0: 'dps' }, ['DPS'], [['dps']], null]) {
      expect(await roles(claim)).toEqual({ viewer: { kind: 'SUBJECT', roles: [] } });
    }
  });

  test('a flood of unknown key ids does not become a flood of fetches (T-15)', async () => {
    const before = await issuer.keysFetched();
    const [header, ...rest] = (await issuer.sign({ sub: 'x' })).split('.');
    for (let index = 0; index < 40; index += 1) {
      const known = JSON.parse(Buffer.from(header ?? '', 'base64url').toString());
      const forged = Buffer.from(JSON.stringify({ ...known, kid: `k${index}` })).toString('base64url');
      expect((await post({ url: habeas.url, token: [forged, ...rest].join('.') }, '{ viewer { kind } }')).status).toBe(
        401,
      );
    }
    expect((await issuer.keysFetched()) - before).toBeLessThanOrEqual(1);
  });

  test('there is no IDE (T-08)', async () => {
    for (const address of ['/graphql', '/']) {
      const answer = await fetch(new URL(address, habeas.url), {
        headers: { accept: 'text/html' },
        redirect: 'manual',
      });
      expect(answer.ok).toBe(false);
      expect(await answer.text()).not.toMatch(/<html|graphi?ql|playground|sandbox/i);
    }
  });

  const PROBES: readonly string[] = [
    '{ __schema { types { name } } }',
    '{ __type(name: "Acount") { fields { name } } }',
    'query { ...S } fragment S on Query { ... { __schema { queryType { fields { name } } } } }',
    '{ viewer { kind } __schema { queryType { name } } }',
    '{ acount { id } }',
    '{ viewer { kindd } }',
    '{ account { id } }',
    '{ account(idd: "x") { id } }',
    '{ account(id: "x") }',
    '{ viewer { kind { x } } }',
    'query ($x: Acount) { viewer { kind } }',
    'query ($x: RequestAccessInput!) { viewer { kind } }',
    'mutation ($input: RequestAccessInput!) { requestAccess(input: $input) { request { id } } }',
    'mutation { requestAccess(input: { formats: [XML] }) { request { id } } }',
    'mutation { requestAccess(input: { form: 1 }) { request { id } } }',
    '{ ... on Acount { id } }',
    '{ viewer @includ { kind } }',
    'subscription { privacyRequestProgres(id: 1) { id } }',
  ];

  test.each(PROBES)('strangers learn nothing of the schema: %s (T-07)', async (query) => {
    const { data } = await post(
      await holding({ sub: 'sam', roles: ['dps'] }),
      '{ __schema { types { name fields { name } inputFields { name } enumValues { name } } } }',
    );
    const { types } = (data?.__schema ?? { types: [] }) as {
      types: { name: string; fields?: { name: string }[]; inputFields?: { name: string }[] }[];
    };
    const names = new Set(
      types.flatMap(({ name, fields, inputFields }) => [
        name,
        ...[...(fields ?? []), ...(inputFields ?? [])].map((each) => each.name),
      ]),
    );
    expect(names.size).toBeGreaterThan(100);
    const sent = new Set(query.match(/\w+/g));
    for (const ask of [post, events]) {
      const { text, status, errors, data: told } = await ask({ url: habeas.url }, query);
      expect(errors.map(({ extensions }) => extensions?.code)).toContain('UNAUTHENTICATED');
      expect(errors.every(({ extensions }) => extensions?.code === 'UNAUTHENTICATED')).toBe(true);
      expect(told ?? null).toBeNull();
      if (ask === post) expect(status).toBe(401);
      const words = text.match(/\b[A-Za-z_]\w*\b/g) ?? [];
      const ordinary = new Set(['data', 'message', 'errors', 'id', 'code', 'extensions', 'event', 'next']);
      expect(words.filter((word) => names.has(word) && !sent.has(word) && !ordinary.has(word))).toEqual([]);
    }
  });

  test('a stranger may still ask who they are, and is told of what is no GraphQL', async () => {
    expect((await post({ url: habeas.url }, '{ viewer { kind } __typename }')).data).toEqual({
      viewer: { kind: 'ANONYMOUS' },
      __typename: 'Query',
    });
    expect(await codesOf({ url: habeas.url }, '{ viewer {')).toEqual(['BAD_USER_INPUT']);
    expect(await codesOf({ url: habeas.url }, `{ ${'viewer { kind } '.repeat(11)} }`)).toEqual(['QUERY_TOO_COMPLEX']);
  });

  test('callers we know read the schema and are told what is wrong, without guesses', async () => {
    const person = await holding({ sub: 'ada-login' });
    expect((await post(person, '{ __schema { queryType { name } } }')).data).toEqual({
      __schema: { queryType: { name: 'Query' } },
    });
    const { errors } = await post(person, '{ acount { id } }');
    expect(errors.map(({ message }) => message)).toEqual(['Cannot query field "acount" on type "Query".']);
    const streamed = await events(person, '{ acount { id } }');
    expect(streamed.errors.map(({ message }) => message)).toEqual(['Cannot query field "acount" on type "Query".']);
  });
});
