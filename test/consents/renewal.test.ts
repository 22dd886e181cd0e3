import { afterAll, beforeAll, expect, it } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { give, withdraw } from '../../src/consents/consents.js';
import { renewalHandler } from '../../src/consents/renewal.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import type { World } from '../../src/world.js';
import { openStore, type Store } from '../support/store.js';
import { MAIL, publishThree, REPORTS } from './policies.js';

const NOW = new Date('2026-06-01T12:00:00.000Z');
const OWN = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;
const RULES = { age: 13, months: 1_000, taxonomy };
let store: Store;
beforeAll(async () => {
  store = await openStore();
  await publishThree(store.db);
});
afterAll(() => store.close());

const agreed = async (purpose: string, policyVersion: number) => {
  const { id } = await store.db.transaction((tx) => register(tx, store.keys, NOW, {}));
  const giving = { ...OWN, accountId: id, purpose, policyVersion };
  await store.db.transaction((tx) => give(tx, store.keys, NOW, RULES, giving));
  return id;
};
const askAround = async () => {
  const world: Pick<World, 'db' | 'clock'> = { db: store.db, clock: { now: () => NOW } };
  const run = { attempt: 1, maxAttempts: 1, signal: new AbortController().signal };
  await renewalHandler(world as World).handle({}, run);
};
const asked = () => store.sql`
  select account_id as id, purpose, policy_version as version from events
  where type = 'consent.renewal_needed' order by position`;

it('P37 asks for consent anew once for each person and use that a version in force has changed', async () => {
  const [outdated, took] = [await agreed(MAIL, 1), await agreed(MAIL, 1)];
  await store.db.transaction((tx) => withdraw(tx, NOW, taxonomy, { ...OWN, accountId: took, purpose: MAIL }));
  await agreed(MAIL, 2);
  await agreed(REPORTS, 1);
  await Promise.all([askAround(), askAround()]);
  await askAround();
  expect(await asked()).toEqual([{ id: outdated, purpose: MAIL, version: 2 }]);
  const later = await agreed(MAIL, 1);
  await askAround();
  expect(await asked()).toEqual([
    { id: outdated, purpose: MAIL, version: 2 },
    { id: later, purpose: MAIL, version: 2 },
  ]);
});
