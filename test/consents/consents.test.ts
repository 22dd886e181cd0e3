import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Registration, register } from '../../src/accounts/accounts.js';
import { type Act, expire, type Giving, give, withdraw, withdrawAll } from '../../src/consents/consents.js';
import { consentHistory, currentConsents } from '../../src/consents/current.js';
import { rebuildStates } from '../../src/consents/rebuild.js';
import { readEpochs } from '../../src/consents/standing.js';
import { HabeasError } from '../../src/errors.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { openStore, type Store } from '../support/store.js';
import { MAIL, publishThree, REPORTS, SERVICE } from './policies.js';

const RULES = { age: 13, months: 24, taxonomy };
const at = (day: string) => new Date(`${day}T12:00:00.000Z`);
const NOW = at('2026-06-01');
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await publishThree(store.db);
});
afterAll(() => store.close());

async function person(registration: Registration = {}): Promise<string> {
  return (await store.db.transaction((tx) => register(tx, store.keys, NOW, registration))).id;
}

const OWN = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;
const STAFF = { channel: 'LETTER', actor: 'staff (support)', by: 'STAFF', wording: 'I agree.' } as const;

const agree = (accountId: string, more: Partial<Giving> = {}, now = NOW) =>
  store.db.transaction((tx) =>
    give(tx, store.keys, now, RULES, { ...OWN, accountId, purpose: REPORTS, policyVersion: 2, ...more }),
  );
const takeBack = (accountId: string, purpose: string, more: Partial<Act> = {}, now = NOW) =>
  store.db.transaction((tx) => withdraw(tx, now, taxonomy, { ...OWN, accountId, purpose, ...more }));
const takeBackAll = (accountId: string, more: Partial<Act> = {}, now = NOW) =>
  store.db.transaction((tx) => withdrawAll(tx, now, { ...OWN, accountId, ...more }));
const status = async (accountId: string, purpose = REPORTS) =>
  (await currentConsents(store.sql, [accountId])).get(accountId)?.find((each) => each.purpose === purpose)?.status;
const ledger = async (accountId: string) => (await consentHistory(store.sql, accountId, 200, null)).rows;
const refusal = async (attempt: Promise<unknown>) => {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HabeasError)) throw new Error(`not refused: ${error}`);
  return `${error.code} ${error.message}`;
};

describe('giving consent (Article 7)', () => {
  it('keeps who, when, how, under which version, and the words shown', async () => {
    const id = await person();
    await agree(id, { wording: 'Yes, count me in.', locale: 'en-GB' });
    expect(await ledger(id)).toMatchObject([
      {
        purpose: REPORTS,
        action: 'GIVEN',
        occurredAt: NOW,
        recordedAt: NOW,
        policyVersion: 2,
        validUntil: at('2028-06-01'),
        channel: 'APP',
        actor: 'data subject',
        wording: 'Yes, count me in.',
        locale: 'en-GB',
      },
    ]);
    expect(await status(id)).toBe('GIVEN');
  });

  it('keeps the words of the policy where the person’s app gives none', async () => {
    const id = await person();
    await agree(id);
    expect((await ledger(id))[0]?.wording).toBe('About analytics.reporting\nWhat it means.');
  });

  it('is taken under an older version too, and asked for anew where a later one changed the use', async () => {
    const id = await person();
    await agree(id, { purpose: MAIL, policyVersion: 1 });
    await agree(id, { policyVersion: 1 });
    expect([await status(id, MAIL), await status(id)]).toEqual(['NEEDS_RENEWAL', 'GIVEN']);
    await agree(id, { purpose: MAIL, policyVersion: 2 });
    expect(await status(id, MAIL)).toBe('GIVEN');
  });

  it.each<[string, Partial<Giving>, string]>([
    ['a use that does not rest on consent', { purpose: SERVICE }, 'BAD_USER_INPUT purpose: rests on CONTRACT'],
    [
      'a use nobody knows',
      { purpose: 'analytics.reportin' },
      'BAD_USER_INPUT purpose: is no use of data that is known: did you mean analytics.reporting?',
    ],
    [
      'a use the version does not name',
      { purpose: 'personalize' },
      'BAD_USER_INPUT purpose: version 2 of the privacy policy does not name it',
    ],
    ['an unknown version', { policyVersion: 7 }, 'BAD_USER_INPUT policyVersion: there is no version 7'],
    [
      'a future version',
      { policyVersion: 3 },
      'BAD_USER_INPUT policyVersion: version 3 is not in force yet: it counts from 2999-01-01.',
    ],
    [
      'a version that was not in force then',
      { ...STAFF, occurredAt: at('2022-05-03') },
      'BAD_USER_INPUT policyVersion: version 2 was not in force yet',
    ],
    ['no words, from staff', { ...STAFF, wording: undefined }, 'BAD_USER_INPUT wording: is missing'],
    ['blank words', { wording: ' \n' }, 'BAD_USER_INPUT wording: is missing'],
    ['control characters in the words', { wording: 'Yes\u0000' }, 'BAD_USER_INPUT wording: holds control characters'],
    ['the future', { occurredAt: at('2026-06-02') }, 'BAD_USER_INPUT occurredAt: lies in the future.'],
    ['no language', { locale: 'en_GB!' }, 'BAD_USER_INPUT locale: is no language tag'],
    ['endless evidence', { evidence: 'x'.repeat(501) }, 'BAD_USER_INPUT evidence: is longer than 500 characters.'],
    ['nobody', { accountId: randomUUID() }, 'NOT_FOUND accountId: there is no account with this id.'],
  ])('refuses %s, and writes nothing', async (_what, more, expected) => {
    const id = await person();
    expect(await refusal(agree(id, more))).toContain(expected);
    expect(await ledger(id)).toEqual([]);
    expect((await readEpochs(store.sql, [id])).get(id)).toBe('0');
  });

  it.each(['RESTRICTED', 'ERASING', 'ERASED'])('refuses an account that is %s', async (accountStatus) => {
    const id = await person();
    await store.sql`update accounts set status = ${accountStatus}::account_status where id = ${id}`;
    expect(await refusal(agree(id))).toMatch(/^CONFLICT accountId: (processing is restricted|the account)/);
  });

  it('needs the guardian as long as the person may be younger than 13', async () => {
    const guardianId = await person();
    const child = await person({ birthYears: { from: 2012, to: 2013 }, guardianId });
    const eve = at('2026-12-30');
    expect(await refusal(agree(child, {}, eve))).toContain('FORBIDDEN accountId: the person may be younger than 13');
    expect(await refusal(agree(child, STAFF, eve))).toContain('FORBIDDEN');
    await agree(child, { by: 'GUARDIAN', actor: 'guardian' }, eve);
    expect((await ledger(child))[0]?.actor).toBe('guardian');
    // Born on the last day of the last year at the latest.
    await agree(child, { purpose: MAIL }, at('2026-12-31'));
    expect(await status(child, MAIL)).toBe('GIVEN');
  });

  it('of a child can be taken back by the child', async () => {
    const child = await person({ birthYears: { from: 2015, to: 2015 } });
    await agree(child, { by: 'GUARDIAN', actor: 'guardian' });
    await takeBack(child, REPORTS);
    expect(await status(child)).toBe('WITHDRAWN');
  });
});

describe('taking consent back (Article 7(3))', () => {
  it('holds at once, changes the epoch, and a second time changes nothing', async () => {
    const id = await person();
    await agree(id);
    const epoch = Number((await readEpochs(store.sql, [id])).get(id));
    await takeBack(id, REPORTS);
    expect(Number((await readEpochs(store.sql, [id])).get(id))).toBeGreaterThan(epoch);
    const before = await ledger(id);
    await takeBack(id, REPORTS);
    expect(await ledger(id)).toEqual(before);
    expect(await status(id)).toBe('WITHDRAWN');
  });

  it('of a wider use ends the narrower ones, until they are given anew', async () => {
    const id = await person();
    await takeBack(id, 'analytics');
    await agree(id);
    expect(await status(id)).toBe('GIVEN');
    await takeBack(id, 'analytics');
    expect(await status(id)).toBe('WITHDRAWN');
    await agree(id);
    expect(await status(id)).toBe('GIVEN');
  });

  it('of a narrower use leaves the wider one', async () => {
    const id = await person();
    await agree(id, { purpose: 'analytics' });
    await takeBack(id, REPORTS);
    expect([await status(id), await status(id, 'analytics')]).toEqual(['WITHDRAWN', 'GIVEN']);
  });

  it.each(['RESTRICTED', 'ERASING'])('is not refused to an account that is %s', async (accountStatus) => {
    const id = await person();
    await agree(id);
    await store.sql`update accounts set status = ${accountStatus}::account_status where id = ${id}`;
    await takeBack(id, REPORTS);
    expect(await status(id)).toBe('WITHDRAWN');
  });

  it('is not refused before any policy has been published, nor by a clock that runs behind', async () => {
    const own = await openStore();
    try {
      const { id } = await own.db.transaction((tx) => register(tx, own.keys, NOW, {}));
      const occurredAt = at('2026-06-05');
      await own.db.transaction((tx) =>
        withdraw(tx, NOW, taxonomy, { ...OWN, accountId: id, purpose: MAIL, occurredAt }),
      );
      const { rows } = await consentHistory(own.sql, id, 1, null);
      expect(rows).toMatchObject([{ action: 'WITHDRAWN', policyVersion: 0, occurredAt: NOW, recordedAt: NOW }]);
    } finally {
      await own.close();
    }
  });

  it('of a use nobody knows says that nothing was withdrawn', async () => {
    const id = await person();
    expect(await refusal(takeBack(id, 'marketting'))).toBe(
      'BAD_USER_INPUT purpose: is not known, so nothing was withdrawn: did you mean marketing?',
    );
  });

  it('of everything covers what was never asked, so that no older "yes" comes back', async () => {
    const id = await person();
    await agree(id, { purpose: MAIL });
    await takeBackAll(id, {}, at('2026-06-10'));
    await agree(id, { ...STAFF, occurredAt: at('2026-06-05') }, at('2026-06-11'));
    expect([await status(id, MAIL), await status(id)]).toEqual(['WITHDRAWN', 'WITHDRAWN']);
    const before = await ledger(id);
    await takeBackAll(id, {}, at('2026-06-12'));
    expect(await ledger(id)).toEqual(before);
  });
});

describe('what is entered late', () => {
  it('keeps both times, and never undoes what was done later', async () => {
    const id = await person();
    await agree(id, {}, at('2026-06-05'));
    await takeBack(id, REPORTS, { ...STAFF, occurredAt: at('2026-06-03') }, at('2026-06-06'));
    expect((await ledger(id))[0]).toMatchObject({
      action: 'WITHDRAWN',
      occurredAt: at('2026-06-03'),
      recordedAt: at('2026-06-06'),
      channel: 'LETTER',
    });
    expect(await status(id)).toBe('GIVEN');
    await takeBack(id, REPORTS, {}, at('2026-06-07'));
    await agree(id, { ...STAFF, occurredAt: at('2026-06-06') }, at('2026-06-08'));
    expect(await status(id)).toBe('WITHDRAWN');
    expect(await ledger(id)).toHaveLength(4);
  });

  it('sent twice is one act', async () => {
    const id = await person();
    const letter = { ...STAFF, occurredAt: at('2026-05-01') };
    await agree(id, letter);
    await agree(id, letter, at('2026-06-02'));
    expect(await ledger(id)).toHaveLength(1);
  });
});

describe('consent that has run out', () => {
  it('permits nothing from that moment, is written down once, and can be given anew', async () => {
    const id = await person();
    await agree(id, { ...STAFF, occurredAt: at('2023-06-01') });
    expect(await status(id)).toBe('EXPIRED');
    const sweep = () => store.db.transaction((tx) => expire(tx, NOW, id));
    await sweep();
    await sweep();
    const [expiry, ...earlier] = await ledger(id);
    expect(expiry).toMatchObject({ action: 'EXPIRED', occurredAt: at('2025-06-01'), recordedAt: NOW, actor: 'Habeas' });
    expect(earlier).toHaveLength(1);
    await agree(id);
    expect(await status(id)).toBe('GIVEN');
  });

  it('does not end a consent given later but entered after', async () => {
    const id = await person();
    await agree(id, { ...STAFF, occurredAt: at('2023-06-01') });
    await store.db.transaction((tx) => expire(tx, NOW, id));
    await agree(id, { ...STAFF, occurredAt: at('2025-01-01') }, at('2026-06-02'));
    expect(await status(id)).toBe('GIVEN');
  });
});

describe('the ledger', () => {
  it.each([
    ['update', "update consent_events set wording = 'other'"],
    ['delete', 'delete from consent_events'],
    ['truncate', 'truncate consent_events'],
    ['update where nothing is', 'update consent_events set wording = null where false'],
  ])('refuses to change, even to its owner: %s', async (_what, statement) => {
    await expect(store.sql.unsafe(statement)).rejects.toMatchObject({
      code: '23001',
      message: 'rows of consent_events are only ever added',
    });
  });

  it('has every act of people at work at once, and what holds is the last of them (R-32)', async () => {
    const id = await person();
    const acts = Array.from({ length: 24 }, (_, index) =>
      // Clocks of servers differ; the order in which the acts were done does not.
      index % 2 === 0
        ? agree(id, {}, new Date(NOW.getTime() + ((index * 7) % 5) * 1_000))
        : takeBack(id, REPORTS, {}, new Date(NOW.getTime() - index * 1_000)),
    );
    await Promise.all(acts);
    const rows = await ledger(id);
    expect(rows.filter(({ action }) => action === 'GIVEN')).toHaveLength(12);
    expect(await status(id)).toBe(rows[0]?.action);
    const times = rows.map(({ occurredAt }) => occurredAt.getTime());
    expect(times).toEqual([...times].sort((a, b) => b - a));
  });

  it('makes what holds anew where it was damaged, and finds nothing to mend elsewhere', async () => {
    const id = await person();
    await agree(id);
    await agree(id, { purpose: MAIL });
    await takeBack(id, MAIL);
    await store.sql`update consent_states set status = 'GIVEN' where account_id = ${id} and purpose = ${MAIL}`;
    await store.sql`delete from consent_states where account_id = ${id} and purpose = ${REPORTS}`;
    const check = await rebuildStates(store.sql, { check: true });
    expect(check.differences.map(({ accountId, purpose }) => [accountId, purpose])).toEqual([
      [id, REPORTS],
      [id, MAIL],
    ]);
    expect(await status(id, MAIL)).not.toBe('WITHDRAWN');
    await rebuildStates(store.sql, { check: false });
    expect((await rebuildStates(store.sql, { check: true })).differences).toEqual([]);
    expect([await status(id), await status(id, MAIL)]).toEqual(['GIVEN', 'WITHDRAWN']);
  });
});
