import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { setStatus, takeForDecision } from '../../src/accounts/account-status.js';
import { register } from '../../src/accounts/accounts.js';
import { holdsOfAccounts, holdsOn, isHeld, listHolds, placeHold, releaseHold } from '../../src/erasures/holds.js';
import { legalHoldReleases, legalHolds } from '../../src/erasures/holds.tables.js';
import { openStore, type Store } from '../support/store.js';

const NOW = new Date('2026-06-01T12:00:00.000Z');
const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
let store: Store;

beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const person = async () => (await store.db.transaction((tx) => register(tx, store.keys, NOW, {}))).id;
const everything = { reason: 'A claim is before the court.', service: null, collection: null, actor: 'staff (dps)' };
const place = (accountId: string, more: { service?: string; collection?: string } = {}, now = NOW) =>
  store.db.transaction((tx) => placeHold(tx, now, { ...everything, accountId, ...more }));
const release = (holdId: string, now = later(1)) =>
  store.db.transaction((tx) => releaseHold(tx, now, holdId, 'The claim was settled.', 'staff (dps)'));

describe('a legal hold', () => {
  it('stands from when it is placed until it is released, and stays on record', async () => {
    const id = await person();
    const hold = await place(id);
    expect(await holdsOn(store.db, id)).toEqual([hold]);
    const released = await release(hold.id);
    expect(released).toMatchObject({
      ...{ id: hold.id, releasedAt: later(1), releasedBy: 'staff (dps)', releaseNote: 'The claim was settled.' },
    });
    expect(await holdsOn(store.db, id)).toEqual([]);
    expect(await holdsOfAccounts(store.db, [id])).toEqual([released]);
    await expect(release(hold.id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(release(randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is one hold where it is placed twice, and another once it was released', async () => {
    const id = await person();
    const [first, second] = await Promise.all([place(id), place(id)]);
    expect(second.id).toBe(first.id);
    await release(first.id);
    expect((await place(id)).id).not.toBe(first.id);
  });

  it('keeps everything, a service or a collection', async () => {
    const id = await person();
    await place(id, { service: 'support', collection: 'tickets' });
    const [hold] = await holdsOn(store.db, id);
    const standing = hold ? [hold] : [];
    expect(isHeld(standing, 'support', 'tickets')).toBe(true);
    expect(isHeld(standing, 'support', 'users')).toBe(false);
    expect(isHeld(standing, 'training', 'tickets')).toBe(false);
    await place(id, { service: 'training' });
    expect(isHeld(await holdsOn(store.db, id), 'training', 'tickets')).toBe(true);
    expect(isHeld(await holdsOn(store.db, id), 'newsletter', 'tickets')).toBe(false);
    await place(id);
    expect(isHeld(await holdsOn(store.db, id), 'newsletter', 'tickets')).toBe(true);
    expect(isHeld([], 'newsletter', 'tickets')).toBe(false);
  });

  it('comes too late for somebody who is being erased, and is placed on nobody unknown', async () => {
    const id = await person();
    await store.db.transaction(async (tx) => {
      await takeForDecision(tx, id);
      await setStatus(tx, NOW, id, 'ERASING');
    });
    await expect(place(id)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(place(randomUUID())).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('is placed before an erasure asks, or waits until it has begun', async () => {
    const id = await person();
    let placing: Promise<unknown> = Promise.resolve();
    const seen = await store.db.transaction(async (tx) => {
      await takeForDecision(tx, id);
      placing = place(id).catch((error: { code: string }) => error.code);
      const standing = await holdsOn(tx, id);
      await setStatus(tx, NOW, id, 'ERASING');
      return standing;
    });
    expect(seen).toEqual([]);
    expect(await placing).toBe('CONFLICT');
  });

  it('can be neither changed nor removed, nor can its release', async () => {
    const hold = await place(await person());
    await release(hold.id);
    const attempts = [
      () => store.db.update(legalHolds).set({ reason: 'none' }),
      () => store.db.delete(legalHoldReleases).where(eq(legalHoldReleases.holdId, hold.id)),
      () => store.db.delete(legalHolds).where(eq(legalHolds.id, hold.id)),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toThrow();
    expect(await holdsOfAccounts(store.db, [hold.accountId])).toHaveLength(1);
  });
});

it('lists holds page by page, newest first, with or without those that ended', async () => {
  const id = await person();
  const placed = [await place(id, { service: 'a' }, later(2)), await place(id, { service: 'b' }, later(2))];
  placed.push(await place(id, { service: 'c' }, later(3)), await place(id, { service: 'd' }, later(4)));
  await release(placed[3]?.id ?? '', later(5));
  const listed: string[] = [];
  let after: { placedAt: Date; id: string } | null = null;
  for (;;) {
    const page = await listHolds(store.db, { accountId: id, standingOnly: false }, 1, after);
    expect(page.totalCount).toBe(4);
    listed.push(...page.rows.map(({ service }) => service ?? ''));
    after = page.rows[0] ?? null;
    if (!page.hasNextPage) break;
  }
  expect(listed.slice(0, 2)).toEqual(['d', 'c']);
  expect([...listed].sort()).toEqual(['a', 'b', 'c', 'd']);
  const standing = await listHolds(store.db, { accountId: id, standingOnly: true }, 10, null);
  expect(standing.rows.map((hold) => hold.id)).not.toContain(placed[3]?.id);
  expect(standing.totalCount).toBe(3);
});
