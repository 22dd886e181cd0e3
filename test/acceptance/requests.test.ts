import { randomUUID } from 'node:crypto';
import type { TypedDocumentNode } from '@graphql-typed-document-node/core';
import { parse } from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import { ask, type Client, need } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import {
  CancelRequestDocument,
  PrivacyRequestsDocument,
  type PrivacyRequestsQuery,
  type PrivacyRequestsQueryVariables,
  RequestAccessDocument,
} from '../../schema/client/operations.js';
import { endOfLondonDay, londonDay } from '../../src/requests/deadline.js';
import { askForEverything, hasStatus, packageOf, requestOf, waitFor } from '../exports/export-of.js';
import { slowDueDate } from '../requests/slow-calendar.js';
import { type Demo, demo } from '../support/demo.js';

/** People no other file asks for. */
const MINE = people().slice(300, 330);
const daysAgo = (days: number) => new Date(Date.now() - days * 86_400_000);

let habeas: Demo;
let staff: Client;
let taken = 0;

beforeAll(async () => {
  habeas = await demo();
  staff = await habeas.staff('dps');
});

/** Somebody who has asked for nothing yet. */
async function somebody(): Promise<{ id: string; client: Client }> {
  const person = MINE[taken++];
  if (!person) throw new Error('This file needs more people.');
  return { id: person.accountId, client: await habeas.person(person.accountId) };
}

async function refusal(client: Client, input: Record<string, unknown>): Promise<[code: unknown, argument: unknown]> {
  const { errors } = await ask(client, RequestAccessDocument, { input });
  return [errors?.[0]?.extensions?.code, errors?.[0]?.extensions?.argument];
}

describe('A request that staff enter for somebody', () => {
  test('counts from the day the letter came, and is overdue when that month is over', async () => {
    const { id, client } = await somebody();
    const receivedAt = daysAgo(75);
    const requestId = await askForEverything(staff, {
      accountId: id,
      channel: 'LETTER',
      receivedAt: receivedAt.toISOString(),
    });
    const request = await waitFor(client, requestId, hasStatus('COMPLETED'));
    const due = slowDueDate(londonDay(receivedAt), 1, 0);
    expect(request).toMatchObject({
      type: 'ACCESS',
      channel: 'LETTER',
      receivedAt: receivedAt.toISOString(),
      dueAt: endOfLondonDay(due).toISOString(),
      overdue: true,
    });
    expect(request.history[0]).toMatchObject({ actor: 'staff (dps)', action: 'received', note: 'by LETTER' });
    expect((await packageOf(client, request)).manifest.receivedAt).toBe(receivedAt.toISOString());
  });

  test('of today is not overdue, whoever enters it', async () => {
    const { id, client } = await somebody();
    for (const [caller, input] of [
      [client, {}],
      [staff, { accountId: id, channel: 'PHONE' }],
    ] as const) {
      const request = await requestOf(client, await askForEverything(caller, input));
      expect(request.overdue).toBe(false);
      expect(request.dueAt).toBe(
        endOfLondonDay(slowDueDate(londonDay(new Date(request.receivedAt)), 1, 0)).toISOString(),
      );
    }
  });

  test('cannot come from the future or from another age, and nobody else sets its day', async () => {
    const { id, client } = await somebody();
    const entered = (receivedAt: Date) => ({ accountId: id, channel: 'LETTER', receivedAt: receivedAt.toISOString() });
    expect(await refusal(staff, entered(daysAgo(-1)))).toEqual(['BAD_USER_INPUT', 'receivedAt']);
    expect(await refusal(staff, entered(daysAgo(800)))).toEqual(['BAD_USER_INPUT', 'receivedAt']);
    expect((await refusal(client, { receivedAt: daysAgo(3).toISOString() }))[0]).toBe('FORBIDDEN');
    const { client: other } = await somebody();
    expect((await refusal(other, { accountId: id }))[0]).toMatch(/FORBIDDEN|NOT_FOUND/);
    expect((await refusal(staff, { accountId: randomUUID() }))[0]).toBe('NOT_FOUND');
    expect((await refusal(habeas.nobody(), { accountId: id }))[0]).toBe('UNAUTHENTICATED');
  });
});

describe('A request', () => {
  test('for portability is one of Article 20, in forms a machine reads', async () => {
    const { client } = await somebody();
    expect(await refusal(client, { portabilityOnly: true, formats: ['HTML'] })).toEqual(['BAD_USER_INPUT', 'formats']);
    const id = await askForEverything(client, { portabilityOnly: true, formats: ['JSON'] });
    const request = await waitFor(client, id, hasStatus('COMPLETED'));
    expect(request).toMatchObject({ type: 'PORTABILITY', export: { formats: ['JSON'] } });
    const { files } = await packageOf(client, request);
    expect([...files.keys()].some((name) => /^data\/habeas\/.*\.json$/.test(name))).toBe(true);
    expect([...files.keys()].some((name) => name.endsWith('.csv'))).toBe(false);
  });

  test('for some services asks those and no other', async () => {
    const { client } = await somebody();
    const id = await askForEverything(client, { services: ['newsletter', 'habeas'] });
    const request = await waitFor(client, id, hasStatus('COMPLETED'));
    expect(request.tasks.map(({ service }) => service)).toEqual(['habeas', 'newsletter']);
    expect((await packageOf(client, request)).manifest.services.map(({ name }) => name)).toEqual([
      'habeas',
      'newsletter',
    ]);
    expect(await refusal(client, { services: [] })).toEqual(['BAD_USER_INPUT', 'services']);
    expect(await refusal(client, { services: ['payroll'] })).toEqual(['BAD_USER_INPUT', 'services']);
    expect(await refusal(client, { formats: [] })).toEqual(['BAD_USER_INPUT', 'formats']);
  });

  test('asked again under one key is the first one, also ten times at once', async () => {
    const { client } = await somebody();
    const idempotencyKey = randomUUID();
    const ids = await Promise.all(Array.from({ length: 10 }, () => askForEverything(client, { idempotencyKey })));
    expect(new Set(ids).size).toBe(1);
    const request = await waitFor(client, ids[0] ?? '', hasStatus('COMPLETED'));
    expect(request.tasks.map(({ attempts }) => attempts)).toEqual([1, 1, 1, 1, 1]);
    expect(request.history.filter(({ action }) => action === 'received')).toHaveLength(1);
    expect(await askForEverything(client, { idempotencyKey })).toBe(ids[0]);
    expect((await refusal(client, { idempotencyKey, formats: ['CSV'] }))[0]).toBe('CONFLICT');
    expect((await refusal(client, { idempotencyKey, portabilityOnly: true }))[0]).toBe('CONFLICT');
    expect(await refusal(client, { idempotencyKey: 'k'.repeat(256) })).toEqual(['BAD_USER_INPUT', 'idempotencyKey']);
    const { client: other } = await somebody();
    expect(await askForEverything(other, { idempotencyKey })).not.toBe(ids[0]);
    expect(await askForEverything(client)).not.toBe(ids[0]);
  });

  test('that is done cannot be cancelled, and keeps its package', async () => {
    const { client } = await somebody();
    const id = await askForEverything(client);
    await waitFor(client, id, hasStatus('COMPLETED'));
    const { errors } = await ask(client, CancelRequestDocument, { input: { requestId: id } });
    expect(errors?.[0]?.extensions?.code).toBe('CONFLICT');
    expect((await packageOf(client, await requestOf(client, id))).manifest.complete).toBe(true);
  });

  test('is seen by its owner and staff alone', async () => {
    const { client } = await somebody();
    const { client: other } = await somebody();
    const id = await askForEverything(client);
    expect((await requestOf(client, id)).id).toBe(id);
    expect((await requestOf(await habeas.staff('support'), id)).id).toBe(id);
    await expect(requestOf(other, id)).rejects.toThrow('there is no request with this id');
    await expect(requestOf(other, randomUUID())).rejects.toThrow('there is no request with this id');
    const { errors } = await ask(other, CancelRequestDocument, { input: { requestId: id } });
    expect(errors?.[0]?.extensions?.code).toBe('NOT_FOUND');
    await waitFor(client, id, hasStatus('COMPLETED'));
  });
});

describe('The queue of requests', () => {
  const ENTERED = [40, 20, 55, 10, 30, 20];
  let ids: string[];
  let owner: { id: string; client: Client };

  beforeAll(async () => {
    owner = await somebody();
    ids = [];
    for (const days of ENTERED) {
      const receivedAt = daysAgo(days).toISOString();
      ids.push(
        await askForEverything(staff, { accountId: owner.id, channel: 'EMAIL', receivedAt, services: ['habeas'] }),
      );
    }
    await askForEverything(owner.client, { portabilityOnly: true, services: ['habeas'] });
  });

  type Page = PrivacyRequestsQuery['privacyRequests'];
  const page = async (variables: PrivacyRequestsQueryVariables): Promise<Page> =>
    (await need(staff, PrivacyRequestsDocument, variables)).privacyRequests;

  async function all(variables: PrivacyRequestsQueryVariables) {
    const nodes: Page['edges'][number]['node'][] = [];
    for (let after: string | null = null; ; ) {
      const { edges, pageInfo, totalCount }: Page = await page({ ...variables, after });
      expect(edges.length).toBeLessThanOrEqual(variables.first ?? 50);
      nodes.push(...edges.map(({ node }) => node));
      if (!pageInfo.hasNextPage) return { nodes, totalCount };
      after = pageInfo.endCursor ?? null;
    }
  }

  test('is worked off by due day, page by page, each request once', async () => {
    const { nodes } = await all({ first: 3 });
    const due = nodes.map(({ dueAt }) => dueAt);
    expect(due).toEqual([...due].sort());
    expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
    // Other tests open requests meanwhile: a pass during which none came has as many as it counts.
    const missed = async () => {
      const pass = await all({ first: 3 });
      return pass.totalCount - pass.nodes.length;
    };
    await expect.poll(missed).toBe(0);
    const mine = nodes.filter(({ account }) => account?.id === owner.id).map(({ id }) => id);
    expect(mine).toHaveLength(ENTERED.length + 1);
    const oldestFirst = [2, 0, 4].map((place) => ids[place]);
    expect(mine.slice(0, 3)).toEqual(oldestFirst);
    expect(mine.slice(3, 5).sort()).toEqual([ids[1], ids[5]].sort());
    expect(mine[5]).toBe(ids[3]);
  });

  test('can be narrowed by right, state and due day', async () => {
    const portability = await all({ type: 'PORTABILITY' });
    expect(portability.nodes.some(({ account }) => account?.id === owner.id)).toBe(true);
    expect(portability.nodes.every(({ type }) => type === 'PORTABILITY')).toBe(true);
    for (const id of ids) await waitFor(owner.client, id, hasStatus('COMPLETED'));
    const done = await all({ status: ['COMPLETED', 'CANCELLED'] });
    expect(done.nodes.map(({ id }) => id)).toEqual(expect.arrayContaining(ids));
    expect(done.nodes.every(({ status }) => status === 'COMPLETED' || status === 'CANCELLED')).toBe(true);
    const dueAt = (await requestOf(owner.client, ids[0] ?? '')).dueAt;
    const before = (await all({ dueBefore: dueAt })).nodes.map(({ id }) => id);
    expect(before).toContain(ids[2]);
    expect(before).not.toContain(ids[0]);
    expect(before).not.toContain(ids[3]);
  });

  test('refuses a cursor that is none and a page that is too large, and people who are not staff', async () => {
    const wrong = async (client: Client, variables: PrivacyRequestsQueryVariables) =>
      (await ask(client, PrivacyRequestsDocument, variables)).errors?.[0]?.extensions?.code;
    expect(await wrong(staff, { after: 'bm9uc2Vuc2U' })).toBe('BAD_USER_INPUT');
    expect(await wrong(staff, { first: 201 })).toBe('BAD_USER_INPUT');
    expect(await wrong(staff, { first: 0 })).toBe('BAD_USER_INPUT');
    expect(await wrong(owner.client, {})).toBe('FORBIDDEN');
    expect(await wrong(habeas.nobody(), {})).toBe('UNAUTHENTICATED');
    expect(await wrong(staff, { first: 200 })).toBeUndefined();
  });

  test('of one person is shown to them, newest first, page by page', async () => {
    const seen: string[] = [];
    for (let after: string | null = null; ; ) {
      const { me }: MyRequests = await need(owner.client, MY_REQUESTS, { after });
      seen.push(...me.privacyRequests.edges.map(({ node }) => node.receivedAt));
      expect(me.privacyRequests.totalCount).toBe(ENTERED.length + 1);
      if (!me.privacyRequests.pageInfo.hasNextPage) break;
      after = me.privacyRequests.pageInfo.endCursor;
    }
    expect(seen).toHaveLength(ENTERED.length + 1);
    expect(seen).toEqual([...seen].sort().reverse());
  });
});

interface MyRequests {
  readonly me: {
    readonly privacyRequests: {
      readonly totalCount: number;
      readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
      readonly edges: readonly { readonly node: { readonly receivedAt: string } }[];
    };
  };
}
const MY_REQUESTS: TypedDocumentNode<MyRequests, { after: string | null }> = parse(/* GraphQL */ `
  query MyRequests($after: String) {
    me {
      privacyRequests(first: 2, after: $after) {
        totalCount
        pageInfo {
          hasNextPage
          endCursor
        }
        edges {
          node {
            receivedAt
          }
        }
      }
    }
  }
`);
