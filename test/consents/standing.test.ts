import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEpochs, readStandings } from '../../src/consents/standing.js';
import { openStore, type Store } from '../support/store.js';

const MAIL = 'marketing.communications.email';
const IMPROVE = 'functional.service.improve';
const GIVEN_AT = new Date('2026-03-01T09:00:00.123Z');
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await publish(1, '2019-01-01', { [MAIL]: { categories: ['user.contact.email'] }, [IMPROVE]: {} });
  await publish(2, '2022-05-04', { [MAIL]: { categories: ['user.contact'], material: true }, [IMPROVE]: {} });
  await publish(3, '2999-01-01', { [MAIL]: { material: true }, [IMPROVE]: { material: true } });
});
afterAll(() => store.close());

type Named = Readonly<Record<string, { categories?: string[]; material?: boolean }>>;

async function publish(version: number, effectiveFrom: string, purposes: Named): Promise<void> {
  const { sql } = store;
  await sql`insert into policies values (${version}, ${effectiveFrom}, 'Privacy', 'Text', 'hash', now(), 'staff (dps)')`;
  for (const [purpose, { categories = [], material = false }] of Object.entries(purposes)) {
    await sql`insert into policy_purposes values
      (${version}, ${purpose}, 't', 'd', 'CONSENT', ${categories}, null, '{}', false, ${material})`;
  }
}

async function person(status = 'ACTIVE'): Promise<string> {
  const id = randomUUID();
  await store.sql`insert into accounts (id, status, record) values (${id}, ${status}, '')`;
  return id;
}

async function say(id: string, purpose: string, status: string, version: number, validUntil: Date | null = null) {
  await store.sql`insert into consent_states values
    (${id}, ${purpose}, ${status}, ${GIVEN_AT}, ${version}, ${validUntil}, 1)`;
}

const standing = async (id: string, purposes: string[]) => (await readStandings(store.sql, [id], purposes)).get(id);

describe('where a person stands', () => {
  it('tells status, epoch, consents to the uses asked about with the categories consented to, and objections', async () => {
    const id = await person('RESTRICTED');
    await say(id, MAIL, 'GIVEN', 2);
    await say(id, 'marketing', 'WITHDRAWN', 0);
    await say(id, 'analytics', 'GIVEN', 2);
    await store.sql`insert into objections values (${id}, ${IMPROVE}, now(), 'LETTER', now()), (${id}, 'marketing', now(), 'LETTER', now())`;
    expect(await standing(id, [MAIL, 'marketing.communications', 'marketing'])).toEqual({
      accountId: id,
      status: 'RESTRICTED',
      epoch: '0',
      consents: expect.toSatisfy((consents: { purpose: string }[]) => {
        const expected = [
          { purpose: 'marketing', status: 'WITHDRAWN', since: GIVEN_AT.getTime(), categories: [] },
          { purpose: MAIL, status: 'GIVEN', since: GIVEN_AT.getTime(), categories: ['user.contact'] },
        ];
        expect([...consents].sort((a, b) => (a.purpose < b.purpose ? -1 : 1))).toEqual(expected);
        return true;
      }),
      objections: expect.toSatisfy((purposes: string[]) => [...purposes].sort().join() === `${IMPROVE},marketing`),
    });
  });

  it('reads no consents where none matter, and nothing of unknown people', async () => {
    const id = await person();
    await say(id, MAIL, 'GIVEN', 2);
    const read = await readStandings(store.sql, [id, randomUUID()], []);
    expect([...read.values()]).toEqual([{ accountId: id, status: 'ACTIVE', epoch: '0', consents: [], objections: [] }]);
    expect((await readStandings(store.sql, [], [MAIL])).size).toBe(0);
  });

  it('needs renewal once a version in force changed the use, not before, and not where another use changed', async () => {
    const id = await person();
    await say(id, MAIL, 'GIVEN', 1);
    await say(id, IMPROVE, 'GIVEN', 1);
    const consents = (await standing(id, [MAIL, IMPROVE]))?.consents.map(({ purpose, status }) => [purpose, status]);
    expect(Object.fromEntries(consents ?? [])).toEqual({ [MAIL]: 'NEEDS_RENEWAL', [IMPROVE]: 'GIVEN' });
  });

  it('sees a version that comes into force after the first read', async () => {
    const own = await openStore();
    try {
      await own.sql`insert into policies values (1, '2019-01-01', 't', 't', 'h', now(), 's')`;
      await own.sql`insert into policy_purposes values (1, ${MAIL}, 't', 'd', 'CONSENT', '{}', null, '{}', true, false)`;
      const id = randomUUID();
      await own.sql`insert into accounts (id, record) values (${id}, '')`;
      await own.sql`insert into consent_states values (${id}, ${MAIL}, 'GIVEN', now(), 1, null, 1)`;
      const status = async () => (await readStandings(own.sql, [id], [MAIL])).get(id)?.consents[0]?.status;
      expect(await status()).toBe('GIVEN');
      await own.sql.begin(async (tx) => {
        await tx`insert into policies values (2, (now() at time zone 'Europe/London')::date, 't', 't', 'h', now(), 's')`;
        await tx`insert into policy_purposes values (2, ${MAIL}, 't', 'd', 'CONSENT', '{}', null, '{}', true, true)`;
      });
      expect(await status()).toBe('NEEDS_RENEWAL');
    } finally {
      await own.close();
    }
  });

  it('ends a consent on its last day without anybody writing so', async () => {
    const id = await person();
    const ended = new Date('2026-03-02T00:00:00.000Z');
    await say(id, MAIL, 'GIVEN', 2, ended);
    await say(id, IMPROVE, 'GIVEN', 2, new Date('2999-01-01'));
    const consents = (await standing(id, [MAIL, IMPROVE]))?.consents ?? [];
    expect(consents.find(({ purpose }) => purpose === MAIL)).toMatchObject({ status: 'EXPIRED', since: +ended });
    expect(consents.find(({ purpose }) => purpose === IMPROVE)).toMatchObject({ status: 'GIVEN' });
  });

  it('changes its epoch with the status, whoever writes it', async () => {
    const id = await person();
    await store.sql`update accounts set status = 'RESTRICTED' where id = ${id}`;
    expect(await readEpochs(store.sql, [id, randomUUID()])).toEqual(new Map([[id, '1']]));
    await store.sql`update accounts set updated_at = now() where id = ${id}`;
    await store.sql`update accounts set status = 'ACTIVE', gate_epoch = gate_epoch + 1 where id = ${id}`;
    expect((await standing(id, []))?.epoch).toBe('2');
  });
});

describe('the cost of a read', () => {
  const PEOPLE = Math.max(5_000, Number(process.env.HABEAS_ROUNDS ?? 0));

  it('looks into indexes only, however many people there are', async () => {
    const { sql } = store;
    await sql`insert into accounts (id, record) select gen_random_uuid(), decode(repeat('ab', 600), 'hex') from generate_series(1, ${PEOPLE})`;
    await sql`insert into consent_states select id, purpose, 'GIVEN', now(), 2, now() + interval '1 year', 1
      from accounts, unnest(${[MAIL, IMPROVE]}::text[]) as purpose on conflict do nothing`;
    await sql`insert into objections select id, ${IMPROVE}, now(), 'API', now() from accounts on conflict do nothing`;
    await sql`analyze`;
    const ids = (await sql<{ id: string }[]>`select id from accounts limit 64`).map(({ id }) => id);
    await sql`select pg_stat_force_next_flush()`;
    const reserved = await sql.reserve();
    try {
      const looks = () => reserved<{ table: string; scans: number; looks: number }[]>`
        select relname as table, seq_scan::int as scans, idx_scan::int as looks from pg_stat_xact_user_tables
        where relname in ('accounts', 'consent_states', 'objections') order by relname`;
      await reserved`begin`;
      for (let round = 0; round < 10; round += 1) await readStandings(reserved, ids, [MAIL, 'marketing']);
      const seen = await looks();
      await reserved`commit`;
      expect(seen.map(({ table, scans }) => [table, scans])).toEqual([
        ['accounts', 0],
        ['consent_states', 0],
        ['objections', 0],
      ]);
      expect(seen.every((table) => table.looks >= 10)).toBe(true);
      // Planned once, not anew for each number of ids.
      const [plans] = await reserved<{ generic: number; custom: number }[]>`
        select generic_plans::int as generic, custom_plans::int as custom from pg_prepared_statements
        where statement like '%gate_epoch%consent_states%'`;
      expect(plans).toMatchObject({ custom: 0 });
    } finally {
      reserved.release();
    }
  });
});
