import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { ensureClient, registerClient, revokeClient } from '../../src/clients/clients.js';
import { trustDocuments } from '../../src/clients/trusted-documents.js';
import { readConfig } from '../../src/config.js';
import { type Database, openDatabase } from '../../src/database/database.js';
import { type Authenticate, authentication } from '../../src/server/authentication.js';
import { developmentToken, type TokenHolder } from '../../src/server/development-issuer.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { openStore, type Store } from '../support/store.js';

const config = readConfig({ NODE_ENV: 'test' });
const NOW = new Date('2026-05-04T09:00:00.000Z');

let store: Store;
let elsewhere: Database;
let here: Authenticate;
let there: Authenticate;
beforeAll(async () => {
  store = await openStore();
  elsewhere = await openDatabase({ databaseUrl: store.url, dataDirectory: '' });
  here = await authentication(config, store.keys, store.sql);
  there = await authentication(config, store.keys, elsewhere.sql);
});
afterAll(async () => {
  await elsewhere.close();
  await store.close();
});

const tokenOf = (holder: TokenHolder) => developmentToken(config, store.keys, holder);
const code = (asked: Promise<unknown>) =>
  asked.then(
    () => 'let in',
    (error) => error.code,
  );
const ask = (authenticate: Authenticate, token: string, purpose?: string) =>
  authenticate({ authorization: `Bearer ${token}`, ...(purpose ? { 'x-purpose': purpose } : {}) });

const newClient = (purposes: readonly string[] = ['essential.service']) =>
  registerClient(store.db, taxonomy, {
    name: `client-${randomUUID()}`.slice(0, 40),
    affiliation: 'EXTERNAL',
    country: 'GB',
    transferSafeguard: null,
    purposes,
  });

describe('A client with a secret', () => {
  it('is let in by it, as who it was registered', async () => {
    const { client, secret } = await newClient(['finance', 'essential.service']);
    const { id, name, purposes } = client;
    const caller = { kind: 'SERVICE', clientId: id, name, affiliation: 'EXTERNAL', purposes };
    expect(await ask(here, secret)).toEqual({ ...caller, purpose: null });
    expect(await ask(here, secret, 'finance')).toEqual({ ...caller, purpose: 'finance' });
    expect(await code(ask(here, secret, 'operations'))).toBe('PURPOSE_NOT_PERMITTED');
  });

  it.each(['habeas_', `habeas_${'A'.repeat(43)}`, `habeas_${'A'.repeat(9_000)}`])(
    'is not let in by %.20s',
    async (secret) => {
      expect(await code(ask(here, secret))).toBe('UNAUTHENTICATED');
    },
  );

  it('beside one with tokens of the identity provider', async () => {
    const { client } = await newClient();
    const token = await tokenOf({ kind: 'client', name: client.name, purpose: null });
    expect(await ask(here, token)).toMatchObject({ clientId: client.id, purpose: 'essential.service' });
  });
});

describe('Somebody who was let in a moment ago (T-14)', () => {
  it('is refused from the moment their client is revoked, in every process', async () => {
    const { client, secret } = await newClient();
    const token = await tokenOf({ kind: 'client', name: client.name, purpose: null });
    const everywhere = () =>
      Promise.all([here, there].flatMap((each) => [code(ask(each, secret)), code(ask(each, token))]));
    expect(await everywhere()).toEqual(['let in', 'let in', 'let in', 'let in']);
    await revokeClient(store.db, NOW, client.id);
    expect(await everywhere()).toEqual(Array.from({ length: 4 }, () => 'UNAUTHENTICATED'));
  });

  it('has the purposes and documents of this moment', async () => {
    const { client, secret } = await newClient();
    expect(await ask(there, secret)).not.toHaveProperty('manifestId');
    await ensureClient(store.db, { name: client.name, affiliation: 'EXTERNAL', purposes: ['finance'], country: 'GB' });
    const { manifestId } = await store.db.transaction((tx) => trustDocuments(tx, NOW, client.id, {}));
    expect(await ask(there, secret)).toMatchObject({ purposes: ['essential.service', 'finance'], manifestId });
  });

  it('owns their account from the moment it is registered until it is erased', async () => {
    const subject = randomUUID();
    const token = await tokenOf({ kind: 'subject', accountId: subject });
    const account = async () => (await ask(there, token)) as { accountId: string | null };
    expect(await account()).toMatchObject({ kind: 'SUBJECT', accountId: null });
    const login = { issuer: 'habeas-development', subject };
    const { id } = await store.db.transaction((tx) => register(tx, store.keys, NOW, { login }));
    expect((await account()).accountId).toBe(id);
    const named = await tokenOf({ kind: 'subject', accountId: id });
    expect(await ask(here, named)).toMatchObject({ accountId: id });
    await store.sql`delete from account_logins where account_id = ${id}`;
    await store.sql`update accounts set status = 'ERASED' where id = ${id}`;
    expect((await account()).accountId).toBeNull();
    expect(await ask(here, named)).toMatchObject({ accountId: null });
  });
});

describe('Requests that come together', () => {
  it('are each who they are', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => newClient()));
    const callers = await Promise.all(
      [...made, ...made].flatMap(({ client, secret }) => [
        ask(here, secret).then((caller) => [client.id, caller]),
        code(ask(here, `${secret}x`)),
      ]),
    );
    for (const [index, found] of callers.entries()) {
      if (index % 2 === 1) expect(found).toBe('UNAUTHENTICATED');
      else expect(found[1]).toMatchObject({ clientId: found[0] });
    }
  });
});
