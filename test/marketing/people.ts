import { type Registration, register } from '../../src/accounts/accounts.js';
import { give, withdraw } from '../../src/consents/consents.js';
import { object } from '../../src/consents/objecting.js';
import type { MarketingChannel } from '../../src/marketing/channels.js';
import type { ContactVerdict } from '../../src/marketing/contact.js';
import { mayContact } from '../../src/marketing/contact-reader.js';
import { type Saying, setPreferences, type Wishes } from '../../src/marketing/preferences.js';
import { undo, unsubscribe } from '../../src/marketing/unsubscribing.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { MAIL } from '../consents/policies.js';
import type { Store } from '../support/store.js';
import { SETTINGS, TOOL } from './settings.js';

export const NOW = new Date('2026-06-01T12:00:00.000Z');
export const later = (minutes: number) => new Date(NOW.getTime() + minutes * 60_000);
const OWN = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;

/** What people do of marketing, and what comes of it, in one store. */
export function peopleOf(store: Store) {
  const { db, sql, keys } = store;
  const say = (accountId: string, wishes: Wishes, more: Partial<Saying> = {}, now = NOW) =>
    db.transaction((tx) => setPreferences(tx, now, SETTINGS, { ...OWN, accountId, ...more }, wishes));
  const agree = (accountId: string, purpose = MAIL, now = NOW) =>
    db.transaction((tx) =>
      give(tx, keys, now, { age: 13, months: 24, taxonomy }, { ...OWN, accountId, purpose, policyVersion: 2 }),
    );
  const person = async (registration: Registration = {}) =>
    (await db.transaction((tx) => register(tx, keys, NOW, registration))).id;
  return {
    person,
    say,
    agree,
    /** Somebody who wants to hear of the tool by e-mail, and agreed to it. */
    reader: async (registration: Registration = {}) => {
      const id = await person(registration);
      await say(id, { channels: [{ channel: 'EMAIL', allowed: true }], topics: [{ topic: TOOL, allowed: true }] });
      await agree(id);
      return id;
    },
    takeBack: (accountId: string, purpose = MAIL, now = NOW) =>
      db.transaction((tx) => withdraw(tx, now, taxonomy, { ...OWN, accountId, purpose })),
    objectTo: (accountId: string, purpose: string) =>
      db.transaction((tx) =>
        object(
          tx,
          NOW,
          { bankHolidays: 'ENG' },
          { declared: [], taxonomy },
          { accountId, purpose, reason: null, ...OWN },
        ),
      ),
    setStatus: (accountId: string, status: string) =>
      sql`update accounts set status = ${status}::account_status where id = ${accountId}`,
    byLink: (act: typeof unsubscribe | typeof undo, accountId: string, topic: string | null, now = NOW) =>
      db.transaction((tx) => act(tx, now, { accountId, topic, channel: 'EMAIL', actor: 'data subject' })),
    verdict: async (accountId: string, channel: MarketingChannel = 'EMAIL', topic = TOOL) =>
      told((await mayContact(sql, SETTINGS, { channel, topic }, [accountId])).get(accountId)),
  };
}

const told = (verdict: ContactVerdict | undefined) => `${verdict?.allowed ? 'yes' : 'no'}: ${verdict?.reason}`;
