import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Registration, register } from '../../src/accounts/accounts.js';
import { HabeasError } from '../../src/errors.js';
import { preferenceHistory, preferencesOf } from '../../src/marketing/history.js';
import { type Saying, setPreferences, type Wishes } from '../../src/marketing/preferences.js';
import { undo, unsubscribe } from '../../src/marketing/unsubscribing.js';
import { openStore, type Store } from '../support/store.js';
import { NEWS, SETTINGS, TOOL } from './settings.js';

const at = (day: string) => new Date(`${day}T12:00:00.000Z`);
const NOW = at('2026-06-01');
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

async function person(registration: Registration = {}): Promise<string> {
  return (await store.db.transaction((tx) => register(tx, store.keys, NOW, registration))).id;
}

const OWN = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;
const STAFF = { channel: 'LETTER', actor: 'staff (support)', by: 'STAFF' } as const;
const say = (accountId: string, wishes: Wishes, more: Partial<Saying> = {}, now = NOW) =>
  store.db.transaction((tx) => setPreferences(tx, now, SETTINGS, { ...OWN, accountId, ...more }, wishes));
const byLink = (act: typeof unsubscribe, accountId: string, topic: string | null, now = NOW) =>
  store.db.transaction((tx) => act(tx, now, { accountId, topic, channel: 'EMAIL', actor: 'data subject' }));
const told = async (id: string) => {
  const found = (await preferencesOf(store.sql, SETTINGS, [id])).get(id);
  const allowed = [...(found?.channels ?? []), ...(found?.topics ?? [])].filter((each) => each.allowed);
  return {
    none: found?.optedOutOfAll,
    allowed: allowed.map((each) => ('channel' in each ? each.channel : each.topic)),
    updatedAt: found?.updatedAt,
  };
};
const ledger = async (id: string) => (await preferenceHistory(store.sql, id, 200, null)).rows;
const refusal = async (attempt: Promise<unknown>) => {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HabeasError)) throw new Error(`not refused: ${error}`);
  return `${error.code} ${error.message}`;
};

describe('marketing preferences', () => {
  it('allow nothing as long as nothing was said', async () => {
    expect(await told(await person())).toEqual({ none: false, allowed: [], updatedAt: null });
  });

  it('P26 P27 are of each channel and each topic by itself, with who, when and how', async () => {
    const id = await person();
    await say(id, { channels: [{ channel: 'EMAIL', allowed: true }], topics: [{ topic: TOOL, allowed: true }] });
    await say(id, { channels: [{ channel: 'PHONE', allowed: false }] }, STAFF, at('2026-06-02'));
    expect(await told(id)).toEqual({ none: false, allowed: ['EMAIL', TOOL], updatedAt: at('2026-06-02') });
    expect(await ledger(id)).toMatchObject([
      { scope: 'CHANNEL', key: 'PHONE', allowed: false, channel: 'LETTER', actor: 'staff (support)', action: 'SAID' },
      { scope: 'TOPIC', key: TOOL, allowed: true, occurredAt: NOW, recordedAt: NOW, channel: 'APP' },
      { scope: 'CHANNEL', key: 'EMAIL', allowed: true, actor: 'data subject' },
    ]);
  });

  it('P28 no single preference undoes an opt-out of all; an explicit false does', async () => {
    const id = await person();
    await say(id, { optOutOfAll: true });
    await say(id, { channels: [{ channel: 'EMAIL', allowed: true }], topics: [{ topic: NEWS, allowed: true }] });
    expect(await told(id)).toMatchObject({ none: true });
    await say(id, { optOutOfAll: false });
    expect(await told(id)).toMatchObject({ none: false, allowed: ['EMAIL', NEWS] });
  });

  it('entered late keep both times, and never undo what was said after', async () => {
    const id = await person();
    await say(id, { optOutOfAll: true }, {}, at('2026-06-05'));
    await say(id, { optOutOfAll: false }, { ...STAFF, occurredAt: at('2026-06-03') }, at('2026-06-06'));
    expect(await told(id)).toMatchObject({ none: true });
    expect((await ledger(id))[0]).toMatchObject({ occurredAt: at('2026-06-03'), recordedAt: at('2026-06-06') });
  });

  it('of two acts at one instant take the refusal', async () => {
    const id = await person();
    const letter = { ...STAFF, occurredAt: at('2026-05-01') };
    await say(id, { topics: [{ topic: NEWS, allowed: false }] }, letter);
    await say(id, { topics: [{ topic: NEWS, allowed: true }] }, letter);
    expect(await told(id)).toMatchObject({ allowed: [] });
  });

  it('are told to services with what makes them so, and only where something was added', async () => {
    const id = await person();
    for (let times = 0; times < 2; times += 1) await say(id, { optOutOfAll: true });
    expect(await store.sql`select type, occurred_at as at from events where account_id = ${id}`).toEqual([
      { type: 'preferences.changed', at: NOW },
    ]);
  });

  it('refused twice are refused once', async () => {
    const id = await person();
    await say(id, { optOutOfAll: true });
    await say(id, { optOutOfAll: true });
    expect(await ledger(id)).toHaveLength(1);
  });

  it.each(['RESTRICTED', 'ERASING'])('of an account that is %s can be refused, and not allowed', async (status) => {
    const id = await person();
    await store.sql`update accounts set status = ${status}::account_status where id = ${id}`;
    await say(id, { optOutOfAll: true });
    expect(await told(id)).toMatchObject({ none: true });
    expect(await refusal(say(id, { optOutOfAll: false }))).toMatch(/^CONFLICT accountId: /);
  });

  it.each<[string, Wishes, Partial<Saying>, string]>([
    [
      'a topic there is none of',
      { topics: [{ topic: 'new', allowed: false }] },
      {},
      'BAD_USER_INPUT topics[0].topic: is no topic of marketing: did you mean news?',
    ],
    [
      'a topic named twice',
      { topics: [true, false].map((allowed) => ({ topic: NEWS, allowed })) },
      {},
      'BAD_USER_INPUT topics: says two things of one',
    ],
    [
      'a permission in the future',
      { optOutOfAll: false },
      { occurredAt: at('2027-01-01') },
      'BAD_USER_INPUT occurredAt: lies in the future.',
    ],
    ['endless evidence', { optOutOfAll: true }, { evidence: 'x'.repeat(501) }, 'BAD_USER_INPUT evidence: is longer'],
    ['nobody', { optOutOfAll: true }, { accountId: '3f0c9a52-7a0e-4c5e-9d5b-2f6a1f0f7c11' }, 'NOT_FOUND accountId'],
  ])('are refused for %s, and nothing is written', async (_what, wishes, more, expected) => {
    const id = await person();
    expect(await refusal(say(id, wishes, more))).toContain(expected);
    expect(await ledger(id)).toEqual([]);
  });

  it('refused in the future by a clock that runs ahead are refused now', async () => {
    const id = await person();
    await say(id, { optOutOfAll: true }, { occurredAt: at('2026-06-02') });
    expect((await ledger(id))[0]).toMatchObject({ occurredAt: NOW });
  });

  it('are rows nobody can change or remove, the owner of the table neither', async () => {
    const id = await person();
    await say(id, { optOutOfAll: true });
    await expect(store.sql`update preference_events set allowed = true`).rejects.toThrow('only ever added');
    await expect(store.sql`delete from preference_events`).rejects.toThrow('only ever added');
    await expect(store.sql`truncate preference_events`).rejects.toThrow('only ever added');
  });
});

describe('unsubscribing by link', () => {
  it('stops one topic or all, once, and says so in the history', async () => {
    const id = await person();
    await say(id, { topics: [TOOL, NEWS].map((topic) => ({ topic, allowed: true })) });
    expect(await byLink(unsubscribe, id, NEWS)).toBe(true);
    expect(await byLink(unsubscribe, id, NEWS)).toBe(false);
    expect(await told(id)).toMatchObject({ none: false, allowed: [TOOL] });
    await byLink(unsubscribe, id, null);
    expect(await told(id)).toMatchObject({ none: true });
    expect((await ledger(id)).slice(0, 2)).toMatchObject([
      { scope: 'ALL', action: 'UNSUBSCRIBED' },
      { scope: 'TOPIC', key: NEWS, action: 'UNSUBSCRIBED', channel: 'EMAIL' },
    ]);
  });

  it('undone, leaves what was said before it, also what was entered since and happened before', async () => {
    const id = await person();
    await say(id, { topics: [{ topic: NEWS, allowed: true }] }, {}, at('2026-06-02'));
    await byLink(unsubscribe, id, NEWS, at('2026-06-05'));
    expect(await byLink(undo, id, NEWS, at('2026-06-06'))).toBe(true);
    expect(await told(id)).toMatchObject({ allowed: [NEWS] });
    await byLink(unsubscribe, id, NEWS, at('2026-06-07'));
    const letter = { ...STAFF, occurredAt: at('2026-06-06') };
    await say(id, { topics: [{ topic: NEWS, allowed: false }] }, letter, at('2026-06-08'));
    await byLink(undo, id, NEWS, at('2026-06-09'));
    expect(await told(id)).toMatchObject({ allowed: [] });
  });

  it('is not undone where something newer was said', async () => {
    const id = await person();
    await byLink(unsubscribe, id, null);
    await say(id, { optOutOfAll: true }, { ...STAFF, occurredAt: at('2026-06-02') }, at('2026-06-03'));
    expect(await byLink(undo, id, null, at('2026-06-04'))).toBe(false);
    expect(await told(id)).toMatchObject({ none: true });
  });

  it('is not undone where the person has refused the same again', async () => {
    const id = await person();
    await byLink(unsubscribe, id, null);
    await say(id, { optOutOfAll: true });
    expect(await byLink(undo, id, null)).toBe(false);
    expect(await told(id)).toMatchObject({ none: true });
  });

  it('undone where nothing had been said, leaves nothing said', async () => {
    const id = await person();
    await byLink(unsubscribe, id, NEWS);
    await byLink(undo, id, NEWS);
    expect(await told(id)).toEqual({ none: false, allowed: [], updatedAt: null });
  });
});
