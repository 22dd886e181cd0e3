import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { registerClient } from '../../src/clients/clients.js';
import { type AskedBody, documentReader, trustDocuments } from '../../src/clients/trusted-documents.js';
import { ANONYMOUS, type Caller } from '../../src/gate/caller.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { openStore, type Store } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const NOW = new Date('2026-05-04T09:00:00.000Z');
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const manifest = (...texts: string[]) => Object.fromEntries(texts.map((text) => [sha256(text), text]));
const NAME = 'query Name($id: ID!) { account(id: $id) { profile { displayName } } }';
const EMAIL = 'query Email($id: ID!) { account(id: $id) { profile { email } } }';

let count = 0;
async function newClient(): Promise<string> {
  count += 1;
  const { client } = await registerClient(store.db, taxonomy, {
    name: `client-${count}`,
    affiliation: 'AFFILIATED',
    country: 'GB',
    transferSafeguard: null,
    purposes: ['essential.service'],
  });
  return client.id;
}
const trust = (clientId: string, documents: unknown) =>
  store.db.transaction((tx) => trustDocuments(tx, NOW, clientId, documents));

const service = (manifestId: string | null): Caller => ({
  kind: 'SERVICE',
  clientId: 'c',
  name: 'c',
  affiliation: 'AFFILIATED',
  purposes: [],
  purpose: null,
  ...(manifestId === null ? {} : { manifestId }),
});

/** A client that may ask these and nothing else, asking. */
async function trusting(...texts: string[]) {
  const { manifestId } = await trust(await newClient(), manifest(...texts));
  const documentFor = documentReader(store.sql);
  return (body: AskedBody) => documentFor(service(manifestId), body);
}

describe('A client with a manifest of documents (T-05)', () => {
  it('names one by its hash, in either way, or sends its text', async () => {
    const ask = await trusting(NAME, EMAIL);
    const named = { version: 1, sha256Hash: sha256(EMAIL) };
    for (const body of [
      { documentId: sha256(EMAIL) },
      { documentId: `sha256:${sha256(EMAIL)}` },
      { extensions: { persistedQuery: named } },
      { query: EMAIL },
      { query: EMAIL, extensions: { persistedQuery: named } },
    ]) {
      expect(await ask(body)).toBe(EMAIL);
    }
  });

  it.each([
    ['another document', { query: EMAIL }],
    ['a trusted one, spelt otherwise', { query: `${NAME} ` }],
    ['the hash of another', { documentId: sha256(EMAIL) }],
    ['what is no hash', { documentId: '../../etc/passwd' }],
    ['a name every object has', { documentId: 'constructor' }],
    ['introspection', { query: '{ __schema { types { name } } }' }],
  ])('asks nothing else: %s', async (_what, body) => {
    const ask = await trusting(NAME);
    await expect(ask(body)).rejects.toMatchObject({ code: 'FORBIDDEN', message: /only the documents registered/ });
  });

  it('cannot hide one document behind the hash of another', async () => {
    const ask = await trusting(NAME);
    const body = { query: EMAIL, documentId: sha256(NAME) };
    await expect(ask(body)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('with nothing in it asks nothing', async () => {
    const ask = await trusting();
    await expect(ask({ query: NAME })).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await ask({})).toBeUndefined();
  });

  it('has another one from the moment it is registered, and none once it is lifted', async () => {
    const id = await newClient();
    const documentFor = documentReader(store.sql);
    const ask = async (client: { manifestId: string | null }) =>
      documentFor(service(client.manifestId), { query: EMAIL }).catch(({ code }) => code);
    expect(await ask(await trust(id, manifest(EMAIL)))).toBe(EMAIL);
    expect(await ask(await trust(id, manifest(NAME)))).toBe('FORBIDDEN');
    expect(await ask(await trust(id, null))).toBe(EMAIL);
  });
});

describe('Any other caller', () => {
  it('sends the text, with or without its hash', async () => {
    const documentFor = documentReader(store.sql);
    for (const caller of [ANONYMOUS, service(null)]) {
      expect(await documentFor(caller, { query: EMAIL })).toBe(EMAIL);
      expect(await documentFor(caller, { query: EMAIL, documentId: sha256(NAME) })).toBe(EMAIL);
      expect(await documentFor(caller, {})).toBeUndefined();
      expect(await documentFor(caller, { extensions: 'x', query: 7 })).toBeUndefined();
      const hash = documentFor(caller, { documentId: sha256(EMAIL) });
      await expect(hash).rejects.toMatchObject({ code: 'BAD_USER_INPUT', message: /^query: is missing/ });
    }
  });
});

describe('Registering documents', () => {
  it.each([
    ['nothing, by oversight', undefined],
    ['a list', [NAME]],
    ['text', NAME],
    ['a document that is no text', { [sha256(NAME)]: 7 }],
    ['a hash that is not the document’s', { [sha256(EMAIL)]: NAME }],
    ['a hash of another kind', { [createHash('sha1').update(NAME).digest('hex')]: NAME }],
    ['what is not GraphQL', manifest('select * from accounts')],
  ])('refused: %s', async (_what, documents) => {
    await expect(trust(await newClient(), documents)).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('refused: for a client there is not', async () => {
    await expect(trust(randomUUID(), manifest(NAME))).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('keeps what was allowed before', async () => {
    const id = await newClient();
    await trust(id, manifest(NAME));
    await trust(id, manifest(EMAIL));
    const rows = await store.sql`select documents from client_manifests where client_id = ${id}`;
    expect(rows.map(({ documents }) => documents)).toEqual([manifest(NAME), manifest(EMAIL)]);
  });
});
