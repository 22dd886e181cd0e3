import { randomUUID } from 'node:crypto';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { accessesOf, type ReadQuestion, type ReadRecord, readRecorder } from '../../src/audit/reads.js';
import { openStore, type Store } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const [ann, ben, eve] = [randomUUID(), randomUUID(), randomUUID()];

const PEOPLE: ReadQuestion = {
  operation: 'People',
  document: 'a'.repeat(64),
  fields: { 'Profile.email': 'user.contact.email', 'Profile.givenName': 'user.name.first' },
  services: ['habeas', 'support'],
};

const read = (changes: Partial<ReadRecord> = {}): ReadRecord => ({
  at: new Date('2026-05-04T10:00:00.123Z'),
  actor: 'service audit-tool',
  purpose: 'essential.service',
  question: PEOPLE,
  accountIds: [ann],
  withheld: [],
  ...changes,
});

const rows = () => store.sql`
  select r.id, at, actor, purpose, operation, document, fields, services, account_ids, withheld
  from reads as r join read_questions as q on q.id = r.question_id order by r.id`;
describe('The record of reads', () => {
  it('P23 holds what a request read: one row, however many people', async () => {
    const record = readRecorder(store.sql);
    const withheld = [{ field: 'Profile.email', reason: 'NO_CONSENT', accountIds: [ben] }];
    await record(read({ accountIds: [ann, ben], withheld }));
    expect(await rows()).toEqual([
      {
        id: '1',
        at: new Date('2026-05-04T10:00:00.123Z'),
        actor: 'service audit-tool',
        purpose: 'essential.service',
        operation: 'People',
        document: 'a'.repeat(64),
        fields: { 'Profile.email': 'user.contact.email', 'Profile.givenName': 'user.name.first' },
        services: ['habeas', 'support'],
        account_ids: [ann, ben],
        withheld,
      },
    ]);
  });

  it('tells each person what was read of them, without what was withheld', async () => {
    const told = { id: 1, at: new Date('2026-05-04T10:00:00.123Z'), caller: 'service audit-tool' };
    const rest = { purpose: 'essential.service', services: ['habeas', 'support'] };
    const categories = ['user.contact.email', 'user.name.first'];
    expect(await accessesOf(store.sql, ann, 50, null)).toEqual({
      rows: [{ ...told, ...rest, categories }],
      hasNextPage: false,
      totalCount: 1,
    });
    expect((await accessesOf(store.sql, ben, 50, null)).rows).toEqual([
      { ...told, ...rest, categories: ['user.name.first'] },
    ]);
    expect(await accessesOf(store.sql, eve, 50, null)).toEqual({ rows: [], hasNextPage: false, totalCount: 0 });
  });

  it('names a category once, and keeps it where one of its fields was read', async () => {
    const fields = { 'Profile.email': 'user.contact.email', 'EhcpAuditMembers.email': 'user.contact.email' };
    const withheld = [{ field: 'Profile.email', reason: 'OBJECTED', accountIds: [eve] }];
    const question = { ...PEOPLE, fields, operation: null };
    await readRecorder(store.sql)(read({ accountIds: [eve, eve], question, withheld, purpose: null }));
    const { rows: told, totalCount } = await accessesOf(store.sql, eve, 50, null);
    expect([told[0]?.categories, told[0]?.purpose, totalCount]).toEqual([['user.contact.email'], null, 1]);
  });

  it('writes what is asked once, by however many processes and how often ever it is asked', async () => {
    const asked = { ...PEOPLE, operation: 'Once', document: 'b'.repeat(64) };
    const turned = { ...asked, fields: Object.fromEntries(Object.entries(asked.fields).reverse()) };
    const [one, other] = [readRecorder(store.sql), readRecorder(store.sql)];
    await Promise.all(
      [asked, asked, turned].flatMap((question) => [one(read({ question })), other(read({ question }))]),
    );
    await one(read({ question: { ...asked, services: ['habeas'] } }));
    const written = await store.sql`
      select q.services, count(*)::int as reads from read_questions as q join reads as r on r.question_id = q.id
      where operation = 'Once' group by q.id order by q.id`;
    expect(written).toEqual([
      { services: ['habeas', 'support'], reads: 6 },
      { services: ['habeas'], reads: 1 },
    ]);
  });

  it('is paged, newest first', async () => {
    const record = readRecorder(store.sql);
    const person = randomUUID();
    for (const day of [1, 2, 3]) await record(read({ accountIds: [person], at: new Date(Date.UTC(2026, 5, day)) }));
    const first = await accessesOf(store.sql, person, 2, null);
    expect(first).toMatchObject({ hasNextPage: true, totalCount: 3 });
    const second = await accessesOf(store.sql, person, 2, first.rows.at(-1)?.id ?? null);
    expect(second).toMatchObject({ hasNextPage: false, totalCount: 3 });
    expect([...first.rows, ...second.rows].map(({ at }) => at.getUTCDate())).toEqual([3, 2, 1]);
  });

  it('is found by the person’s own index, however much was read of others', async () => {
    await store.sql`
      insert into reads (at, actor, question_id, account_ids, withheld)
      select now(), 'x', 0, array[gen_random_uuid()], '[]' from generate_series(1, 20000)`;
    await store.sql`insert into reads_of_accounts select account_ids[1], id from reads where question_id = 0`;
    await store.sql`analyze reads, reads_of_accounts`;
    const plan = await store.sql`
      explain select r.* from reads_of_accounts as mine join reads as r on r.id = mine.read_id
      where mine.account_id = ${ann} and mine.read_id < 1000000 order by mine.read_id desc limit 51`;
    expect(plan.map((line) => line['QUERY PLAN']).join('\n')).not.toContain('Seq Scan');
  });

  it('of requests that wait at the same time is written by one statement, prepared once', async () => {
    const sql = postgres(store.url, { max: 1 });
    const record = readRecorder(sql);
    const person = randomUUID();
    for (const requests of [1, 7, 200])
      await Promise.all(Array.from({ length: requests }, () => record(read({ accountIds: [person] }))));
    const prepared = await sql`select name from pg_prepared_statements where statement like ${'%insert into reads (%'}`;
    expect(prepared).toHaveLength(1);
    const written =
      await sql`select xmin, count(*)::int from reads where account_ids = ${[person]} group by xmin order by 2`;
    expect(written.map(({ count }) => count)).toEqual([1, 7, 200]);
    await sql.end();
  });

  it('P23 that cannot be written is told, to each who waits', async () => {
    const record = readRecorder(store.sql);
    await store.sql`alter table reads add constraint no_more check (actor <> 'service full-disk')`;
    const both = await Promise.allSettled([record(read()), record(read({ actor: 'service full-disk' }))]);
    expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    await record(read());
  });
});
