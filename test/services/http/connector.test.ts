import { parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RecordPage, SubgraphContext, Subject } from '../../../src/services/connector.js';
import { httpConnector } from '../../../src/services/http/connector.js';
import type { Service } from '../../../src/services/service.js';
import { plainCredentials } from '../../support/services/credentials.js';
import { collection, dataset, field, service } from '../../support/services/manifests.js';
import { allPages } from '../../support/services/pages.js';
import { type RunningService, startService } from '../../support/services/process.js';

let api: RunningService;
beforeAll(async () => {
  api = await startService('gdpr-api.mjs');
});
afterAll(() => api.stop());
beforeEach(() => api.calls());

const TICKETS = dataset([
  collection('tickets', [
    field('ticket_id', { primaryKey: true }),
    field('SUBJECT'),
    field('priority', { dataType: 'integer' }),
    field('opened_at', { dataType: 'datetime' }),
    field('messages', { dataType: 'object[]', categories: [], fields: [field('text')] }),
  ]),
  collection('callback', [field('number'), field('health')]),
]);

function support(path = '/gdpr/{externalId}/export', rest: Partial<Service> = { datasets: [TICKETS] }): Service {
  const connection = { kind: 'http', url: api.url + path, audience: 'sup', queryScope: 'q', deleteScope: 'd' } as const;
  return service(connection, rest);
}

const person = (externalId?: string): Subject => ({
  accountId: `account of ${externalId}`,
  ...(externalId === undefined ? {} : { externalId }),
  emails: [],
  phones: [],
});

/** Account ids are the external ids. */
const context: SubgraphContext = {
  subjects: async (ids) => ids.map((accountId) => ({ accountId, externalId: accountId, emails: [], phones: [] })),
};

async function exported(of: Service, subject: Subject): Promise<RecordPage[]> {
  const connector = httpConnector(of, plainCredentials);
  try {
    return await allPages(connector, subject);
  } finally {
    await connector.close();
  }
}

async function asked(of: Service, selection: string, ids: readonly string[], credentials = plainCredentials) {
  const connector = httpConnector(of, credentials);
  try {
    const answer = await connector.execute(
      {
        document: parse(
          `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { support { ${selection} } } } }`,
        ),
        variables: { r: ids.map((id) => ({ __typename: 'Account', id })) },
      },
      context,
    );
    return JSON.parse(JSON.stringify(answer));
  } finally {
    await connector.close();
  }
}

describe('exporting from a GDPR API', () => {
  it('asks by GET with a token for this service, person and scope', async () => {
    await exported(support(), person('ext/1 ä'));
    expect(await api.calls()).toEqual([
      {
        method: 'GET',
        url: '/gdpr/ext%2F1%20%C3%A4/export',
        authorization: 'Bearer support|sup|ext%2F1%20%C3%A4|q',
        body: '',
      },
    ]);
  });

  it.each([
    ['/gdpr/$profile_id', '/gdpr/x%2Fy'],
    ['/gdpr/$user_uuid?full=1', '/gdpr/x%2Fy?full=1'],
    ['/gdpr/', '/gdpr/x%2Fy'],
    ['/gdpr?full=1', '/gdpr/x%2Fy?full=1'],
  ])('writes the external id into %s', async (template, path) => {
    await exported(support(template), person('x/y'));
    expect((await api.calls()).map(({ url }) => url)).toEqual([path]);
  });

  it('never leaves its path for an id of dots', async () => {
    await expect(exported(support(), person('..'))).rejects.toMatchObject({ failure: 'SERVICE_REFUSED_US' });
    expect(await api.calls()).toEqual([]);
  });

  it('gives all that is held, declared or not, numbers exact (Article 15)', async () => {
    expect(await exported(support(), person('ext/1 ä'))).toEqual([
      { collection: 'support', records: [{ customer_since: '2020-05-01' }] },
      {
        collection: 'tickets',
        records: [
          expect.objectContaining({
            subject: 'Subject of t1',
            priority: 2,
            messages: [{ text: 'Hello' }, { text: 'Again' }],
          }),
          expect.objectContaining({ subject: 'Subject of t2', messages: [{ text: 'One' }] }),
          expect.objectContaining({ subject: 'Subject of t3', messages: [] }),
        ],
      },
      { collection: 'callback', records: [{ number: '12345678901234567890', health: { error: 'login too weak' } }] },
    ]);
  });

  it('gives pages of at most 500 records', async () => {
    const pages = await exported(support(), person('many'));
    expect(pages.map(({ records }) => records.length)).toEqual([500, 500, 201]);
    expect(new Set(pages.flatMap(({ records }) => records.map(({ ticket_id }) => ticket_id))).size).toBe(1_201);
  });

  it.each(['unknown', 'empty', 'bare'])('gives nothing for a person who is %s there', async (id) => {
    expect(await exported(support(), person(id))).toEqual([]);
  });

  it('does not ask about a person who is not linked', async () => {
    expect(await exported(support(), person())).toEqual([]);
    expect(await api.calls()).toEqual([]);
  });

  it('calls nothing without a token, and says for which service', async () => {
    const connector = httpConnector(support(), { token: () => Promise.reject(new Error('no key')) });
    await expect(allPages(connector, person('p1'))).rejects.toMatchObject({
      failure: 'SERVICE_REFUSED_US',
      service: 'support',
      message: expect.stringMatching(/token/),
    });
    await connector.close();
    expect(await api.calls()).toEqual([]);
  });

  it('names the mend for an address that is none', () => {
    const wrong = service({
      kind: 'http',
      url: 'support/{externalId}',
      audience: 'a',
      queryScope: 'q',
      deleteScope: 'd',
    });
    expect(() => httpConnector(wrong, plainCredentials)).toThrow(/support\.yml.*connection\.http\.url/);
  });
});

describe('a GDPR API in the graph', () => {
  it('answers declared collections, typed', async () => {
    const answer = await asked(
      support(),
      'tickets(first: 1) { totalCount nodes { ticketId subject priority openedAt messages { text } } } callback { nodes { number health } }',
      ['ext/1 ä'],
    );
    expect(answer.errors).toBeUndefined();
    expect(answer.data._entities[0].support).toEqual({
      tickets: {
        totalCount: 3,
        nodes: [
          {
            ticketId: 't1',
            subject: 'Subject of t1',
            priority: 2,
            openedAt: '2026-03-01T08:00:00.000Z',
            messages: [{ text: 'Hello' }, { text: 'Again' }],
          },
        ],
      },
      callback: { nodes: [{ number: '12345678901234567890', health: null }] },
    });
  });

  it('pages to the end by cursors, each record once', async () => {
    const seen: string[] = [];
    let after: string | null = '';
    while (after !== null) {
      const argument = after ? `, after: ${JSON.stringify(after)}` : '';
      const answer = await asked(
        support(),
        `tickets(first: 2${argument}) { nodes { ticketId } pageInfo { hasNextPage endCursor } }`,
        ['ext/1 ä'],
      );
      const { nodes, pageInfo } = answer.data._entities[0].support.tickets;
      seen.push(...nodes.map(({ ticketId }: { ticketId: string }) => ticketId));
      after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
    }
    expect(seen).toEqual(['t1', 't2', 't3']);
  });

  it('refuses a cursor it has not made', async () => {
    const answer = await asked(support(), 'tickets(after: "nonsense") { nodes { ticketId } }', ['ext/1 ä']);
    expect(answer.errors[0].extensions).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'after' });
  });

  it('fetches each person once for all who ask while it is on its way, each with objects of their own', async () => {
    const connector = httpConnector(support(), plainCredentials);
    const request = {
      document: parse(
        'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { support { tickets { nodes { ticketId messages { text } } } } } } }',
      ),
      variables: { r: [{ __typename: 'Account', id: 'p3' }] },
    };
    const [first, second] = await Promise.all([
      connector.execute(request, context),
      connector.execute(request, context),
    ]);
    expect(first).toEqual(second);
    expect(first?.data?._entities).not.toBe(second?.data?._entities);
    expect(await api.calls()).toHaveLength(1);
    await connector.execute(request, context);
    expect(await api.calls()).toHaveLength(1);
    await connector.close();
  });

  it('fetches each person once for any number of collections, at most 8 at once', async () => {
    const ids = Array.from({ length: 200 }, (_, index) => `p${index}`);
    const answer = await asked(support(), 'tickets { nodes { ticketId } } callback { nodes { number } }', ids);
    expect(answer.errors).toBeUndefined();
    expect(
      answer.data._entities.map(
        (entity: { support: { tickets: { nodes: unknown[] } } }) => entity.support.tickets.nodes.length,
      ),
    ).toEqual(Array(200).fill(2));
    expect((await api.calls()).filter(({ url }) => url.startsWith('/gdpr/'))).toHaveLength(200);
    const most = await (await fetch(`${api.url}/most-at-once`)).json();
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('fails for the one person whose tree cannot be had, and answers for the others', async () => {
    const failing = { token: async () => 'fail-p7' };
    const answer = await asked(support(), 'tickets { nodes { ticketId } }', ['p6', 'p7', 'p8'], failing);
    expect(
      answer.data._entities.map(({ support }: { support: { tickets: unknown } }) => support.tickets !== null),
    ).toEqual([true, false, true]);
    expect(answer.errors).toHaveLength(1);
    expect(answer.errors[0]).toMatchObject({
      path: ['_entities', 1, 'support', 'tickets'],
      extensions: { code: 'SERVICE_UNAVAILABLE', failure: 'SERVICE_ANSWER_INVALID' },
    });
    expect(JSON.stringify(answer)).not.toContain('CANARY');
  });

  it('tells only whether something is held where no dataset classifies it', async () => {
    const bare = support('/gdpr/{externalId}', {});
    const connector = httpConnector(bare, plainCredentials);
    expect(await connector.sdl()).toContain(
      'held: Boolean @personalData(category: "user", purposes: ["essential.service"])',
    );
    await connector.close();
    const answer = await asked(bare, 'held', ['ext/1 ä', 'unknown']);
    expect(answer).toEqual({ data: { _entities: [{ support: { held: true } }, { support: { held: false } }] } });
  });
});

describe('the health of a GDPR API', () => {
  it('is well where it answers about nobody', async () => {
    const connector = httpConnector(support(), plainCredentials);
    expect(await connector.health()).toEqual({ healthy: true });
    await connector.close();
  });
});
