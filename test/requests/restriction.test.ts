import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { give } from '../../src/consents/consents.js';
import { currentConsents } from '../../src/consents/current.js';
import { type Objecting, object, withdrawObjection } from '../../src/consents/objecting.js';
import { objectionsOf } from '../../src/consents/objections.js';
import { readStandings } from '../../src/consents/standing.js';
import { HabeasError } from '../../src/errors.js';
import { eventsOf } from '../../src/requests/requests.js';
import { liftRestriction, type Restricting, restrict } from '../../src/requests/restriction.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { MAIL, publishThree, SERVICE } from '../consents/policies.js';
import { openStore, type Store } from '../support/store.js';

const NOW = new Date('2026-06-01T12:00:00.000Z');
const CONFIG = { bankHolidays: 'ENG' } as const;
const IMPROVE = 'functional.service.improve';
const declaration = (key: string, lawfulBasis: 'CONSENT' | 'CONTRACT' | 'LEGITIMATE_INTERESTS') => ({
  ...{ key, lawfulBasis, title: key, description: '', marketing: key.startsWith('marketing') },
});
const USES = {
  taxonomy,
  declared: [
    declaration(SERVICE, 'CONTRACT'),
    declaration(IMPROVE, 'LEGITIMATE_INTERESTS'),
    declaration(MAIL, 'CONSENT'),
  ],
};
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await publishThree(store.db);
});
afterAll(() => store.close());

const person = async () => (await store.db.transaction((tx) => register(tx, store.keys, NOW, {}))).id;
const standing = async (id: string) => (await readStandings(store.sql, [id], [])).get(id);
const asking = { reason: 'It is wrong.', channel: 'LETTER', actor: 'data subject' } as const;
const restrictNow = (accountId: string, more: Partial<Restricting> = {}) =>
  store.db.transaction((tx) => restrict(tx, NOW, CONFIG, { ...asking, accountId, ...more }));
const lift = (requestId: string) =>
  store.db.transaction((tx) => liftRestriction(tx, NOW, requestId, 'staff (dps)', 'Told by letter on 30 May.'));
const objectNow = (accountId: string, purpose: string, more: Partial<Objecting> = {}) =>
  store.db.transaction((tx) => object(tx, NOW, CONFIG, USES, { ...asking, by: 'PERSON', accountId, purpose, ...more }));
const refusal = async (attempt: Promise<unknown>) => {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HabeasError)) throw new Error(`not refused: ${error}`);
  return `${error.code} ${error.message}`;
};
const actions = async (requestId: string) => (await eventsOf(store.db, [requestId])).map(({ action }) => action);

describe('restriction (Article 18)', () => {
  it('holds at once, is a request that is done, and ends when it is lifted', async () => {
    const id = await person();
    const request = await restrictNow(id);
    expect(request).toMatchObject({
      type: 'RESTRICTION',
      status: 'COMPLETED',
      reason: 'It is wrong.',
      dueOn: '2026-07-01',
    });
    expect(await standing(id)).toMatchObject({ status: 'RESTRICTED' });
    const restricted = await standing(id);
    await lift(request.id);
    const lifted = await standing(id);
    expect(lifted?.status).toBe('ACTIVE');
    expect(lifted?.epoch).not.toBe(restricted?.epoch);
    expect(await actions(request.id)).toEqual(['received', 'completed', 'restriction lifted']);
  });

  it('asked for again is the one that stands; after it was lifted it is a new one', async () => {
    const id = await person();
    const first = await restrictNow(id);
    expect((await restrictNow(id)).id).toBe(first.id);
    await lift(first.id);
    expect(await refusal(lift(first.id))).toBe('CONFLICT requestId: this restriction does not stand any more.');
    const second = await restrictNow(id);
    expect(second.id).not.toBe(first.id);
    expect(await refusal(lift(first.id))).toContain('CONFLICT');
    expect((await standing(id))?.status).toBe('RESTRICTED');
  });

  it('sent twice under one key is one, also when it was lifted in between', async () => {
    const id = await person();
    const first = await restrictNow(id, { idempotencyKey: 'k' });
    await lift(first.id);
    expect((await restrictNow(id, { idempotencyKey: 'k' })).id).toBe(first.id);
    expect((await standing(id))?.status).toBe('ACTIVE');
  });

  it('of an account that is being erased is refused', async () => {
    const id = await person();
    await store.sql`update accounts set status = 'ERASING' where id = ${id}`;
    expect(await refusal(restrictNow(id))).toContain('CONFLICT accountId: the account is being erased');
    await store.sql`update accounts set status = 'ERASED' where id = ${id}`;
    expect(await refusal(restrictNow(id))).toContain('NOT_FOUND');
  });

  it('is not lifted by a request of another kind', async () => {
    const objection = await objectNow(await person(), IMPROVE);
    expect(await refusal(lift(objection.id))).toBe('CONFLICT requestId: is no request for restriction.');
  });
});

describe('objection (Article 21)', () => {
  it('stops the use at once, and is a request that is done', async () => {
    const id = await person();
    const before = await standing(id);
    const request = await objectNow(id, IMPROVE);
    expect(request).toMatchObject({ type: 'OBJECTION', status: 'COMPLETED', reason: 'It is wrong.' });
    const after = await standing(id);
    expect(after?.objections).toEqual([IMPROVE]);
    expect(after?.epoch).not.toBe(before?.epoch);
    await objectNow(id, IMPROVE);
    expect((await standing(id))?.objections).toEqual([IMPROVE]);
  });

  it('to marketing is never refused, whatever it rests on, and takes consent back (Article 21(2), (3))', async () => {
    const id = await person();
    const consent = { accountId: id, channel: 'APP', actor: 'data subject', by: 'PERSON', purpose: MAIL } as const;
    const agree = () =>
      store.db.transaction((tx) =>
        give(tx, store.keys, NOW, { age: 13, months: 24, taxonomy }, { ...consent, policyVersion: 2 }),
      );
    await agree();
    await objectNow(id, 'marketing');
    const told = (await currentConsents(store.sql, [id])).get(id);
    expect(told?.find(({ purpose }) => purpose === MAIL)?.status).toBe('WITHDRAWN');
    expect(await refusal(agree())).toBe(
      'CONFLICT purpose: the person has objected to marketing: take the objection back first, with "withdrawObjection".',
    );
    const withdrawal = { accountId: id, purpose: 'marketing', actor: 'data subject' };
    await store.db.transaction((tx) => withdrawObjection(tx, NOW, withdrawal));
    await store.db.transaction((tx) => withdrawObjection(tx, NOW, withdrawal));
    await agree();
    expect(await objectionsOf(store.db, id)).toEqual([]);
  });

  it('is refused where the law gives no such right, so that nobody believes a use has stopped', async () => {
    const id = await person();
    expect(await refusal(objectNow(id, SERVICE))).toContain('BAD_USER_INPUT purpose: rests on CONTRACT');
    expect(await refusal(objectNow(id, 'functional.service.improv'))).toContain(
      'did you mean functional.service.improve?',
    );
    // The wider use has a part that can be objected to.
    await objectNow(id, 'functional');
    expect((await standing(id))?.objections).toEqual(['functional']);
  });

  it('entered later counts from when it reached us', async () => {
    const id = await person();
    const receivedAt = new Date('2026-05-20T12:00:00.000Z');
    await objectNow(id, IMPROVE, { receivedAt });
    expect((await objectionsOf(store.db, id))[0]).toMatchObject({ since: receivedAt, recordedAt: NOW });
  });
});
