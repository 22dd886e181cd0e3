import { randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../examples/client.js';
import { newSecret } from '../../src/events/secrets.js';
import { habeas as command } from '../support/command.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { deskManifest, deskManifests } from '../support/desk.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { post } from '../support/post.js';
import { type Receiver, startReceiver } from './receiver.js';

const ID = randomUUID();
const EXTERNAL_ID = 'desk-1042';
const USE = 'analytics.reporting';
let database: TestDatabase;
let sql: postgres.Sql;
let desk: Receiver;
let folder: string;
let habeas: Habeas;
let dps: Client;
let person: Client;
let sync: Client;

beforeAll(async () => {
  [database, desk] = await Promise.all([migratedDatabase(), startReceiver()]);
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
  folder = deskManifests(desk.url);
  const notify = `  notify: { url: "${desk.url}", secret: "${newSecret()}", client: desk-sync }\n`;
  writeFileSync(path.join(folder, 'desk.yml'), deskManifest(desk.url).replace('system:\n', `${notify}system:\n`));
  habeas = await startHabeas({ databaseUrl: database.url, services: folder });
  dps = await habeas.staff('dps');
  person = await habeas.person(ID);
  const input = '{ name: "desk-sync", affiliation: AFFILIATED, country: "GB", purposes: ["essential.service"] }';
  const registered = await answer(dps, `mutation { client: registerClient(input: ${input}) { secret } }`);
  sync = { url: habeas.url, token: String((registered.client as { secret: string }).secret) };
  const use = `{ key: "${USE}", title: "Reports", description: "We count.", lawfulBasis: CONSENT, categories: ["user"] }`;
  const policy = `{ version: 1, effectiveFrom: "2022-05-04", title: "Policy", text: "Text", purposes: [${use}] }`;
  await answer(dps, `mutation { publishPolicy(input: ${policy}) { policy { version } } }`);
  const links = `[{ service: "desk", externalId: "${EXTERNAL_ID}" }]`;
  await answer(dps, `mutation { registerAccount(input: { id: "${ID}", links: ${links} }) { account { id } } }`);
});
afterAll(async () => {
  await habeas?.stop();
  await sql.end();
  await Promise.all([database.drop(), desk.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

async function answer(client: Client, question: string): Promise<Record<string, unknown>> {
  const { data, errors } = await post(client, question);
  expect(errors).toEqual([]);
  return data ?? {};
}
const codeOf = async (client: Client, question: string) => (await post(client, question)).errors[0]?.extensions?.code;
const run = (...args: string[]) =>
  command(['events', ...args], { DATABASE_URL: database.url, HABEAS_DATA: habeas.dataDirectory });
const FEED =
  '{ events { edges { cursor node { id type externalId purpose policyVersion } } pageInfo { hasNextPage } } }';
const DELIVERIES = '{ eventDeliveries { service pulls waiting deadLetters failingSince } }';

describe('what a person decides', () => {
  it('is told to the service, and the person sees when', async () => {
    const input = `{ purpose: "${USE}", policyVersion: 1 }`;
    await answer(person, `mutation { giveConsent(input: ${input}) { consent { status } } }`);
    await answer(person, `mutation { withdrawConsent(input: { purpose: "${USE}" }) { consent { status } } }`);
    const history = '{ me { consentHistory { edges { node { action told { service status at } } } } } }';
    const told = async () => {
      const { me } = await answer(person, history);
      const { consentHistory } = me as { consentHistory: { edges: { node: object }[] } };
      return consentHistory.edges.map(({ node }) => node);
    };
    const asTold = [{ service: 'desk', status: 'TOLD', at: expect.any(String) }];
    await expect.poll(told).toEqual([
      { action: 'WITHDRAWN', told: asTold },
      { action: 'GIVEN', told: asTold },
    ]);
    const bodies = (await desk.received()).map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ type }) => type)).toEqual(['account.linked', 'consent.given', 'consent.withdrawn']);
    for (const { data } of bodies) expect(data.externalId).toBe(EXTERNAL_ID);
  });

  it('can be fetched by the client the manifest names, under the same ids, and by no other', async () => {
    const { events } = await answer(sync, FEED);
    const { edges } = events as { edges: { cursor: string; node: { id: string } }[] };
    expect(edges.map(({ node }) => node)).toMatchObject([
      { type: 'account.linked', externalId: EXTERNAL_ID, purpose: null },
      { type: 'consent.given', externalId: EXTERNAL_ID, purpose: USE, policyVersion: 1 },
      { type: 'consent.withdrawn', externalId: EXTERNAL_ID, purpose: USE, policyVersion: 1 },
    ]);
    const sent = (await desk.received()).map(({ headers }) => headers['webhook-id']);
    expect(edges.map(({ node }) => node.id)).toEqual(sent);
    const rest = await answer(sync, FEED.replace('events', `events(after: "${edges[1]?.cursor}")`));
    expect((rest.events as typeof events & { edges: unknown[] }).edges).toEqual(edges.slice(2));

    const input = '{ name: "other", affiliation: AFFILIATED, country: "GB", purposes: ["essential.service"] }';
    const { client } = await answer(dps, `mutation { client: registerClient(input: ${input}) { secret } }`);
    const other = { url: habeas.url, token: String((client as { secret: string }).secret) };
    expect(await codeOf(other, FEED)).toBe('FORBIDDEN');
    for (const caller of [person, dps]) expect(await codeOf(caller, FEED)).toBe('FORBIDDEN');
    expect(await codeOf({ url: habeas.url }, FEED)).toBe('UNAUTHENTICATED');
    await sql`update event_subscriptions set pruned_to = 3`;
    const gone = await post(sync, FEED.replace('events', `events(after: "${edges[1]?.cursor}")`));
    expect(gone.errors).toMatchObject([
      { message: expect.stringMatching(/^after: lies before the events that are kept/), extensions: { code: 'GONE' } },
    ]);
    await sql`update event_subscriptions set pruned_to = 0`;
  });
});

describe('staff', () => {
  it('see how it stands with each service; a person and a client do not', async () => {
    expect(await answer(dps, DELIVERIES)).toEqual({
      eventDeliveries: [{ service: 'desk', pulls: false, waiting: 0, deadLetters: 0, failingSince: null }],
    });
    for (const caller of [person, sync]) expect(await codeOf(caller, DELIVERIES)).toBe('FORBIDDEN');
  });

  it('see dead letters, and send them again, in the graph and from the command line', async () => {
    const bury = () => sql`update event_deliveries set status = 'DEAD', failure = 'answered 500', told_at = null`;
    const isTold = () =>
      expect.poll(async () => (await sql`select distinct status from event_deliveries`).map(({ status }) => status));
    await bury();
    const { deadLetters } = await answer(
      dps,
      '{ deadLetters(first: 2) { totalCount pageInfo { endCursor } edges { node { id service accountId type failure } } } }',
    );
    const { totalCount, pageInfo, edges } = deadLetters as {
      totalCount: number;
      pageInfo: { endCursor: string };
      edges: { node: { id: string } }[];
    };
    expect(totalCount).toBe(3);
    expect(edges[0]?.node).toMatchObject({ service: 'desk', accountId: ID, type: 'account.linked' });
    const more = await answer(dps, `{ deadLetters(after: "${pageInfo.endCursor}") { edges { node { type } } } }`);
    expect(more).toEqual({ deadLetters: { edges: [{ node: { type: 'consent.withdrawn' } }] } });

    const shown = await run();
    expect(shown.stdout).toContain('desk: is sent its events; waiting: 0; dead letters: 3\n');
    expect(shown.stdout).toContain(`dead ${edges[0]?.node.id} desk account.linked of `);

    const again = 'mutation { redeliverEvents(input: { service: "desk" }) { count } }';
    expect(await codeOf(await habeas.staff('support'), again)).toBe('FORBIDDEN');
    expect(await answer(dps, again)).toEqual({ redeliverEvents: { count: 3 } });
    await isTold().toEqual(['TOLD']);
    await bury();
    expect(await run('redeliver', edges[0]?.node.id ?? '')).toMatchObject({
      code: 0,
      stdout: 'dead letters on their way again: 1\n',
    });
    expect(await run('redeliver', '--all')).toMatchObject({ stdout: 'dead letters on their way again: 2\n' });
    await isTold().toEqual(['TOLD']);
    expect(await run('redeliver')).toMatchObject({ code: 1, stderr: expect.stringContaining('--all') });
  });

  it('rotate a secret, and see it this once', async () => {
    const { stdout, code } = await run('rotate', 'desk');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^whsec_\S{44}\n$/)]);
    expect(await run('rotate', 'nobody')).toMatchObject({ code: 1, stderr: expect.stringContaining('nobody') });
    const rows = await sql<{ ends: Date | null; sealed: Buffer }[]>`
      select ends_at as ends, sealed from event_secrets order by created_at`;
    expect(rows.map(({ ends }) => ends === null)).toEqual([false, true]);
    for (const { sealed } of rows) expect(sealed.toString('latin1')).not.toContain('whsec_');
  });
});
