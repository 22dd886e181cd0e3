import { rmSync } from 'node:fs';
import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Company, startCompany } from '../../examples/company.js';
import { EXAMPLE_IDS, PERSON_OF_THE_DEMO, people, SERVICES, type ServiceName } from '../../examples/people.js';
import { startedBefore } from '../support/demo.js';
import { type HabeasStandIn, startHabeasStandIn, type TokenClaims } from './habeas-stand-in.js';

let directory: string;
const everyone = people();
const demo = {
  support: PERSON_OF_THE_DEMO.externalIds.support ?? '',
  audit: PERSON_OF_THE_DEMO.externalIds.ehcp_audit,
};
const stores = new Map<ServiceName, Sql>();
let habeas: HabeasStandIn;
let company: Company;

beforeAll(async () => {
  [directory, habeas] = await Promise.all([startedBefore(), startHabeasStandIn()]);
  company = await startCompany({ dataDirectory: directory, jwksUrl: habeas.jwksUrl, issuer: habeas.issuer });
  for (const name of SERVICES) stores.set(name, postgres(company.databaseUrl(name), { max: 2 }));
});

afterAll(async () => {
  await Promise.all([...stores.values()].map((sql) => sql.end()));
  await company?.stop();
  habeas?.close();
  rmSync(directory, { recursive: true, force: true });
});

function store(name: ServiceName): Sql {
  const sql = stores.get(name);
  if (!sql) throw new Error(`no store ${name}`);
  return sql;
}

function urlOf(name: ServiceName): string {
  return company.processes.find((service) => service.name === name)?.url ?? '';
}

describe('The stores of the demo company', () => {
  test('know everybody by the external id the person has there', async () => {
    const held: Record<ServiceName, Set<unknown>> = {
      ehcp_audit: await ids('ehcp_audit', 'select external_id from members'),
      training: await ids('training', 'select account_id from learners'),
      support: await ids('support', 'select external_id from customers'),
      newsletter: await ids('newsletter', 'select external_id from subscriptions where external_id is not null'),
    };
    for (const name of SERVICES) {
      expect(held[name]).toEqual(new Set(everyone.flatMap(({ externalIds }) => externalIds[name] ?? [])));
    }
  });

  async function ids(name: ServiceName, query: string): Promise<Set<unknown>> {
    return new Set((await store(name).unsafe(query).values()).flat());
  }

  test('hold some three hundred records of the person of the demo, and thousands of a dozen others', async () => {
    const [demoRecords = 0, ...heavy] = await Promise.all(
      everyone.filter(({ volume }) => volume !== 'light').map(({ accountId }) => recordsOf(accountId)),
    );
    expect(demoRecords).toBeGreaterThan(200);
    expect(demoRecords).toBeLessThan(500);
    expect(heavy).toHaveLength(12);
    expect(Math.min(...heavy)).toBeGreaterThan(2000);
  });

  async function recordsOf(accountId: string): Promise<number> {
    const person = everyone.find((one) => one.accountId === accountId);
    const [emails, externalIds] = [person?.emails ?? [], person?.externalIds ?? {}];
    const counts = await Promise.all([
      store('ehcp_audit')`
        select (select count(*) from comments c where c.author_member_id = m.id)
             + (select count(*) from findings f join audited_plans p on p.id = f.audited_plan_id
                  join audits a on a.id = p.audit_id where a.lead_member_id = m.id) n
          from members m where external_id = ${externalIds.ehcp_audit ?? ''}`,
      store('training')`select count(*) n from bookings where account_id = ${accountId}`,
      store('support')`
        select count(*) n from messages m join tickets t on t.id = m.ticket_id
          join customers c on c.id = t.customer_id where c.external_id = ${externalIds.support ?? ''}`,
      store('newsletter')`
        select count(distinct s.id) + count(distinct o.id) n from subscriptions u
          join sends s on s.subscription_id = u.id left join opens o on o.send_id = s.id
         where u.email = any(${[...emails]})`,
    ]);
    return counts.reduce((sum, [row]) => sum + Number(row?.n ?? 0), 0);
  }

  test('are each closed to the other services', async () => {
    const foreign = new URL(company.databaseUrl('training'));
    foreign.pathname = '/support';
    const sql = postgres(foreign.href, { max: 1 });
    await expect(sql`select 1`).rejects.toMatchObject({ code: '42501' });
    await sql.end();
  });

  test('can be read by Habeas but not changed', async () => {
    for (const [key, table] of [
      ['EHCP_AUDIT_DATABASE_URL', 'members'],
      ['NEWSLETTER_DATABASE_URL', 'subscriptions'],
    ] as const) {
      const sql = postgres(company.env[key] ?? '', { max: 1 });
      expect(await sql`select 1 from ${sql(table)} limit 1`).toHaveLength(1);
      await expect(sql`delete from ${sql(table)}`).rejects.toMatchObject({ code: '25006' });
      await expect(sql.begin('read write', (tx) => tx`delete from ${tx(table)}`)).rejects.toMatchObject({
        code: '42501',
      });
      await sql.end();
    }
  });

  test('can be erased from by a role that adds nothing', async () => {
    const sql = postgres(company.env.NEWSLETTER_ERASE_URL ?? '', { max: 1 });
    await sql.begin((tx) => tx`delete from opens where id = -1`);
    await expect(sql`insert into campaigns (title, topic, sent_at) values ('', '', now())`).rejects.toMatchObject({
      code: '42501',
    });
    await sql.end();
  });
});

describe('Every service of the demo company', () => {
  test('answers in a process of its own', async () => {
    expect(new Set(company.processes.map(({ pid }) => pid)).size).toBe(4);
    for (const name of SERVICES) {
      const response = await fetch(`${urlOf(name)}/healthz`);
      expect([response.status, await response.json()]).toEqual([200, { service: name, healthy: true }]);
    }
  });

  test('comes back at the same address after a restart, and is not restarted unasked', async () => {
    const before = company.processes.find(({ name }) => name === 'newsletter');
    process.kill(before?.pid ?? 0, 'SIGKILL');
    await expect
      .poll(() =>
        fetch(`${before?.url}/healthz`).then(
          () => 'up',
          () => 'down',
        ),
      )
      .toBe('down');
    const after = await company.restart('newsletter');
    expect(after.url).toBe(before?.url);
    expect(after.pid).not.toBe(before?.pid);
    expect((await fetch(`${after.url}/healthz`)).status).toBe(200);
  });

  test('has its own use beside Habeas', async () => {
    const audits = await fetch(`${urlOf('ehcp_audit')}/audits?member=${demo.audit}`);
    expect(await audits.json()).toMatchObject({ audits: [{ plans: 3 }, {}, {}, {}, {}] });
    const email = PERSON_OF_THE_DEMO.emails[0]?.toUpperCase();
    const subscriptions = await fetch(`${urlOf('newsletter')}/subscriptions?email=${email}`);
    expect(await subscriptions.json()).toMatchObject({ subscriptions: [{ topic: expect.any(String) }] });
  });
});

const WRONG: readonly [string, (audience: string, subject: string, scope: string) => Promise<string | undefined>][] = [
  ['no token', async () => undefined],
  ['no Bearer token', async () => 'Basic aGFiZWFz'],
  ['a token that is none', async () => 'Bearer nonsense'],
  ['another audience', (_audience, subject, scope) => habeas.bearer({ audience: 'newsletter', subject, scope })],
  [
    'another issuer',
    (audience, subject, scope) => habeas.bearer({ audience, subject, scope, issuer: 'http://x.example' }),
  ],
  ['another scope', (audience, subject, scope) => habeas.bearer({ audience, subject, scope: `${scope}s` })],
  [
    'a token that has run out',
    (audience, subject, scope) => habeas.bearer({ audience, subject, scope, lifetime: -60 }),
  ],
  ['a forged signature', (audience, subject, scope) => habeas.forged({ audience, subject, scope })],
];

describe('The support desk', () => {
  const ask = async (method: string, externalId: string, claims: Partial<TokenClaims> = {}, query = '') => {
    const scope = method === 'DELETE' ? 'gdprdelete' : 'gdprquery';
    const authorization = await habeas.bearer({ audience: 'support', subject: externalId, scope, ...claims });
    return fetch(`${urlOf('support')}/gdpr/${externalId}${query}`, { method, headers: { authorization } });
  };

  test.each(WRONG)('tells nothing to a caller with %s', async (_case, token) => {
    const authorization = await token('support', demo.support, 'gdprquery');
    const headers = authorization === undefined ? {} : { authorization };
    const response = await fetch(`${urlOf('support')}/gdpr/${demo.support}`, { headers });
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ errors: [{ code: 'UNAUTHORISED', message: { en: expect.any(String) } }] });
  });

  test('takes a token for one person for that person alone', async () => {
    expect((await ask('GET', demo.support, { subject: 'SUP-00000000' })).status).toBe(401);
  });

  test('answers everything it holds as a tree', async () => {
    const response = await ask('GET', demo.support);
    expect(response.status).toBe(200);
    const tree = (await response.json()) as { children: { key: string; children: unknown[] }[] };
    expect(tree).toMatchObject({ key: 'SUPPORT', children: [{ key: 'TICKETS' }, { key: 'PROFILE' }] });
    expect(tree.children[0]?.children).toHaveLength(9);
    expect(JSON.stringify(tree)).toContain("Siobhán O'Neill");
  });

  test('answers 204 for somebody it does not know, 400 for a number that is none', async () => {
    expect((await ask('GET', 'SUP-00000000')).status).toBe(204);
    expect((await ask('DELETE', 'SUP-00000000')).status).toBe(204);
    expect((await ask('GET', 'habeas-health-check')).status).toBe(400);
    expect((await ask('DELETE', demo.support, {}, '?dry_run=perhaps')).status).toBe(400);
  });

  test('erases with the right scope only', async () => {
    expect((await ask('DELETE', demo.support, { scope: 'gdprquery' })).status).toBe(401);
  });

  test('says why not while a ticket is open, in a dry run and without', async () => {
    const [open] = await store('support')<{ external_id: string }[]>`
      select external_id from customers c where exists
        (select 1 from tickets t where t.customer_id = c.id and t.status = 'open') limit 1`;
    const held = await rows();
    for (const query of ['?dry_run=true', '']) {
      const response = await ask('DELETE', open?.external_id ?? '', {}, query);
      expect(response.status).toBe(403);
      expect(await response.json()).toEqual({
        errors: [{ code: 'OPEN_TICKET', message: { en: expect.any(String), cy: expect.any(String) } }],
      });
    }
    expect(await rows()).toEqual(held);
  });

  test('changes nothing in a dry run, then erases one person and nobody else, and is content to be asked again', async () => {
    const [closed] = await store('support')<{ id: string; external_id: string; tickets: number; messages: number }[]>`
      select c.id, c.external_id, count(distinct t.id)::int tickets, count(m.id)::int messages
        from customers c join tickets t on t.customer_id = c.id join messages m on m.ticket_id = t.id
       group by c.id having bool_and(t.status = 'closed') order by c.id desc limit 1`;
    const externalId = closed?.external_id ?? '';
    const before = await rows();
    expect((await ask('DELETE', externalId, {}, '?dry_run=true')).status).toBe(204);
    expect(await rows()).toEqual(before);

    expect((await ask('DELETE', externalId)).status).toBe(204);
    expect(await rows()).toEqual({
      customers: before.customers - 1,
      tickets: before.tickets - (closed?.tickets ?? 0),
      messages: before.messages - (closed?.messages ?? 0),
    });
    expect((await ask('GET', externalId)).status).toBe(204);
    expect((await ask('DELETE', externalId)).status).toBe(204);
  });

  async function rows(): Promise<{ customers: number; tickets: number; messages: number }> {
    const [counted] = await store('support')<{ customers: number; tickets: number; messages: number }[]>`
      select (select count(*)::int from customers) customers, (select count(*)::int from tickets) tickets,
             (select count(*)::int from messages) messages`;
    return { customers: counted?.customers ?? 0, tickets: counted?.tickets ?? 0, messages: counted?.messages ?? 0 };
  }
});

describe('The training subgraph', () => {
  const ask = async (query: string, authorization?: string) => {
    const headers = { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) };
    const response = await fetch(`${urlOf('training')}/graphql`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query }),
    });
    return {
      status: response.status,
      body: (await response.json()) as { data?: Record<string, unknown>; errors?: unknown },
    };
  };
  const erase = async (accountId: string, query = '', claims: Partial<TokenClaims> = {}) => {
    const token = { audience: 'training', subject: accountId, scope: 'gdprdelete', ...claims };
    const headers = { authorization: await habeas.bearer(token) };
    return (await fetch(`${urlOf('training')}/gdpr/${accountId}${query}`, { method: 'DELETE', headers })).status;
  };

  test('erases a learner for Habeas alone, after a dry run that changes nothing', async () => {
    const sql = store('training');
    const accountId = '00000000-0000-4000-8000-000000000000';
    await sql`insert into learners values (${accountId}, 'Nia', 'nia@example.org', null, now())`;
    const held = async () => (await sql`select 1 from learners where account_id = ${accountId}`).length;
    expect(await erase(accountId, '', { scope: 'gdprquery' })).toBe(401);
    expect(await erase(accountId, '', { subject: EXAMPLE_IDS.demo })).toBe(401);
    expect(await erase(accountId, '?dry_run=true')).toBe(204);
    expect(await held()).toBe(1);
    expect([await erase(accountId), await erase(accountId)]).toEqual([204, 204]);
    expect(await held()).toBe(0);
  });

  const askOf = async (ids: readonly string[], selection: string) => {
    const representations = ids.map((id) => `{ __typename: "Account", id: "${id}" }`).join(' ');
    const query = `{ _entities(representations: [${representations}]) { ... on Account { id training { ${selection} } } } }`;
    return ask(query, await habeas.bearer({ audience: 'training' }));
  };

  test.each(WRONG)('tells nothing of a person to a caller with %s', async (_case, token) => {
    const query = `{ _entities(representations: [{ __typename: "Account", id: "${EXAMPLE_IDS.demo}" }]) { ... on Account { training { accessNeeds } } } }`;
    const { status, body } = await ask(query, await token('training', 'habeas', 'gdprquery'));
    expect(status).toBe(401);
    expect(body.data).toBeUndefined();
  });

  test('asks for a token where personal data hides behind an alias or a fragment, and for any entity', async () => {
    const id = `representations: [{ __typename: "Booking", id: "1" }]`;
    for (const query of [
      `{ courses: _entities(${id}) { ... on Booking { feedback } } }`,
      `{ courses { id } ...F } fragment F on Query { _entities(${id}) { ... on Booking { feedback } } }`,
    ]) {
      expect((await ask(query)).status).toBe(401);
    }
  });

  test('shows its schema and its catalogue to anybody', async () => {
    const { status, body } = await ask('{ _service { sdl } courses(topic: "Practice") { id title startsOn } }');
    expect(status).toBe(200);
    expect(body.data?.courses).toContainEqual({
      id: expect.any(String),
      title: 'Preparing for adulthood',
      startsOn: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
    expect(JSON.stringify(body.data?._service)).toContain('@personalData(category: \\"user.health_and_medical\\"');
  });

  test('answers for many people in order, and null for those it does not know', async () => {
    const ids = [EXAMPLE_IDS.unknownToEveryService, EXAMPLE_IDS.heaviest, 'not an id', EXAMPLE_IDS.demo];
    const { body } = await askOf(ids, 'bookings(first: 1) { totalCount } certificates { serial } nextCourse { title }');
    const record = (totalCount: unknown) => ({
      bookings: { totalCount },
      certificates: expect.arrayContaining([{ serial: expect.stringMatching(/^LE-/) }]),
      nextCourse: { title: expect.any(String) },
    });
    expect(body.errors).toBeUndefined();
    expect(body.data?._entities).toEqual([
      { id: ids[0], training: null },
      { id: ids[1], training: record(expect.any(Number)) },
      { id: ids[2], training: null },
      { id: ids[3], training: record(14) },
    ]);
  });

  test('pages bookings by cursor, each exactly once', async () => {
    const seen: string[] = [];
    let after: string | null = null;
    for (let pages = 0; pages < 20; pages += 1) {
      const argument: string = after === null ? '' : `, after: "${after}"`;
      const { body } = await askOf(
        [EXAMPLE_IDS.heaviest],
        `bookings(first: 30${argument}) { edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage endCursor } }`,
      );
      const { edges, pageInfo } = bookingsOf(body);
      expect(pageInfo.hasPreviousPage).toBe(after !== null);
      expect(pageInfo.endCursor).toBe(edges.at(-1)?.cursor);
      seen.push(...edges.map(({ node }) => node.id));
      after = pageInfo.endCursor;
      if (!pageInfo.hasNextPage) break;
    }
    const held = await store('training')`
      select id from bookings where account_id = ${EXAMPLE_IDS.heaviest} order by id`.values();
    expect(held.length).toBeGreaterThan(60);
    expect(seen).toEqual(held.flat());
  });

  interface Bookings {
    edges: { cursor: string; node: { id: string } }[];
    pageInfo: { hasNextPage: boolean; hasPreviousPage: boolean; endCursor: string | null };
  }
  function bookingsOf({ data }: { data?: Record<string, unknown> }): Bookings {
    const [account] = (data?._entities ?? []) as { training: { bookings: Bookings } }[];
    if (!account) throw new Error('no account was answered');
    return account.training.bookings;
  }

  test.each(['first: 201', 'first: 0', 'after: "nonsense"'])('refuses bookings(%s)', async (argument) => {
    const { body } = await askOf([EXAMPLE_IDS.demo], `bookings(${argument}) { totalCount }`);
    expect(body.errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });
});
