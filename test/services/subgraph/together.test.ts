import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { OperationTypeNode, parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadKeys } from '../../../src/crypto/keys.js';
import type { Connector, SubgraphRequest } from '../../../src/services/connector.js';
import { signedCredentials } from '../../../src/services/credentials.js';
import { subgraphConnector } from '../../../src/services/subgraph/connector.js';
import { service } from '../../support/services/manifests.js';
import { type RunningService, startService } from '../../support/services/process.js';

const directory = mkdtempSync(path.join(tmpdir(), 'habeas-together-'));
const sdlFile = path.join(directory, 'shop.graphql');
let shop: RunningService;
let connector: Connector;
beforeAll(async () => {
  writeFileSync(sdlFile, 'type Account @key(fields: "id") { id: ID! nickname(of: String): String }');
  shop = await startService('faulty.mjs');
  const connection = { kind: 'subgraph', url: `${shop.url}/now/graphql`, sdlFile, audience: 'a' } as const;
  const { signing } = await loadKeys(path.join(directory, 'keys.json'), { create: true });
  const credentials = signedCredentials(signing, 'https://habeas.example');
  connector = subgraphConnector(service(connection), credentials);
  await connector.sdl();
});
afterAll(async () => {
  await connector.close();
  await shop.stop();
  rmSync(directory, { recursive: true });
});
beforeEach(() => shop.calls());

const ENTITIES = parse(
  'query ($r: [_Any!]!, $of: String) { _entities(representations: $r) { ... on Account { nickname(of: $of) } } }',
);
const nobody = { subjects: () => Promise.reject(new Error('not asked of a subgraph')) };
const ask = (request: SubgraphRequest) => connector.execute(request, nobody);
const about = (id: string, rest: Partial<SubgraphRequest> = {}, variables = {}) =>
  ask({ document: ENTITIES, ...rest, variables: { r: [{ __typename: 'Account', id }], ...variables } });
const ids = Array.from({ length: 64 }, (_, index) => `a${index}`);

describe('questions to a subgraph that come at the same time', () => {
  it('are one call, whoever asks', async () => {
    const answers = await Promise.all(ids.map((id) => about(id)));
    expect(answers).toEqual(ids.map((id) => ({ data: { _entities: [{ nickname: `of ${id}` }] } })));
    expect(await shop.calls()).toHaveLength(1);
  });

  it('are apart where they are of different groups, or their variables differ', async () => {
    await Promise.all([
      about('a', { group: 'service improve' }),
      about('b', { group: 'service improve' }),
      about('c', { group: 'staff' }),
      about('d', {}, { of: 'x' }),
      about('e', {}, { of: 'y' }),
    ]);
    const asked = (await shop.calls()).map(({ body }) => JSON.parse(body).variables);
    const people = asked.map(({ r }: { r: { id: string }[] }) => r.map(({ id }) => id).join());
    expect(people.sort()).toEqual(['a,b', 'c', 'd', 'e']);
  });

  it('are one call where they ask for the same without a person, each with an answer of its own', async () => {
    const document = parse('{ list }');
    const [first, second] = await Promise.all([ask({ document }), ask({ document })]);
    expect(first).toEqual({ data: { list: ['a'] } });
    expect(first?.data?.list).not.toBe(second?.data?.list);
    expect(await shop.calls()).toHaveLength(1);
  });

  it('are each asked where they change something', async () => {
    const document = parse('mutation { change }');
    const answers = await Promise.all(
      [1, 2, 3].map(() => ask({ document, operationType: OperationTypeNode.MUTATION })),
    );
    expect(answers.map(({ data }) => data?.change).sort()).toEqual([1, 2, 3]);
    expect(await shop.calls()).toHaveLength(3);
  });

  it('share a token, and so do later ones', async () => {
    await about('a');
    await about('b', { group: 'staff' });
    const tokens = (await shop.calls()).map(({ authorization }) => authorization);
    expect(tokens).toHaveLength(2);
    expect(new Set(tokens).size).toBe(1);
  });

  it('change nothing twice where the connection is lost', async () => {
    shop.tell({ mode: 'cut' });
    // The budget for retries is not empty.
    await expect.poll(async () => (await Promise.allSettled([about('a')]))[0]?.status).toBe('rejected');
    await shop.calls();
    await expect(ask({ document: parse('mutation { change }') })).rejects.toMatchObject({
      failure: 'SERVICE_UNREACHABLE',
    });
    expect(await shop.calls()).toHaveLength(1);
    shop.tell({ mode: 'well' });
  });
});
