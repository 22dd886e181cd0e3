import { type ChildProcess, fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { rebuildStates } from '../../src/consents/rebuild.js';
import { loadKeys } from '../../src/crypto/keys.js';
import { openDatabase } from '../../src/database/database.js';
import { publishThree, REPORTS } from '../consents/policies.js';
import { migratedDatabase } from '../support/database.js';
import type { Store } from '../support/store.js';
import { type Received, type Receiver, startReceiver } from './receiver.js';
import { type Telling, tellingTo, toldService } from './telling.js';

/** 1,000 with HABEAS_ROUNDS=1000. */
const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 4);
const PEOPLE = 8;
const LEASE_MS = 1_000;
const folder = mkdtempSync(path.join(tmpdir(), 'habeas-events-'));
const keysFile = path.join(folder, 'keys.json');
let store: Store;
let shop: Receiver;
let telling: Telling;
beforeAll(async () => {
  const own = await migratedDatabase();
  const { db, sql, close } = await openDatabase({ databaseUrl: own.url, dataDirectory: folder });
  const keys = await loadKeys(keysFile, { create: true });
  store = {
    ...{ url: own.url, db, sql, keys },
    close: async () => {
      await close();
      await own.drop();
    },
  };
  await publishThree(db);
  shop = await startReceiver();
  telling = await tellingTo(store, [toldService('shop', { url: shop.url })]);
});
afterAll(async () => {
  await telling.stop();
  await Promise.all([store.close(), shop.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

const MODULE = fileURLToPath(new URL('killed-process.mjs', import.meta.url));

async function start(setting: object, onAcknowledged: (mark: string) => void): Promise<ChildProcess> {
  const common = { url: store.url, keysFile, service: telling.services[0], timing: { leaseMs: LEASE_MS } };
  const child = fork(MODULE, [JSON.stringify({ ...common, ...setting })]);
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error('a process ended before it was killed')));
    child.on('message', ({ ready, acknowledged }: { ready?: true; acknowledged?: string }) => {
      if (ready) resolve();
      if (acknowledged) onAcknowledged(acknowledged);
    });
  });
  child.removeAllListeners('exit');
  return child;
}

const kill = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.kill('SIGKILL');
  });

const idOf = ({ headers }: Received) => headers['webhook-id'] ?? '';

it(`loses no consent and no event in ${ROUNDS} rounds of kill -9 of server, worker or both`, async () => {
  const people = await Promise.all(Array.from({ length: PEOPLE }, () => telling.person()));
  const ids = people.map(({ accountId }) => accountId);
  const acknowledged: string[] = [];
  const acknowledge = (mark: string) => void acknowledged.push(mark);
  let server: ChildProcess | null = null;
  let worker: ChildProcess | null = null;
  for (let round = 0; round < ROUNDS; round++) {
    const before = acknowledged.length;
    const got = (await shop.received()).length;
    [server, worker] = await Promise.all([
      server ?? start({ role: 'server', people: ids, purpose: REPORTS, round }, acknowledge),
      worker ?? start({ role: 'worker' }, acknowledge),
    ]);
    await expect.poll(() => acknowledged.length - before, { interval: 5 }).toBeGreaterThan(10 + ((round * 7) % 30));
    await expect.poll(async () => (await shop.received()).length - got, { interval: 5 }).toBeGreaterThan(5);
    // The server, the worker, or both at once; at the end of the last round nobody is left.
    const isLast = round === ROUNDS - 1;
    const [dead, late] = [round % 3 !== 1 || isLast ? server : null, round % 3 !== 0 || isLast ? worker : null];
    await Promise.all([dead && kill(dead), late && kill(late)]);
    if (dead) server = null;
    if (late) worker = null;
  }
  await telling.start({ timing: { leaseMs: LEASE_MS } });
  await expect.poll(async () => Object.keys(await telling.statuses())).toEqual(['TOLD']);

  const ledger = await store.sql<{ id: string; accountId: string; evidence: string; action: string }[]>`
    select id, account_id as "accountId", evidence, action from consent_events order by id`;
  const stored = new Set(ledger.map(({ evidence }) => evidence));
  expect(acknowledged.filter((mark) => !stored.has(mark))).toEqual([]);
  expect((await rebuildStates(store.sql, { check: true })).differences).toEqual([]);

  const outbox = await store.sql<{ id: string; sourceId: string; accountId: string; type: string }[]>`
    select delivery.id, event.source_id as "sourceId", event.account_id as "accountId", event.type
    from events event join event_deliveries delivery using (account_id, position)
    where event.source_id is not null order by position`;
  expect(outbox.map(({ sourceId, type }) => `${sourceId} ${type}`).sort()).toEqual(
    ledger.map(({ id, action }) => `${id} consent.${action.toLowerCase()}`).sort(),
  );

  const once = [...new Map((await shop.received()).map((each) => [idOf(each), each])).values()].filter(
    ({ body }) => JSON.parse(body).type !== 'account.linked',
  );
  for (const { accountId, externalId } of people) {
    const told = once.filter(({ body }) => JSON.parse(body).data.externalId === externalId).map(idOf);
    expect(told).toEqual(outbox.filter((each) => each.accountId === accountId).map(({ id }) => id));
  }
  expect(once.length).toBe(ledger.length);
}, 3_600_000);
