import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientReader } from '../../src/clients/client-reader.js';
import { allClients, ensureClient, findClient, registerClient, revokeClient } from '../../src/clients/clients.js';
import type { Registration } from '../../src/clients/registration.js';
import { isMarketing, isProfiling } from '../../src/services/purposes.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { openStore, type Store } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const NOW = new Date('2026-05-04T09:00:00.000Z');
const USES = taxonomy.keys('data_use');
let count = 0;

const registration = (changes: Partial<Registration> = {}): Registration => {
  count += 1;
  const usual = { affiliation: 'AFFILIATED', country: 'GB', transferSafeguard: null } as const;
  return { ...usual, name: `client-${count}`, purposes: ['essential.service'], ...changes };
};
const register = (changes?: Partial<Registration>) => registerClient(store.db, taxonomy, registration(changes));
const ensure = (name: string, purposes: string[] = ['essential.service']) =>
  ensureClient(store.db, { name, affiliation: 'AFFILIATED', purposes, country: 'GB' });

describe('registering a service client', () => {
  it('done: is found by its name and among all, each purpose once', async () => {
    const { client } = await register({ name: 'billing', purposes: ['finance', 'essential.service', 'finance'] });
    expect(client).toEqual({
      id: expect.any(String),
      name: 'billing',
      affiliation: 'AFFILIATED',
      purposes: ['essential.service', 'finance'],
      country: 'GB',
      transferSafeguard: null,
      revokedAt: null,
      manifestId: null,
    });
    expect(await findClient(store.db, 'billing')).toEqual(client);
    expect(await findClient(store.db, 'Billing')).toBeNull();
    expect(await allClients(store.db)).toContainEqual(client);
  });

  it('answers a secret of 256 bits, of which only the SHA-256 is kept', async () => {
    const made = await Promise.all([register(), register()]);
    const [one, two] = made.map(({ secret }) => secret);
    expect(one).toMatch(/^habeas_[\w-]{43}$/);
    expect(one).not.toBe(two);
    const rows =
      await store.sql`select clients::text as row, secret_sha256 from clients where id = ${made[0]?.client.id ?? ''}`;
    expect(rows[0]?.secret_sha256).toEqual(createHash('sha256').update(String(one)).digest());
    expect(rows[0]?.row).not.toContain(one?.slice('habeas_'.length));
  });

  it.each(['', 'Audit', 'audit tool', '-audit', 'audit-', 'a'.repeat(64), "audit'; drop table clients; --"])(
    'refused: the name %j',
    async (name) => {
      await expect(register({ name })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
      await expect(ensure(name)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    },
  );

  it('refused: a name that is taken, by a client that was revoked too', async () => {
    const { client } = await register();
    await expect(register({ name: client.name })).rejects.toMatchObject({ code: 'CONFLICT' });
    await revokeClient(store.db, NOW, client.id);
    await expect(register({ name: client.name })).rejects.toMatchObject({ code: 'CONFLICT' });
  });

  it.each([
    ['a country that is none', { country: 'UK' }, /^country: .* Did you mean GB\?/],
    ['a country in small letters', { country: 'gb' }, /^country: /],
    ['P32 a country outside the UK and the EEA without a safeguard', { country: 'US' }, /^transferSafeguard: .*US/],
    ['a safeguard there is not', { country: 'US', transferSafeguard: 'a handshake' }, /^transferSafeguard: .*IDTA/],
    [
      'a use that is misspelt',
      { purposes: ['essential.servise'] },
      /^purposes\[0\]: .*Did you mean essential\.service\?/,
    ],
    [
      'a use far from any',
      { purposes: ['finance', 'world.domination'] },
      /^purposes\[1\]: is not a Fideslang data use\./,
    ],
  ] as const)('refused: %s', async (_what, changes, message) => {
    await expect(register(changes)).rejects.toMatchObject({
      code: 'BAD_USER_INPUT',
      message: expect.stringMatching(message),
    });
  });

  it('P32 done: a country outside the UK and the EEA with a safeguard, one inside without', async () => {
    const abroad = await register({ country: 'US', transferSafeguard: 'IDTA' });
    expect(abroad.client).toMatchObject({ country: 'US', transferSafeguard: 'IDTA' });
    expect((await register({ country: 'FR' })).client.transferSafeguard).toBeNull();
  });

  it('P31 refused: an external client with any marketing purpose, whatever else it has', async () => {
    const marketing = USES.filter(isMarketing);
    expect(marketing.length).toBeGreaterThan(10);
    for (const purpose of marketing) {
      const attempt = register({ affiliation: 'EXTERNAL', purposes: ['essential.service', purpose] });
      await expect(attempt, purpose).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: /marketing/ });
    }
    await register({ affiliation: 'AFFILIATED', purposes: ['marketing.communications.email'] });
  });

  it('P13 refused: profiling, by anybody, because the register of it is empty', async () => {
    const profiling = USES.filter(isProfiling);
    expect(profiling).toEqual([
      'marketing.advertising.profiling',
      'personalize.content.profiled',
      'personalize.content.profiling',
      'personalize.profiling',
    ]);
    for (const purpose of profiling) {
      const attempt = register({ purposes: [purpose] });
      await expect(attempt, purpose).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: /register .* is empty/ });
    }
  });

  it('a company’s own use counts as those of the standard do', async () => {
    const own = taxonomy.with('data_use', [{ key: 'essential.service.audits', title: 'Audits', description: '' }]);
    const { client } = await registerClient(store.db, own, registration({ purposes: ['essential.service.audits'] }));
    expect(client.purposes).toEqual(['essential.service.audits']);
  });
});

describe('revoking a client', () => {
  it('done: counts from the first time', async () => {
    const { client } = await register();
    expect((await revokeClient(store.db, NOW, client.id)).revokedAt).toEqual(NOW);
    expect((await revokeClient(store.db, new Date(), client.id)).revokedAt).toEqual(NOW);
  });

  it('refused: one there is not', async () => {
    await expect(revokeClient(store.db, NOW, randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('reading clients on the way in', () => {
  it('finds each by name or by secret, all who ask at once with one statement', async () => {
    const [one, two] = [await register(), await register()];
    const statements: string[] = [];
    const sql = Object.assign(Object.create(store.sql), {
      unsafe: (...args: Parameters<typeof store.sql.unsafe>) => {
        statements.push(args[0]);
        return store.sql.unsafe(...args);
      },
    });
    const reader = clientReader(sql);
    const found = await Promise.all([
      reader.bySecret(two.secret),
      reader.byName(one.client.name),
      reader.byName(one.client.name),
      reader.byName('nobody'),
      reader.bySecret(`${two.secret}x`),
    ]);
    expect(found).toEqual([two.client, one.client, one.client, null, null]);
    expect(statements).toHaveLength(1);
  });

  it('finds no client without a secret by any', async () => {
    await ensure('no-secret');
    const reader = clientReader(store.sql);
    expect(await Promise.all(['', 'habeas_', 'null', 'undefined'].map((each) => reader.bySecret(each)))).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe('registering a client for a trial', () => {
  it('again: adds purposes, each once and in order, and keeps who it is', async () => {
    const first = await ensure('desk', ['functional.service', 'essential.service']);
    const second = await ensure('desk', ['analytics.reporting', 'essential.service']);
    expect(second.id).toBe(first.id);
    expect(second.purposes).toEqual(['analytics.reporting', 'essential.service', 'functional.service']);
    expect((await ensure('desk', [])).purposes).toEqual(second.purposes);
  });

  it('at once: is one client with all purposes', async () => {
    const purposes = Array.from({ length: 10 }, (_none, index) => `essential.service.part_${index}`);
    const made = await Promise.all(purposes.map((purpose) => ensure('busy', [purpose])));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await findClient(store.db, 'busy'))?.purposes).toEqual(purposes);
  });
});
