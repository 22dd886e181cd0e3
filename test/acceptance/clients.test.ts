import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { type Demo, demo } from '../support/demo.js';
import { events, post, send } from '../support/post.js';

const ann = people()[150]?.accountId ?? '';
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

let habeas: Demo;
let dps: Client;
beforeAll(async () => {
  habeas = await demo();
  dps = await habeas.staff('dps');
});

async function change(field: string, args: string, variables: object = {}): Promise<Record<string, unknown>> {
  const declared = 'documents' in variables ? '($documents: JSON)' : '';
  const selection = '{ secret client { id name purposes revokedAt trustedDocumentsOnly } }';
  const { data, errors } = await post(dps, `mutation ${declared} { ${field}${args} ${selection} }`, variables);
  expect(errors).toEqual([]);
  return data?.[field] as Record<string, unknown>;
}

async function newClient(name: string): Promise<Client & { id: string }> {
  const input = `{ name: "${name}", affiliation: AFFILIATED, country: "GB", purposes: ["essential.service"] }`;
  const { client, secret } = await change('registerClient', `(input: ${input})`);
  return { url: habeas.url, token: String(secret), id: (client as { id: string }).id };
}

const NAME = `query Name { account(id: "${ann}") { profile { displayName } } }`;
const EMAIL = `query Email { account(id: "${ann}") { profile { email } } }`;
const codes = ({ errors }: { errors: readonly { extensions?: { code?: string } }[] }) =>
  errors.map(({ extensions }) => extensions?.code);

describe('A client registered by the Data Protection Specialist', () => {
  test('reads with its secret, which nobody is told again, until it is revoked', async () => {
    const client = await newClient('nightly-report');
    expect((await post(client, NAME)).data).toMatchObject({
      account: { profile: { displayName: expect.any(String) } },
    });
    const listed = await post(dps, '{ clients { id name affiliation purposes country transferSafeguard revokedAt } }');
    expect(listed.data?.clients).toContainEqual({
      id: client.id,
      name: 'nightly-report',
      affiliation: 'AFFILIATED',
      purposes: ['essential.service'],
      country: 'GB',
      transferSafeguard: null,
      revokedAt: null,
    });
    expect(listed.text).not.toContain(client.token);
    const { client: revoked, secret } = await change('revokeClient', `(id: "${client.id}")`);
    expect([revoked, secret]).toEqual([expect.objectContaining({ revokedAt: expect.any(String) }), null]);
    const after = await post(client, NAME);
    expect([after.status, ...codes(after)]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('P31 is none that is external and markets', async () => {
    const input = '{ name: "ad-network", affiliation: EXTERNAL, country: "GB", purposes: ["marketing.advertising"] }';
    const { errors } = await post(dps, `mutation { registerClient(input: ${input}) { secret } }`);
    expect(errors[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'purposes[0]' });
  });
});

describe('A client with documents registered for it (T-05)', () => {
  let client: Client & { id: string };
  beforeAll(async () => {
    client = await newClient('mobile-app');
    const args = `(input: { clientId: "${client.id}", documents: $documents })`;
    const { client: trusting } = await change('trustDocuments', args, { documents: { [sha256(NAME)]: NAME } });
    expect(trusting).toMatchObject({ trustedDocumentsOnly: true });
  });

  test('names one by its hash, as Apollo’s clients do, or by its id', async () => {
    const asked = await post(client, NAME);
    expect(asked.data).toMatchObject({ account: { profile: { displayName: expect.any(String) } } });
    const persistedQuery = { version: 1, sha256Hash: sha256(NAME) };
    for (const body of [
      { extensions: { persistedQuery } },
      { query: NAME, extensions: { persistedQuery } },
      { documentId: `sha256:${sha256(NAME)}` },
    ]) {
      expect((await send(client, JSON.stringify(body))).data).toEqual(asked.data);
    }
  });

  test('asks nothing else, as a stream neither', async () => {
    for (const body of [
      { query: EMAIL },
      { documentId: sha256(EMAIL) },
      { query: '{ __schema { types { name } } }' },
    ]) {
      const refused = await send(client, JSON.stringify(body));
      expect(codes(refused)).toEqual(['FORBIDDEN']);
      expect(refused.data ?? null).toBeNull();
    }
    expect(codes(await events(client, EMAIL))).toEqual(['FORBIDDEN']);
    expect((await events(client, NAME)).data).toMatchObject({ account: { profile: {} } });
  });

  test('does not learn what others were let ask', async () => {
    expect(codes(await post(dps, EMAIL))).toEqual([]);
    expect(codes(await post(client, EMAIL))).toEqual(['FORBIDDEN']);
  });

  test('asks anything its purpose allows once that is lifted', async () => {
    const args = `(input: { clientId: "${client.id}", documents: $documents })`;
    await change('trustDocuments', args, { documents: null });
    expect((await post(client, EMAIL)).data).toMatchObject({ account: { profile: { email: expect.any(String) } } });
  });
});
