import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { type SmallCompany, smallCompany } from '../exports/small-company.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { events, post, send } from '../support/post.js';
import { CANARY, CASES, type Sender } from './errors-cases.js';

let company: SmallCompany;
let database: TestDatabase;
let habeas: Habeas;
let person: string;
const senders = new Map<Sender, Client>();

beforeAll(async () => {
  [company, database] = await Promise.all([smallCompany(), migratedDatabase()]);
  habeas = await startHabeas({
    databaseUrl: database.url,
    services: company.manifests,
    env: { HABEAS_LOG_LEVEL: 'trace' },
  });
  const sql = postgres(database.url, { max: 1 });
  await sql`insert into clients (name, affiliation, purposes, country) values ('writer', 'AFFILIATED', '{essential.service}', 'GB')`;
  await sql.end();
  senders.set('staff', await habeas.staff('dps')).set('service', await habeas.client('writer'));
  person = await company.register(as('staff'), `ada-${CANARY.toLowerCase()}`, 3);
  senders.set('person', await habeas.person(person));
});

afterAll(async () => {
  await habeas?.stop();
  await company?.stop();
  await database?.drop();
});

function as(sender: Sender): Client {
  const client = senders.get(sender);
  if (!client) throw new Error(`nobody sends as ${sender}`);
  return client;
}

const findCanary = () => habeas.output().toLowerCase().includes(CANARY.toLowerCase());

describe('The log of a Habeas that was told much (T-28)', () => {
  test('holds nothing of what bad questions were asked with', async () => {
    for (const { by, query, variables } of CASES) await post(as(by), query, variables);
    for (const body of [`{"query": "${CANARY}`, JSON.stringify({ query: { CANARY } }), JSON.stringify([CANARY])]) {
      await send(as('person'), body);
    }
    await events(as('person'), `subscription { privacyRequestProgress(id: "${CANARY}") { id } }`);
    await fetch(new URL(`/exports/${CANARY}`, habeas.url), {
      headers: { authorization: `Bearer ${as('person').token}` },
    });
    await post({ url: habeas.url, token: `${CANARY}.b.c` }, `{ me { ${CANARY} } }`);
    expect(findCanary()).toBe(false);
  });

  test('holds nothing of the person whose data was read', async () => {
    const { data, text } = await post(
      as('person'),
      '{ me { profile { displayName } identifiers { value } notes { notes { nodes { body } } } } }',
    );
    expect(data).toMatchObject({ me: { notes: { notes: { nodes: { length: 3 } } } } });
    expect(text.toLowerCase()).toContain(CANARY.toLowerCase());
    expect(findCanary()).toBe(false);
  });

  test('tells that something broke inside, and neither the log nor the caller with what', async () => {
    const sql = postgres(database.url, { max: 1 });
    await sql`alter table privacy_requests rename to privacy_requests_gone`;
    const reply = await post(
      as('person'),
      'mutation ($input: RequestAccessInput!) { requestAccess(input: $input) { request { id } } }',
      { input: { idempotencyKey: CANARY } },
    );
    await sql`alter table privacy_requests_gone rename to privacy_requests`;
    await sql.end();
    expect(reply.errors).toEqual([
      {
        message: expect.stringMatching(/^Something went wrong at our end; it has been logged/),
        path: ['requestAccess'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ]);
    expect(reply.data).toBeNull();
    const line = habeas
      .output()
      .split('\n')
      .find((each) => each.includes('request failed'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ msg: 'request failed', code: '42P01', path: ['requestAccess'] });
    expect(findCanary()).toBe(false);
  });
});
