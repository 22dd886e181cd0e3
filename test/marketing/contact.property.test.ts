import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ALL_CHANNELS } from '../../src/marketing/channels.js';
import { type ContactStanding, decideContact } from '../../src/marketing/contact.js';
import { undo, unsubscribe } from '../../src/marketing/unsubscribing.js';
import { MAIL, publishThree } from '../consents/policies.js';
import { openStore, type Store } from '../support/store.js';
import { deeds } from './ledger-model.js';
import { later, peopleOf } from './people.js';
import { NEWS, TOOL, TRAINING } from './settings.js';

/** Of the properties that need a database; the others always run a thousand. */
const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 15);
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await publishThree(store.db);
});
afterAll(() => store.close());

const said = fc.constantFrom(true, false, null);
const marketing = ['marketing', 'marketing.communications', MAIL, 'marketing.communications.sms'];
const standings: fc.Arbitrary<ContactStanding> = fc.record({
  standing: fc.record({
    accountId: fc.constant('a'),
    status: fc.constantFrom('ACTIVE', 'ACTIVE', 'RESTRICTED', 'ERASING', 'ERASED'),
    epoch: fc.constant('1'),
    consents: fc.array(
      fc.record({
        purpose: fc.constantFrom(...marketing),
        status: fc.constantFrom('GIVEN', 'GIVEN', 'WITHDRAWN', 'EXPIRED', 'NEEDS_RENEWAL'),
        since: fc.nat({ max: 9 }),
        categories: fc.constant(null),
      }),
      { maxLength: 4 },
    ),
    objections: fc.subarray(marketing, { maxLength: 1 }),
  }),
  said: fc.record({ all: said, channel: said, topic: said }),
  suppressed: fc.boolean(),
  softOptIn: fc.boolean(),
  basis: fc.constantFrom('CONSENT', 'CONSENT', 'LEGITIMATE_INTERESTS', null),
});
const contacts = fc.record({
  channel: fc.constantFrom(...ALL_CHANNELS),
  topic: fc.constantFrom(TOOL, NEWS),
  softOptIn: fc.boolean(),
});

describe('no state there can be', () => {
  it('lets marketing be sent against a "no": each of them alone is enough', () => {
    const refusals: ((state: ContactStanding) => ContactStanding)[] = [
      (state) => ({ ...state, said: { ...state.said, all: false } }),
      (state) => ({ ...state, said: { ...state.said, channel: false } }),
      (state) => ({ ...state, said: { ...state.said, topic: false } }),
      (state) => ({ ...state, suppressed: true }),
      (state) => ({ ...state, basis: null }),
      (state) => ({ ...state, standing: { ...state.standing, objections: ['marketing'] } }),
      (state) => ({ ...state, standing: { ...state.standing, status: 'RESTRICTED' } }),
      (state) => ({ ...state, standing: { ...state.standing, status: 'ERASING' } }),
      (state) => ({
        ...state,
        standing: {
          ...state.standing,
          consents: [
            ...state.standing.consents,
            { purpose: 'marketing', status: 'WITHDRAWN', since: 10, categories: null },
          ],
        },
      }),
    ];
    fc.assert(
      fc.property(contacts, standings, fc.constantFrom(...refusals), (contact, state, refuse) => {
        expect(decideContact(contact, refuse(state)).allowed).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('lets electronic mail be sent without consent or a soft opt-in, and anything without a word of the person', () => {
    fc.assert(
      fc.property(contacts, standings, (contact, state) => {
        const without: ContactStanding = { ...state, softOptIn: false, standing: { ...state.standing, consents: [] } };
        const verdict = decideContact(contact, without);
        if (contact.channel === 'EMAIL' || contact.channel === 'SMS') expect(verdict.allowed).toBe(false);
        else if (verdict.allowed) expect([without.said.channel, without.said.topic]).toEqual([true, true]);
        const silent = { ...without, said: { all: null, channel: null, topic: null } };
        expect(decideContact(contact, silent).allowed).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is refused for everybody: with every "yes", marketing is sent', () => {
    const given = { purpose: MAIL, status: 'GIVEN', since: 1, categories: null } as const;
    const willing: ContactStanding = {
      standing: { accountId: 'a', status: 'ACTIVE', epoch: '1', consents: [given], objections: [] },
      said: { all: null, channel: true, topic: true },
      suppressed: false,
      softOptIn: false,
      basis: 'CONSENT',
    };
    const contact = { channel: 'EMAIL', topic: TOOL, softOptIn: false } as const;
    expect(decideContact(contact, willing)).toEqual({ allowed: true, reason: 'CONSENT' });
    expect(decideContact({ ...contact, channel: 'SMS' }, willing)).toEqual({ allowed: false, reason: 'NO_CONSENT' });
  });
});

describe('P28 after an opt-out of all', () => {
  it('nothing that is said or done without lifting it lets marketing be sent, by any channel, about any topic', async () => {
    const people = peopleOf(store);
    await fc.assert(
      fc.asyncProperty(deeds, fc.boolean(), async (done, twice) => {
        const id = await people.reader();
        await people.say(id, { optOutOfAll: true }, {}, later(1));
        for (const [index, deed] of done.entries()) {
          const now = later(10 * (index + 1));
          if (deed.kind !== 'say') {
            await people.byLink(deed.kind === 'undo' ? undo : unsubscribe, id, deed.topic, now);
          } else {
            const topics = [TOOL, NEWS, TRAINING].map((topic) => ({ topic, allowed: deed.tool ?? true }));
            const channels = ALL_CHANNELS.map((channel) => ({ channel, allowed: deed.email ?? true }));
            await people.say(id, { topics, channels }, {}, now);
            if (twice) await people.agree(id, MAIL, now);
          }
          for (const channel of ALL_CHANNELS) {
            for (const topic of [TOOL, NEWS]) expect(await people.verdict(id, channel, topic)).toMatch(/^no: /);
          }
        }
      }),
      { numRuns: ROUNDS },
    );
  }, 1_200_000);
});
