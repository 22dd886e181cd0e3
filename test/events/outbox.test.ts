import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { linkService, register } from '../../src/accounts/accounts.js';
import { give, withdraw, withdrawAll } from '../../src/consents/consents.js';
import { object, withdrawObjection } from '../../src/consents/objecting.js';
import type { Tx } from '../../src/database/database.js';
import { type NewEvent, publish } from '../../src/events/events.js';
import { liftRestriction, restrict } from '../../src/requests/restriction.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { MAIL, publishThree, REPORTS } from '../consents/policies.js';
import { openStore, type Store } from '../support/store.js';

const NOW = new Date('2026-06-01T12:00:00.000Z');
const OWN = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;
const RULES = { age: 13, months: 24, taxonomy };
const CALENDAR = { bankHolidays: 'ENG' } as const;
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await publishThree(store.db);
});
afterAll(() => store.close());
beforeEach(() => store.sql`delete from event_subscriptions`);

const inTx = <Result>(act: (tx: Tx) => Promise<Result>) => store.db.transaction(act);
const subscribe = (service: string, external = false) =>
  store.sql`insert into event_subscriptions (service, external, pulls) values (${service}, ${external}, false)`;
const person = async (...services: string[]) => {
  const links = services.map((service) => ({ service, externalId: randomUUID() }));
  return (await inTx((tx) => register(tx, store.keys, NOW, { links }))).id;
};
const published = async (accountId: string) => {
  const rows = await store.sql<{ type: string; purpose: string | null }[]>`
    select type, purpose from events where account_id = ${accountId} order by position`;
  return rows.map(({ type, purpose }) => (purpose ? `${type} ${purpose}` : type));
};
const toTell = async (accountId: string, service: string) => {
  const rows = await store.sql<{ type: string }[]>`
    select type from event_deliveries join events using (account_id, position)
    where account_id = ${accountId} and event_deliveries.service = ${service} order by position`;
  return rows.map(({ type }) => type);
};
const event = (accountId: string, more: Partial<NewEvent> = {}): NewEvent => ({
  type: 'consent.withdrawn',
  accountId,
  purpose: REPORTS,
  recordedAt: NOW,
  ...more,
});

describe('what is published', () => {
  it('tells of consent given and taken back, once for each change', async () => {
    const accountId = await person();
    const act = { ...OWN, accountId };
    for (let time = 0; time < 2; time++) {
      await inTx((tx) =>
        give(tx, store.keys, NOW, RULES, { ...act, purpose: REPORTS, policyVersion: 2, occurredAt: NOW }),
      );
    }
    for (let time = 0; time < 2; time++) {
      await inTx((tx) => withdraw(tx, NOW, taxonomy, { ...act, purpose: REPORTS }));
    }
    await inTx((tx) => withdrawAll(tx, NOW, act));
    const all = await published(accountId);
    expect(all.slice(0, 2)).toEqual([`consent.given ${REPORTS}`, `consent.withdrawn ${REPORTS}`]);
    expect(all.slice(2)).toContain(`consent.withdrawn ${MAIL}`);
    expect(new Set(all).size).toBe(all.length);
  });

  it('does not tell of what was entered late and changes nothing', async () => {
    const accountId = await person();
    const act = { ...OWN, accountId, purpose: REPORTS };
    await inTx((tx) => give(tx, store.keys, NOW, RULES, { ...act, policyVersion: 2 }));
    const earlier = new Date(NOW.getTime() - 60_000);
    await inTx((tx) => withdraw(tx, NOW, taxonomy, { ...act, occurredAt: earlier }));
    expect(await published(accountId)).toEqual([`consent.given ${REPORTS}`]);
  });

  it('tells of objection and restriction, and of their end', async () => {
    const accountId = await person();
    const { channel, actor, by } = OWN;
    const uses = { declared: [], taxonomy };
    const objecting = { accountId, purpose: 'marketing', reason: null, channel, actor, by };
    await inTx((tx) => object(tx, NOW, CALENDAR, uses, objecting));
    for (let time = 0; time < 2; time++) await inTx((tx) => withdrawObjection(tx, NOW, objecting));
    const restriction = await inTx((tx) => restrict(tx, NOW, CALENDAR, { accountId, reason: null, channel, actor }));
    await inTx((tx) => liftRestriction(tx, NOW, restriction.id, 'staff (dps)', 'told by letter'));
    expect(await published(accountId)).toEqual([
      'processing.objected marketing',
      'objection.withdrawn marketing',
      'processing.restricted',
      'restriction.lifted',
    ]);
  });

  it('is written with what it tells of, or not at all', async () => {
    const accountId = await person('shop');
    await subscribe('shop');
    const failed = inTx(async (tx) => {
      await withdraw(tx, NOW, taxonomy, { ...OWN, accountId, purpose: REPORTS });
      throw new Error('power cut');
    });
    await expect(failed).rejects.toThrow('power cut');
    expect(await published(accountId)).toEqual(['account.linked']);
    expect(await toTell(accountId, 'shop')).toEqual([]);
  });
});

describe('who is told', () => {
  it('a subscribed service that knows the person, and no other', async () => {
    await subscribe('shop');
    await subscribe('school');
    const known = await person('shop', 'school', 'library');
    const stranger = await person('library');
    for (const accountId of [known, stranger]) await inTx((tx) => publish(tx, event(accountId)));
    expect(await toTell(known, 'shop')).toEqual(['account.linked', 'consent.withdrawn']);
    expect(await toTell(known, 'school')).toEqual(['account.linked', 'consent.withdrawn']);
    expect(await toTell(known, 'library')).toEqual([]);
    expect(await toTell(stranger, 'shop')).toEqual([]);
  });

  it('of a link, only the service it is a link to', async () => {
    await subscribe('shop');
    await subscribe('school');
    const accountId = await person('shop');
    await inTx((tx) => linkService(tx, store.keys, NOW, accountId, 'school', randomUUID()));
    expect(await toTell(accountId, 'shop')).toEqual(['account.linked']);
    expect(await toTell(accountId, 'school')).toEqual(['account.linked']);
  });

  it('P31 of marketing, no service of others', async () => {
    await subscribe('ours');
    await subscribe('theirs', true);
    const accountId = await person('ours', 'theirs');
    await inTx((tx) =>
      publish(tx, [
        event(accountId, { type: 'preferences.changed' }),
        event(accountId, { purpose: 'marketing' }),
        event(accountId, { type: 'consent.given', purpose: 'marketing.communications.email' }),
        event(accountId, { type: 'consent.given', purpose: MAIL }),
        event(accountId),
      ]),
    );
    expect((await toTell(accountId, 'ours')).length).toBe(6);
    expect(await toTell(accountId, 'theirs')).toEqual(['account.linked', 'consent.withdrawn']);
  });
});
