import { rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Client, follow, need } from '../../examples/client.js';
import {
  PrivacyRequestProgressDocument,
  RegisterAccountDocument,
  RequestAccessDocument,
} from '../../schema/client/operations.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { deskManifests } from '../support/desk.js';
import { type Habeas, startHabeas } from '../support/habeas.js';

const SLOW_MS = 2_500;
const TREE = JSON.stringify({
  key: 'DESK',
  children: [{ key: 'TICKETS', children: [{ key: 'TICKET', children: [{ key: 'TICKET_ID', value: 't1' }] }] }],
});

let desk: Server;
let services: string;
let database: TestDatabase;
beforeAll(async () => {
  desk = createServer(async (_request, response) => {
    await delay(SLOW_MS);
    response.writeHead(200, { 'content-type': 'application/json' }).end(TREE);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => desk.once('listening', resolve));
  services = deskManifests(`http://127.0.0.1:${(desk.address() as { port: number }).port}`);
  database = await migratedDatabase();
});
afterAll(async () => {
  desk.closeAllConnections();
  desk.close();
  rmSync(services, { recursive: true, force: true });
  await database.drop();
});

let habeas: Habeas;
let staff: Client;
beforeEach(async () => {
  habeas = await startHabeas({ part: 'serve', services, databaseUrl: database.url });
  staff = await habeas.staff('dps');
});
afterEach(() => habeas.kill());

const post = (query: string, variables: object = {}) =>
  fetch(habeas.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${staff.token}` },
    body: JSON.stringify({ query, variables }),
  });
const isReady = () =>
  fetch(new URL('/readyz', habeas.url)).then(
    ({ status }) => status === 200,
    () => false,
  );

let count = 0;
async function register(): Promise<string> {
  count += 1;
  const links = [{ service: 'desk', externalId: `x${count}-${Date.now()}` }];
  return (await need(staff, RegisterAccountDocument, { input: { links } })).registerAccount.account.id;
}

describe('R-45: habeas that is asked to stop', { timeout: 60_000 }, () => {
  it('says so first, then answers every request of a load balancer that looks ten times a second', async () => {
    const answers: Promise<string>[] = [];
    let balanced = true;
    let looks = 0;
    const look = setInterval(async () => {
      balanced &&= await isReady();
      looks += 1;
    }, 100);
    const send = setInterval(() => {
      if (!balanced) return;
      answers.push(
        post('{ viewer { kind } }').then(
          async (answer) => `${answer.status} ${await answer.text()}`,
          (error: Error) => `cut off: ${error.cause instanceof Error ? error.cause.message : error.message}`,
        ),
      );
    }, 50);
    await delay(1_500);
    // Right after a look, so that the balancer goes on sending until the next one.
    const seen = looks;
    await expect.poll(() => looks, { interval: 5 }).toBeGreaterThan(seen);
    const before = answers.length;
    expect(await habeas.stop()).toBe(0);
    clearInterval(look);
    clearInterval(send);
    const tally = new Map<string, number>();
    for (const answer of await Promise.all(answers)) tally.set(answer, (tally.get(answer) ?? 0) + 1);
    expect([...tally.keys()]).toEqual([`200 {"data":{"viewer":{"kind":"STAFF"}}}\n`]);
    expect(before).toBeGreaterThan(10);
    expect(answers.length).toBeGreaterThan(before);
    expect(balanced).toBe(false);
  });

  it('answers a slow request that was under way', async () => {
    const id = await register();
    const slow = post('query ($id: ID!) { account(id: $id) { desk { tickets { totalCount } } } }', { id });
    await delay(500);
    const began = performance.now();
    const stopped = habeas.stop();
    const answer = await slow;
    expect(await answer.json()).toEqual({ data: { account: { desk: { tickets: { totalCount: 1 } } } } });
    expect(await stopped).toBe(0);
    expect(performance.now() - began).toBeGreaterThan(1_500);
  });

  it('ends subscriptions, and does not wait for clients that never finish', async () => {
    const id = await register();
    const person = await habeas.person(id);
    const { request } = (await need(person, RequestAccessDocument, { input: {} })).requestAccess;
    let seen = 0;
    const followed = (async () => {
      for await (const _progress of follow(person, PrivacyRequestProgressDocument, { id: request.id })) seen += 1;
    })().catch(() => {}); // The client library takes an end without "complete" for an error: it is to come back.
    const { hostname, port } = new URL(habeas.url);
    const halfSent = connect(Number(port), hostname);
    halfSent.on('error', () => {});
    halfSent.write(
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"',
    );
    await delay(1_000);
    const began = performance.now();
    expect(await habeas.stop()).toBe(0);
    expect(performance.now() - began).toBeLessThan(15_000);
    await followed;
    expect(seen).toBe(1);
    halfSent.destroy();
  });
});
