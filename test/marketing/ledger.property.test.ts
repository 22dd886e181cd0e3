import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { preferencesOf } from '../../src/marketing/history.js';
import { setPreferences } from '../../src/marketing/preferences.js';
import { rebuildPreferences } from '../../src/marketing/rebuild.js';
import { undo, unsubscribe } from '../../src/marketing/unsubscribing.js';
import { openStore, type Store } from '../support/store.js';
import { type Deed, deeds, type Entry, meaningOf } from './ledger-model.js';
import { NEWS, SETTINGS, TOOL } from './settings.js';

/** Every round is some thirty transactions; 1,000 take minutes. */
const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 25);
const START = Date.UTC(2026, 0, 1);
const MINUTE = 60_000;
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const person = async () => (await store.db.transaction((tx) => register(tx, store.keys, new Date(START), {}))).id;
const moment = (index: number) => new Date(START + (index + 1) * 9 * MINUTE);

async function carryOut(accountId: string, deed: Deed, now: Date): Promise<void> {
  const act = { accountId, channel: 'WEB', actor: 'data subject' } as const;
  await store.db.transaction(async (tx) => {
    if (deed.kind !== 'say') {
      await (deed.kind === 'undo' ? undo : unsubscribe)(tx, now, { ...act, topic: deed.topic });
    } else {
      const { optOutOfAll, email, sms, tool, news, back } = deed;
      const occurredAt = back === null ? undefined : new Date(now.getTime() - back * MINUTE);
      const given = <Name extends object>(name: Name, allowed: boolean | undefined) =>
        allowed === undefined ? [] : [{ ...name, allowed }];
      await setPreferences(
        tx,
        now,
        SETTINGS,
        { ...act, by: 'STAFF', occurredAt },
        {
          optOutOfAll,
          channels: [...given({ channel: 'EMAIL' as const }, email), ...given({ channel: 'SMS' as const }, sms)],
          topics: [...given({ topic: TOOL }, tool), ...given({ topic: NEWS }, news)],
        },
      );
    }
  });
}

async function ledgerOf(accountId: string): Promise<Entry[]> {
  return store.sql<Entry[]>`
    select id::int, concat_ws(' ', scope, key) as subject, action, allowed, date_part('epoch', occurred_at) * 1000 as at,
      undoes::int
    from preference_events where account_id = ${accountId} order by id`;
}

async function heldBy(accountId: string): Promise<Map<string, boolean>> {
  const rows = await store.sql<{ subject: string; allowed: boolean }[]>`
    select concat_ws(' ', scope, key) as subject, allowed from preference_states where account_id = ${accountId}`;
  return new Map(rows.map(({ subject, allowed }) => [subject, allowed]));
}

describe('marketing preferences as they are stored', () => {
  it('are at every moment what the ledger comes to', async () => {
    await fc.assert(
      fc.asyncProperty(deeds, async (done) => {
        const id = await person();
        for (const [index, deed] of done.entries()) {
          await carryOut(id, deed, moment(index));
          expect(await heldBy(id)).toEqual(meaningOf(await ledgerOf(id)));
        }
      }),
      { numRuns: ROUNDS },
    );
  }, 1_200_000);

  it('are the same in whatever order acts are entered, and however often', async () => {
    const said = fc.array(
      fc.record({ tick: fc.nat({ max: 9 }), optOutOfAll: fc.boolean(), tool: fc.boolean(), email: fc.boolean() }),
      { minLength: 2, maxLength: 5 },
    );
    const orders = said.chain((acts) =>
      fc.tuple(
        fc.constant(acts),
        fc.shuffledSubarray([...acts, ...acts], { minLength: acts.length * 2, maxLength: acts.length * 2 }),
      ),
    );
    const now = new Date(START + 100 * MINUTE);
    const enter = async (
      accountId: string,
      acts: readonly { tick: number; tool: boolean; email: boolean; optOutOfAll: boolean }[],
    ) => {
      for (const { tick, tool, email, optOutOfAll } of acts) {
        const occurredAt = new Date(START + tick * MINUTE);
        const saying = { accountId, channel: 'LETTER', actor: 'staff (dps)', by: 'STAFF', occurredAt } as const;
        const wishes = {
          optOutOfAll,
          channels: [{ channel: 'EMAIL' as const, allowed: email }],
          topics: [{ topic: TOOL, allowed: tool }],
        };
        await store.db.transaction((tx) => setPreferences(tx, now, SETTINGS, saying, wishes));
      }
    };
    await fc.assert(
      fc.asyncProperty(orders, async ([acts, shuffled]) => {
        const [one, other] = [await person(), await person()];
        await enter(one, acts);
        await enter(other, shuffled);
        expect(await heldBy(other)).toEqual(await heldBy(one));
        expect((await ledgerOf(other)).length).toBe((await ledgerOf(one)).length);
      }),
      { numRuns: ROUNDS },
    );
  }, 1_200_000);

  it('after an unsubscription is undone, are what they were before, but for what is newer', async () => {
    const topics = fc.constantFrom(TOOL, NEWS, null);
    await fc.assert(
      fc.asyncProperty(deeds, topics, deeds, async (before, topic, between) => {
        const id = await person();
        for (const [index, deed] of before.entries()) await carryOut(id, deed, moment(index));
        const told = async () => (await preferencesOf(store.sql, SETTINGS, [id])).get(id);
        const held = await heldBy(id);
        const subject = topic === null ? 'ALL ' : `TOPIC ${topic}`;
        const wasRefused = held.get(subject) === false;
        await carryOut(id, { kind: 'unsubscribe', topic }, moment(before.length));
        expect((await heldBy(id)).get(subject)).toBe(false);
        if (topic === null) expect((await told())?.optedOutOfAll).toBe(true);
        // What others say between concerns other subjects only.
        const others = between.flatMap((deed): Deed[] =>
          deed.kind === 'say'
            ? [{ kind: 'say', back: null, ...(deed.sms === undefined ? {} : { sms: deed.sms }) }]
            : [],
        );
        for (const [index, deed] of others.entries()) await carryOut(id, deed, moment(before.length + 1 + index));
        const sms = (await heldBy(id)).get('CHANNEL SMS');
        const end = moment(before.length + 2 + others.length);
        if (!wasRefused) await carryOut(id, { kind: 'undo', topic }, end);
        const expected = new Map(held);
        if (sms !== undefined) expected.set('CHANNEL SMS', sms);
        expect(await heldBy(id)).toEqual(expected);
      }),
      { numRuns: ROUNDS },
    );
  }, 1_200_000);

  it('are, of everybody above, what a rebuild would make of them', async () => {
    expect((await rebuildPreferences(store.sql, { check: true })).differences).toEqual([]);
  });
});
