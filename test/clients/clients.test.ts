import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureClient, findClient } from '../../src/clients/clients.js';
import { openStore, type Store } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const client = (name: string, purposes: string[] = ['essential.service']) =>
  ensureClient(store.db, { name, affiliation: 'AFFILIATED', purposes, country: 'GB' });

describe('registering a service client', () => {
  it('done: is found by its name', async () => {
    const made = await client('audit-tool');
    expect(made).toMatchObject({ name: 'audit-tool', affiliation: 'AFFILIATED', country: 'GB', revokedAt: null });
    expect(await findClient(store.db, 'audit-tool')).toEqual(made);
    expect(await findClient(store.db, 'Audit-tool')).toBeNull();
  });

  it.each(['', 'Audit', 'audit tool', '-audit', 'audit-', 'a'.repeat(64), "audit'; drop table clients; --"])(
    'refused: the name %j',
    async (name) => {
      await expect(client(name)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    },
  );

  it('again: adds purposes, each once and in order, and keeps who it is', async () => {
    const first = await client('desk', ['functional.service', 'essential.service']);
    const second = await client('desk', ['analytics.reporting', 'essential.service']);
    expect(second.id).toBe(first.id);
    expect(second.purposes).toEqual(['analytics.reporting', 'essential.service', 'functional.service']);
    expect((await client('desk', [])).purposes).toEqual(second.purposes);
  });

  it('at once: is one client with all purposes', async () => {
    const purposes = Array.from({ length: 10 }, (_none, index) => `essential.service.part_${index}`);
    const made = await Promise.all(purposes.map((purpose) => client('busy', [purpose])));
    expect(new Set(made.map(({ id }) => id)).size).toBe(1);
    expect((await findClient(store.db, 'busy'))?.purposes).toEqual(purposes);
  });
});
