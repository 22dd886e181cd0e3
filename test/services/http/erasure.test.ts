import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ServiceError } from '../../../src/errors.js';
import type { Subject } from '../../../src/services/connector.js';
import { httpConnector } from '../../../src/services/http/connector.js';
import type { Service } from '../../../src/services/service.js';
import { subgraphConnector } from '../../../src/services/subgraph/connector.js';
import { plainCredentials } from '../../support/services/credentials.js';
import { service } from '../../support/services/manifests.js';

const CONTRACT = [
  { code: 'CONTRACT', message: { en: 'Existing contract', fi: 'Voimassa oleva sopimus', cy: 'Contract presennol' } },
  { code: 'DEBT', message: { en: 'Something is to be paid' } },
];

/** What the service answers to DELETE, by id: a status and a body. Without an entry it erases. */
const ANSWERS: Readonly<Record<string, readonly [number, unknown]>> = {
  contract: [403, { errors: CONTRACT }],
  talkative: [403, { errors: [{ code: 'CONTRACT', message: { en: 'x' }, trace: 'CANARY' }] }],
  garbled: [403, 'CANARY <html>'],
  unknown: [404, { detail: 'CANARY' }],
  broken: [500, { errors: [{ code: 'X', message: { en: 'CANARY' } }] }],
  unauthorised: [401, 'CANARY'],
  later: [202, ''],
};

const TREE = {
  key: 'SUPPORT',
  children: [
    {
      key: 'TICKETS',
      children: ['t1', 't2'].map((id) => ({ key: 'TICKET', children: [{ key: 'ID', value: id }] })),
    },
  ],
};

const held = new Set<string>();
const calls: { method: string; url: string; authorization: string; key: string | null }[] = [];
let server: Server;
let origin: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://service');
    keep(request);
    const id = decodeURIComponent(url.pathname.split('/').at(-1) ?? '');
    const send = (status: number, body: unknown) =>
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(typeof body === 'string' ? body : JSON.stringify(body));
    if (url.pathname === '/graphql') {
      const id = held.has('ada') ? { id: 'ada', notes: [{ text: 'x' }] } : { id: 'ada', notes: [] };
      return send(200, { data: { _entities: [id] } });
    }
    if (request.method === 'GET') return held.has(id) ? send(200, TREE) : response.writeHead(204).end();
    const [status, body] = ANSWERS[id] ?? [204, ''];
    if (status !== 204) return send(status, body);
    if (url.searchParams.get('dry_run') !== 'true') held.delete(id);
    return response.writeHead(204).end();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((closed) => server.close(closed)));
beforeEach(() => {
  calls.length = 0;
  held.clear();
  for (const id of ['ada', ...Object.keys(ANSWERS)]) held.add(id);
});

function keep({ method = '', url = '', headers }: IncomingMessage) {
  calls.push({
    method,
    url,
    authorization: headers.authorization ?? '',
    key: (headers['idempotency-key'] as string | undefined) ?? null,
  });
}

const { signal } = new AbortController();
const ALL = { heldBack: [] };
const person = (externalId?: string): Subject => ({
  accountId: 'ada',
  ...(externalId === undefined ? {} : { externalId }),
  emails: [],
  phones: [],
});

async function support<Answer>(
  ask: (of: ReturnType<typeof httpConnector>['erasure']) => Promise<Answer>,
  path = '/gdpr/{externalId}',
  rest: Partial<Service> = {},
) {
  const connection = { kind: 'http', url: origin + path, audience: 'sup', queryScope: 'q', deleteScope: 'd' } as const;
  const connector = httpConnector(service(connection, rest), plainCredentials);
  try {
    return await ask(connector.erasure);
  } finally {
    await connector.close();
  }
}

const told = () => calls.map(({ method, url }) => `${method} ${url}`);

describe('Erasing at a service with the GDPR API', () => {
  it('plans by a dry run, which changes nothing', async () => {
    expect(await support((of) => of.plan(person('ada'), ALL, signal))).toEqual({
      service: 'support',
      items: [
        { collection: 'tickets', action: 'DELETE', records: 2, reason: null, legalGround: null, keepUntil: null },
      ],
      refusals: [],
    });
    expect(told()).toEqual(['DELETE /gdpr/ada?dry_run=true', 'GET /gdpr/ada']);
    expect(calls[0]?.authorization).toBe('Bearer support|sup|ada|d');
    expect(calls[1]?.authorization).toBe('Bearer support|sup|ada|q');
    expect(held).toContain('ada');
  });

  it('erases after a dry run, under the key of its step; twice is the same as once', async () => {
    const step = { key: 'step-7', scope: ALL };
    expect((await support((of) => of.erase(person('ada'), step, signal))).items).toMatchObject([{ records: 2 }]);
    expect(told()).toEqual(['DELETE /gdpr/ada?dry_run=true', 'GET /gdpr/ada', 'DELETE /gdpr/ada']);
    expect(calls.map(({ key }) => key)).toEqual([null, null, 'step-7']);
    expect(held).not.toContain('ada');
    expect((await support((of) => of.remaining(person('ada'), ALL, signal))).items).toEqual([]);
    expect(await support((of) => of.erase(person('ada'), step, signal))).toMatchObject({ items: [], refusals: [] });
  });

  it('adds the dry run to a query of the template', async () => {
    await support((of) => of.plan(person('ada'), ALL, signal), '/erase?person={externalId}');
    expect(told()[0]).toBe('DELETE /erase?person=ada&dry_run=true');
  });

  it('keeps the reasons of a refusal in every language they came in, and erases nothing', async () => {
    const errors = CONTRACT;
    const step = { key: 'k', scope: ALL };
    expect(await support((of) => of.plan(person('contract'), ALL, signal))).toMatchObject({
      items: [],
      refusals: errors,
    });
    expect(await support((of) => of.erase(person('contract'), step, signal))).toMatchObject({
      items: [],
      refusals: errors,
    });
    expect(told().filter((call) => !call.endsWith('?dry_run=true'))).toEqual([]);
  });

  it.each(['talkative', 'garbled'])(
    'shows nothing of a refusal that is not of the contract’s shape: %s',
    async (id) => {
      const { refusals } = await support((of) => of.plan(person(id), ALL, signal));
      expect(refusals).toEqual([{ code: 'REFUSED', message: { en: expect.stringContaining('gives no reason') } }]);
    },
  );

  it.each([
    ['broken', 'SERVICE_ANSWER_INVALID'],
    ['later', 'SERVICE_ANSWER_INVALID'],
    ['unauthorised', 'SERVICE_REFUSED_US'],
  ])('fails where the service does: %s', async (id, failure) => {
    const asked = support((of) => of.plan(person(id), ALL, signal));
    await expect(asked).rejects.toMatchObject({ failure });
    await expect(asked).rejects.toBeInstanceOf(ServiceError);
    await expect(asked).rejects.not.toThrow(/CANARY/);
  });

  it('takes 404 for nothing held, and asks nothing about a person without an id there', async () => {
    held.delete('unknown');
    expect(await support((of) => of.plan(person('unknown'), ALL, signal))).toMatchObject({ items: [], refusals: [] });
    calls.length = 0;
    expect(await support((of) => of.plan(person(), ALL, signal))).toMatchObject({ items: [], refusals: [] });
    expect(calls).toEqual([]);
  });

  it('says what the manifest tells of what the service keeps', async () => {
    const rule = {
      action: 'KEEP',
      keepFor: 'P6Y',
      keepFrom: 'closed_at',
      reason: 'Claims.',
      legalGround: 'Limitation Act 1980',
      mask: [],
      shared: 'keep',
    } as const;
    const plan = await support((of) => of.plan(person('ada'), ALL, signal), undefined, {
      erasure: new Map([['tickets', rule]]),
    });
    expect(plan.items).toMatchObject([{ action: 'KEEP', reason: 'Claims.', legalGround: 'Limitation Act 1980' }]);
  });

  it('is refused where a part is under a legal hold: it erases all or nothing', async () => {
    const plan = await support((of) => of.plan(person('ada'), { heldBack: ['tickets'] }, signal));
    expect(plan).toMatchObject({ items: [], refusals: [{ code: 'LEGAL_HOLD' }] });
    expect(calls).toEqual([]);
  });

  it('stops when it is told to', async () => {
    const asked = support((of) => of.plan(person('ada'), ALL, AbortSignal.abort(new Error('enough'))));
    await expect(asked).rejects.toThrow('enough');
  });
});

describe('Erasing at a subgraph', () => {
  const SDL = new URL('../../support/services/notes.graphql', import.meta.url).pathname;
  const notes = (eraseUrl?: string) =>
    subgraphConnector(
      service(
        {
          kind: 'subgraph',
          url: `${origin}/graphql`,
          sdlFile: SDL,
          audience: 'notes',
          ...(eraseUrl ? { eraseUrl } : {}),
        },
        { name: 'notes', field: 'notes', title: 'Notes', kind: 'SUBGRAPH' },
      ),
      plainCredentials,
    );

  it('asks the endpoint of its manifest, under the account’s own id', async () => {
    const connector = notes(`${origin}/erase/{accountId}`);
    const step = { key: 'k', scope: ALL };
    expect(await connector.erasure.erase(person('SUP-1'), step, signal)).toMatchObject({
      items: [{ collection: 'notes', action: 'DELETE', records: 1 }],
      refusals: [],
    });
    expect(told().filter((call) => call.startsWith('DELETE'))).toEqual([
      'DELETE /erase/ada?dry_run=true',
      'DELETE /erase/ada',
    ]);
    expect(calls[0]?.authorization).toBe('Bearer notes|notes|ada|gdprdelete');
    expect((await connector.erasure.remaining(person(), ALL, signal)).items).toEqual([]);
    await connector.close();
  });

  it('refuses with the mend where it has none and something is held', async () => {
    const connector = notes();
    const refused = await connector.erasure.plan(person(), ALL, signal);
    expect(refused.refusals).toMatchObject([{ code: 'ERASURE_NOT_SUPPORTED' }]);
    expect(refused.refusals[0]?.message.en).toContain('connection.subgraph.erase_url');
    held.clear();
    expect(await connector.erasure.plan(person(), ALL, signal)).toMatchObject({ items: [], refusals: [] });
    await connector.close();
  });
});
