import { parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DataRecord, RecordPage, SubgraphContext, Subject } from '../../../src/services/connector.js';
import type { ServiceCredentials } from '../../../src/services/credentials.js';
import { subgraphConnector } from '../../../src/services/subgraph/connector.js';
import { plainCredentials } from '../../support/services/credentials.js';
import { service } from '../../support/services/manifests.js';
import { allPages } from '../../support/services/pages.js';
import { type RunningService, startService } from '../../support/services/process.js';

let shop: RunningService;
beforeAll(async () => {
  shop = await startService('shop.mjs');
});
afterAll(() => shop.stop());
beforeEach(() => shop.calls());

function connectorTo(url = `${shop.url}/graphql?v=1`, sdlFile: string | null = null, credentials = plainCredentials) {
  return subgraphConnector(
    service(
      { kind: 'subgraph', url, sdlFile, audience: 'shop-audience' },
      { name: 'shop', field: 'shop', title: 'Shop', kind: 'SUBGRAPH', file: 'shop.yml' },
    ),
    credentials,
  );
}

const person = (accountId: string): Subject => ({ accountId, emails: [], phones: [] });
const nobodyAsks: SubgraphContext = { subjects: () => Promise.reject(new Error('not asked of a subgraph')) };

async function exported(accountId: string): Promise<RecordPage[]> {
  const connector = connectorTo();
  try {
    return await allPages(connector, person(accountId));
  } finally {
    await connector.close();
  }
}

function byCollection(pages: readonly RecordPage[]): Record<string, DataRecord[]> {
  const collections: Record<string, DataRecord[]> = {};
  for (const { collection, records } of pages)
    collections[collection] = [...(collections[collection] ?? []), ...records];
  return collections;
}

async function asked(selection: string, ids: readonly string[], variables = {}) {
  const connector = connectorTo();
  try {
    const answer = await connector.execute(
      {
        document: parse(`query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { ${selection} } } }`),
        variables: { r: ids.map((id) => ({ __typename: 'Account', id })), ...variables },
      },
      nobodyAsks,
    );
    return JSON.parse(JSON.stringify(answer));
  } finally {
    await connector.close();
  }
}

describe('the SDL of a subgraph', () => {
  it('comes from the service, governed fields nullable, asked for once', async () => {
    const connector = connectorTo();
    const sdl = await connector.sdl();
    expect(sdl).toMatch(/memberSince: String @personalData/);
    expect(await connector.sdl()).toBe(sdl);
    expect(await shop.calls()).toHaveLength(1);
    expect(await connector.refresh()).toBe(sdl);
    expect(await shop.calls()).toHaveLength(1);
    await connector.close();
  });

  it('names file and mend where it cannot be read', async () => {
    const connector = connectorTo(undefined, '/nowhere/shop.graphql');
    await expect(connector.sdl()).rejects.toMatchObject({
      failure: 'SERVICE_ANSWER_INVALID',
      message: expect.stringMatching(/nowhere\/shop\.graphql.*subgraph\.sdl in shop\.yml/),
    });
    await connector.close();
  });

  it('is asked for again after a failure', async () => {
    let refuse = true;
    const credentials: ServiceCredentials = { token: async () => (refuse ? 'refuse-us' : 'fine') };
    const connector = connectorTo(undefined, null, credentials);
    await expect(connector.sdl()).rejects.toMatchObject({ failure: 'SERVICE_REFUSED_US' });
    refuse = false;
    expect(await connector.sdl()).toContain('type Account');
    await connector.close();
  });
});

describe('asking a subgraph for the graph', () => {
  it('sends the question as it is, with a token and no unused variable', async () => {
    const answer = await asked('id nickname', ['busy', 'nobody'], { unused: 'CANARY' });
    expect(answer).toEqual({ data: { _entities: [{ id: 'busy', nickname: 'Bee' }, null] } });
    const [sdl, call] = await shop.calls();
    expect(sdl?.body).toContain('_service');
    expect(call).toMatchObject({
      method: 'POST',
      url: '/graphql?v=1',
      authorization: 'Bearer shop|shop-audience|habeas|gdprquery',
    });
    expect(JSON.parse(call?.body ?? '')).toEqual({
      query: expect.stringContaining('_entities(representations: $r)'),
      variables: {
        r: [
          { __typename: 'Account', id: 'busy' },
          { __typename: 'Account', id: 'nobody' },
        ],
      },
    });
  });

  it('keeps the path of an error and none of its words (T-29)', async () => {
    const answer = await asked('nickname shop { memberSince }', ['quiet', 'broken']);
    expect(answer.data._entities).toEqual([
      { nickname: null, shop: { memberSince: '2020' } },
      { nickname: 'Bo', shop: null },
    ]);
    expect(answer.errors).toEqual([
      {
        message: 'Shop could not answer this part.',
        path: ['_entities', 1, 'shop', 'memberSince'],
        extensions: { code: 'SERVICE_UNAVAILABLE', service: 'shop', failure: 'SERVICE_ANSWER_INVALID' },
      },
    ]);
  });

  it('withholds an entity that is not the one asked for (T-34)', async () => {
    const answer = await asked('key: id nickname', ['busy', 'swapped']);
    expect(answer.data._entities).toEqual([{ key: 'busy', nickname: 'Bee' }, null]);
    expect(answer.errors).toMatchObject([{ path: ['_entities', 1] }]);
    expect(JSON.stringify(answer)).not.toContain('CANARY');
  });

  it('tells a question that does not fit the schema from a service that is down', async () => {
    await expect(asked('noSuchField', ['busy'])).rejects.toMatchObject({ failure: 'SERVICE_ANSWER_INVALID' });
  });

  it('is well where it answers', async () => {
    const connector = connectorTo();
    expect(await connector.health()).toEqual({ healthy: true });
    await connector.close();
  });
});

describe('exporting from a subgraph', () => {
  it('gives plain values as one record of each object, with the entities they refer to', async () => {
    const { account, shop: own, settings, contact } = byCollection(await exported('busy'));
    expect(account).toEqual([{ nickname: 'Bee' }]);
    expect(own).toEqual([
      {
        memberSince: '2020',
        tags: ['a', 'b'],
        favourite: { id: 'p9', name: 'Product p9', origin: { street: 'Mill Lane' } },
        payment: { __typename: 'Invoice', label: 7, address: { street: 'High Street' } },
      },
    ]);
    expect(settings).toEqual([{ theme: 'dark' }]);
    expect(contact).toEqual([{ byPhone: true }]);
  });

  it('gives every record of a connection exactly once, whatever the page size, and what its edges say', async () => {
    const { orders = [] } = byCollection(await exported('busy'));
    expect(orders.map(({ id }) => id)).toEqual(Array.from({ length: 450 }, (_, index) => `o${index}`));
    expect(orders[0]).toEqual({
      id: 'o0',
      total: 0.5,
      lines: [{ quantity: 2, product: { id: 'p0', name: 'Product p0', origin: { street: 'Mill Lane' } } }],
      edge: { giftFrom: 'Jo' },
    });
  });

  it('follows connections inside records, and inside those, to their ends', async () => {
    const { tickets = [] } = byCollection(await exported('busy'));
    expect(tickets).toHaveLength(133);
    const messagesOf = (subject: string) => {
      const found = tickets.find((ticket) => ticket.subject === subject)?.messages;
      return (Array.isArray(found) ? found : []) as DataRecord[];
    };
    expect(messagesOf('t0')).toEqual([]);
    expect(messagesOf('t1')).toEqual([
      { __typename: 'Mail', text: 't1-0', address: 'a@example.com', attachments: [{ name: 't1-0-f0' }] },
      { __typename: 'Chat', text: 't1-1', room: 'r' },
      { __typename: 'Mail', text: 't1-2', address: 'a@example.com', attachments: [{ name: 't1-2-f0' }] },
    ]);
    expect(messagesOf('t2').map(({ text }) => text)).toEqual(Array.from({ length: 150 }, (_, index) => `t2-${index}`));
    expect(messagesOf('t2')[70]?.attachments).toEqual(
      Array.from({ length: 130 }, (_, index) => ({ name: `t2-70-f${index}` })),
    );
    expect(messagesOf('u129').map(({ text }) => text)).toEqual(['u129-0']);
  });

  it('gives plain lists whole', async () => {
    const { reviews, visits } = byCollection(await exported('busy'));
    expect(reviews).toHaveLength(3);
    expect(reviews?.[1]).toMatchObject({ number: 1, text: 'Review 1', product: { id: 'p1' } });
    expect(visits).toHaveLength(12);
  });

  it('reads on in one collection without reading the others again', async () => {
    await exported('busy');
    const texts = (await shop.calls()).map(({ body }) => JSON.parse(body).query as string);
    const reading = (name: string) => texts.filter((text) => new RegExp(`\\b${name}\\b`).test(text));
    expect(reading('orders')).toHaveLength(8);
    expect(reading('orders').filter((text) => /tickets|reviews|nickname/.test(text))).toEqual([]);
    expect(reading('reviews')).toHaveLength(1);
  });

  it('gives what there is of a person with little, and nothing of one with none', async () => {
    expect(await exported('quiet')).toEqual([
      {
        collection: 'shop',
        records: [
          {
            memberSince: '2020',
            tags: ['a', 'b'],
            favourite: null,
            payment: { __typename: 'Card', label: 'Visa', expires: null },
          },
        ],
      },
    ]);
    expect(await exported('none')).toEqual([]);
    expect(await exported('nobody')).toEqual([]);
  });

  it.each([
    ['broken', /with errors/],
    ['swapped', /another account/],
    ['visitor', /visits may be cut/],
  ])('fails rather than leave out what it cannot have right: %s', async (accountId, reason) => {
    const failure = exported(accountId);
    await expect(failure).rejects.toMatchObject({ failure: 'SERVICE_ANSWER_INVALID', service: 'shop' });
    await expect(failure).rejects.toThrow(reason);
    await expect(failure).rejects.not.toThrow(/CANARY/);
  });
});
