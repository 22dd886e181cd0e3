import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { learnContacts, updateProfile } from '../../src/accounts/accounts.js';
import { contactable, mayContact } from '../../src/marketing/contact-reader.js';
import { EVERYTHING } from '../../src/marketing/ledger.js';
import { recordSoftOptIn, type SoftOptIn } from '../../src/marketing/soft-opt-ins.js';
import { fingerprintOf, isSuppressed, setSuppressions } from '../../src/marketing/suppressions.js';
import { undo, unsubscribe } from '../../src/marketing/unsubscribing.js';
import { MAIL, publishThree } from '../consents/policies.js';
import { openStore, type Store } from '../support/store.js';
import { later, NOW, peopleOf } from './people.js';
import { NEWS, SETTINGS, TOOL, TRAINING } from './settings.js';

let store: Store;
let people: ReturnType<typeof peopleOf>;

beforeAll(async () => {
  store = await openStore();
  await publishThree(store.db);
  people = peopleOf(store);
});
afterAll(() => store.close());

const address = () => `${randomUUID()}@school.example`;
const withAddress = (value: string, verified = true) => ({
  identifiers: [{ type: 'EMAIL' as const, value, verified }],
});
const suppress = (value: string, suppressed = true, since = NOW, subject: object = EVERYTHING) =>
  store.db.transaction((tx) =>
    setSuppressions(tx, [
      {
        fingerprint: fingerprintOf(store.keys, { channel: 'EMAIL', address: value }),
        ...EVERYTHING,
        ...subject,
        suppressed,
        since,
        recordedAt: since,
        source: 'staff (dps)',
      },
    ]),
  );
const suppressed = (value: string, topic: string | null = null) =>
  isSuppressed(store.sql, fingerprintOf(store.keys, { channel: 'EMAIL', address: value }), 'EMAIL', topic);

describe('whether marketing may be sent', () => {
  it('P24 needs the channel, the topic and consent, each said by the person', async () => {
    const id = await people.person();
    expect(await people.verdict(id)).toBe('no: CHANNEL_NOT_ALLOWED');
    await people.say(id, { channels: [{ channel: 'EMAIL', allowed: true }] });
    expect(await people.verdict(id)).toBe('no: TOPIC_NOT_ALLOWED');
    await people.say(id, { topics: [{ topic: TOOL, allowed: true }] });
    expect(await people.verdict(id)).toBe('no: NO_CONSENT');
    await people.agree(id);
    expect(await people.verdict(id)).toBe('yes: CONSENT');
    expect(await people.verdict(id, 'EMAIL', NEWS)).toBe('no: TOPIC_NOT_ALLOWED');
    expect(await people.verdict(id, 'PHONE')).toBe('no: CHANNEL_NOT_ALLOWED');
  });

  it('P28 ends with an opt-out of all, whatever is said after but an explicit lift', async () => {
    const id = await people.reader();
    await people.say(id, { optOutOfAll: true });
    await people.say(id, { channels: [{ channel: 'EMAIL', allowed: true }], topics: [{ topic: TOOL, allowed: true }] });
    await people.agree(id);
    expect(await people.verdict(id)).toBe('no: OPTED_OUT_OF_ALL');
    await people.say(id, { optOutOfAll: false });
    expect(await people.verdict(id)).toBe('yes: CONSENT');
  });

  it('ends with the consent, and with an objection, which is absolute (Article 21(3))', async () => {
    const id = await people.reader();
    await people.takeBack(id);
    expect(await people.verdict(id)).toBe('no: CONSENT_WITHDRAWN');
    const objector = await people.reader();
    await people.objectTo(objector, 'marketing');
    expect(await people.verdict(objector)).toBe('no: OBJECTED');
  });

  it.each([
    ['RESTRICTED', 'no: RESTRICTED'],
    ['ERASING', 'no: ERASED'],
    ['ERASED', 'no: ERASED'],
  ])('ends with an account that is %s', async (status, expected) => {
    const id = await people.reader();
    await people.setStatus(id, status);
    expect(await people.verdict(id)).toBe(expected);
  });

  it('is no for nobody, and for an account whose addresses are not known yet', async () => {
    expect(await people.verdict(randomUUID())).toBe('no: UNKNOWN_ACCOUNT');
    const id = await people.reader(withAddress(address()));
    await store.sql`update accounts set contacts_known = false where id = ${id}`;
    await store.sql`delete from contact_fingerprints where account_id = ${id}`;
    expect(await people.verdict(id)).toBe('no: SUPPRESSED');
    expect(await learnContacts(store.db, store.keys, 10)).toBe(1);
    expect(await people.verdict(id)).toBe('yes: CONSENT');
    expect(await store.sql`select kind from contact_fingerprints where account_id = ${id}`).toHaveLength(1);
  });

  it('by a channel the policy in force does not name is no', async () => {
    const own = await openStore();
    try {
      const there = peopleOf(own);
      const id = await there.person();
      await there.say(id, {
        channels: [{ channel: 'EMAIL', allowed: true }],
        topics: [{ topic: TOOL, allowed: true }],
      });
      expect(await there.verdict(id)).toBe('no: NOT_IN_POLICY');
    } finally {
      await own.close();
    }
  });

  it('stops at once with the link of a message, and comes back undone', async () => {
    const id = await people.reader();
    await people.byLink(unsubscribe, id, TOOL);
    expect(await people.verdict(id)).toBe('no: TOPIC_NOT_ALLOWED');
    await people.byLink(undo, id, TOOL);
    expect(await people.verdict(id)).toBe('yes: CONSENT');
  });
});

describe('a soft opt-in (PECR, regulation 22(3))', () => {
  const whole = (accountId: string): SoftOptIn => ({
    accountId,
    channel: 'EMAIL',
    occurredAt: NOW,
    addressCollectedByUs: true,
    inSaleOrNegotiation: true,
    similarProductsOnly: true,
    refusalOfferedAtCollection: true,
    refusalOfferedInEveryMessage: true,
    actor: 'service shop',
    evidence: 'order 12',
  });
  const record = (optIn: SoftOptIn, now = NOW) => store.db.transaction((tx) => recordSoftOptIn(tx, now, optIn));

  it('stands in for consent, for the topics configured and the channel it is for', async () => {
    const id = await people.person();
    await record(whole(id));
    await record(whole(id));
    expect(await people.verdict(id, 'EMAIL', TRAINING)).toBe('yes: SOFT_OPT_IN');
    expect(await people.verdict(id, 'EMAIL', TOOL)).toBe('no: CHANNEL_NOT_ALLOWED');
    expect(await people.verdict(id, 'SMS', TRAINING)).not.toMatch(/^yes/);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['all marketing', (id) => people.say(id, { optOutOfAll: true }, {}, later(1))],
    ['the channel', (id) => people.say(id, { channels: [{ channel: 'EMAIL', allowed: false }] }, {}, later(1))],
    ['the topic', (id) => people.byLink(unsubscribe, id, TRAINING, later(1))],
    ['marketing by objecting', (id) => people.objectTo(id, MAIL)],
    ['consent', (id) => people.takeBack(id, MAIL, later(1))],
  ])('ends for good where the person refuses %s', async (_what, refuse) => {
    const id = await people.person();
    await record(whole(id));
    await refuse(id);
    expect(await people.verdict(id, 'EMAIL', TRAINING)).toMatch(/^no: /);
    await people.say(id, { optOutOfAll: false }, {}, later(2));
    expect(await people.verdict(id, 'EMAIL', TRAINING)).toMatch(/^no: /);
  });

  it.each([
    'addressCollectedByUs',
    'inSaleOrNegotiation',
    'similarProductsOnly',
    'refusalOfferedAtCollection',
    'refusalOfferedInEveryMessage',
  ] as const)('is none where %s is not so, for the database neither', async (fact) => {
    const id = await people.person();
    await expect(record({ ...whole(id), [fact]: false })).rejects.toThrow(`${fact}: is not so`);
    await expect(
      store.sql`insert into soft_opt_ins values (${id}, 'EMAIL', now(), now(), true, true, true, true, false, 'a', 'e')`,
    ).rejects.toThrow('soft_opt_ins_whole');
  });

  it('is refused by telephone, from the future, without proof', async () => {
    const id = await people.person();
    await expect(record({ ...whole(id), channel: 'PHONE' })).rejects.toThrow('channel: is no electronic mail');
    await expect(record({ ...whole(id), occurredAt: later(1) })).rejects.toThrow('occurredAt: lies in the future');
    await expect(record({ ...whole(id), evidence: ' ' })).rejects.toThrow('evidence: is empty');
  });
});

describe('the suppression list', () => {
  it('holds for an address without an account, in any spelling, and keeps nothing readable', async () => {
    const value = address();
    expect(await suppressed(value)).toBe(false);
    await suppress(value);
    expect(await suppressed(` ${value.toUpperCase()} `)).toBe(true);
    const [row] = await store.sql`select suppressions::text as row from suppressions order by recorded_at desc limit 1`;
    expect(row?.row).not.toContain(value.slice(0, 8));
  });

  it('holds for whoever has the address now, also since they changed to it', async () => {
    const value = address();
    await suppress(value);
    const id = await people.reader(withAddress(value, false));
    expect(await people.verdict(id)).toBe('no: SUPPRESSED');
    const mover = await people.reader();
    expect(await people.verdict(mover)).toBe('yes: CONSENT');
    await store.db.transaction((tx) => updateProfile(tx, store.keys, NOW, mover, { email: value }));
    expect(await people.verdict(mover)).toBe('no: SUPPRESSED');
    await store.db.transaction((tx) => updateProfile(tx, store.keys, NOW, mover, { email: null }));
    expect(await people.verdict(mover)).toBe('yes: CONSENT');
  });

  it('of one topic or channel holds for that alone', async () => {
    const value = address();
    await suppress(value, true, NOW, { scope: 'TOPIC', key: NEWS });
    const id = await people.reader(withAddress(value));
    expect(await people.verdict(id)).toBe('yes: CONSENT');
    expect(await people.verdict(id, 'EMAIL', NEWS)).toBe('no: SUPPRESSED');
    expect([await suppressed(value), await suppressed(value, NEWS)]).toEqual([false, true]);
  });

  it('tells of an address whose holder has refused, objected, or is restricted', async () => {
    const [out, objecting, restricted] = [address(), address(), address()];
    await people.say(await people.reader(withAddress(out)), { optOutOfAll: true });
    await people.objectTo(await people.reader(withAddress(objecting)), 'marketing');
    await people.setStatus(await people.reader(withAddress(restricted)), 'RESTRICTED');
    expect(await Promise.all([out, objecting, restricted].map((value) => suppressed(value)))).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('takes the later word, and at one instant the refusal', async () => {
    const value = address();
    await suppress(value, true, later(5));
    await suppress(value, false, later(3));
    await suppress(value, false, later(5));
    expect(await suppressed(value)).toBe(true);
    await suppress(value, false, later(6));
    expect(await suppressed(value)).toBe(false);
  });

  it.each<[string, (id: string) => Promise<unknown>]>([
    ['an opt-out of all', (id) => people.say(id, { optOutOfAll: true })],
    ['an objection', (id) => people.objectTo(id, 'marketing')],
    ['a refused channel', (id) => people.say(id, { channels: [{ channel: 'EMAIL', allowed: false }] })],
  ])('outlives the erasure of whoever refused: %s', async (_what, refuse) => {
    const value = address();
    const id = await people.reader({ ...withAddress(value), profile: { email: value } });
    await refuse(id);
    await people.setStatus(id, 'ERASED');
    await store.sql`delete from accounts where id = ${id}`;
    expect(await suppressed(value)).toBe(true);
    // A service that imports the address again, with a "yes" it says it has, changes nothing.
    const again = await people.person(withAddress(value));
    await people.say(
      again,
      { optOutOfAll: false, channels: [{ channel: 'EMAIL', allowed: true }], topics: [{ topic: TOOL, allowed: true }] },
      { by: 'SERVICE', actor: 'service import' },
      later(1),
    );
    await people.agree(again);
    expect(await people.verdict(again)).toBe('no: SUPPRESSED');
  });

  it('keeps nothing of who was erased and had refused nothing', async () => {
    const value = address();
    const id = await people.reader(withAddress(value));
    await store.sql`delete from accounts where id = ${id}`;
    expect(await suppressed(value)).toBe(false);
  });

  it('is lifted by a new word of the person themself, for addresses proven to be theirs', async () => {
    const [proven, claimed] = [address(), address()];
    await suppress(proven);
    await suppress(claimed);
    const id = await people.reader(withAddress(proven));
    const stranger = await people.reader(withAddress(claimed, false));
    for (const each of [id, stranger]) await people.say(each, { optOutOfAll: false }, {}, later(1));
    expect(await people.verdict(id)).toBe('yes: CONSENT');
    expect(await people.verdict(stranger)).toBe('no: SUPPRESSED');
  });
});

describe('many at once', () => {
  it('answers 10,000 people in well under a second, and pages through those who may be reached', async () => {
    const own = await openStore();
    try {
      const there = peopleOf(own);
      await publishThree(own.db);
      await own.sql`
        insert into accounts (id, record, contacts_known)
        select gen_random_uuid(), '', true from generate_series(1, 10000)`;
      await own.sql`
        insert into consent_states (account_id, purpose, status, since, policy_version, event_id)
        select id, ${MAIL}, 'GIVEN', now(), 2, 1 from accounts`;
      await own.sql`
        insert into preference_states (account_id, scope, key, allowed, since, event_id)
        select id, said.scope::preference_scope, said.key, said.allowed, now(), 1
        from (select id, row_number() over (order by id) as number from accounts) person,
          lateral (values ('CHANNEL', 'EMAIL', true), ('TOPIC', ${TOOL}, number % 3 > 0), ('ALL', '', number % 5 > 0))
            as said (scope, key, allowed)`;
      await own.sql`analyze`;
      const ids = (await own.sql<{ id: string }[]>`select id from accounts order by id`).map(({ id }) => id);
      const ask = () => mayContact(own.sql, SETTINGS, { channel: 'EMAIL', topic: TOOL }, ids);
      await ask();
      const began = performance.now();
      const verdicts = await ask();
      const took = performance.now() - began;
      const allowed = ids.filter((id) => verdicts.get(id)?.allowed);
      expect(allowed).toEqual(ids.filter((_id, index) => (index + 1) % 3 > 0 && (index + 1) % 5 > 0));
      // A fifth of it on an idle machine.
      expect(took).toBeLessThan(3_000);

      const found: string[] = [];
      let last: string | null = null;
      do {
        const page = await contactable(own.sql, SETTINGS, { channel: 'EMAIL', topic: TOOL }, 999, last);
        found.push(...page.accountIds);
        last = page.last;
      } while (last !== null);
      expect(found).toEqual(allowed);
      expect(await there.verdict(ids[1] ?? '')).toBe('yes: CONSENT');
    } finally {
      await own.close();
    }
  });
});
