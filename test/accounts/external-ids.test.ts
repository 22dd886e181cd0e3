import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { externalIdReader } from '../../src/accounts/external-ids.js';
import { openStore, type Store } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const person = async (service: string) => {
  const links = [{ service, externalId: randomUUID() }];
  const { id } = await store.db.transaction((tx) => register(tx, store.keys, new Date(), { links }));
  return { id, externalId: links[0]?.externalId ?? '' };
};

it('tells as whom a service knows people, and leaves out whom it does not know or who cannot be opened', async () => {
  const [known, elsewhere, damaged] = [await person('shop'), await person('school'), await person('shop')];
  await store.sql`update accounts set record = set_byte(record, 40, (get_byte(record, 40) + 1) % 256) where id = ${damaged.id}`;
  const ids = [known.id, elsewhere.id, damaged.id, randomUUID(), known.id];
  expect(await externalIdReader(store.sql, store.keys)('shop', ids)).toEqual(new Map([[known.id, known.externalId]]));
});
