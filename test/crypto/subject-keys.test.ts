import { randomBytes, randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRecord, sealRecord } from '../../src/accounts/account-record.js';
import { readAccounts, register } from '../../src/accounts/accounts.js';
import { accounts } from '../../src/accounts/accounts.tables.js';
import { EnvelopeError } from '../../src/crypto/envelope.js';
import { fileKeyEncryption } from '../../src/crypto/key-encryption.js';
import { createSubjectKey, deriveKey, readSubjectKeys } from '../../src/crypto/subject-keys.js';
import { subjectKeys } from '../../src/crypto/subject-keys.tables.js';
import { openStore, type Store } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

describe('the key of a person', () => {
  it('is stored wrapped and read back', async () => {
    const { db, keys } = store;
    const accountId = randomUUID();
    const key = await db.transaction((tx) => createSubjectKey(tx, keys.encryption, accountId));
    const [row] = await db.select().from(subjectKeys).where(eq(subjectKeys.accountId, accountId));
    expect(key).toHaveLength(32);
    expect(row?.wrappedKey.includes(key ?? '')).toBe(false);
    expect((await readSubjectKeys(db, keys.encryption, [accountId])).get(accountId)).toEqual(key);
  });

  it('is made once, by whoever is first', async () => {
    const { db, keys } = store;
    const accountId = randomUUID();
    const make = () => db.transaction((tx) => createSubjectKey(tx, keys.encryption, accountId));
    const made = await Promise.all(Array.from({ length: 10 }, make));
    const [key] = made.filter((each) => each !== null);
    expect(made.filter((each) => each === null)).toHaveLength(9);
    expect((await readSubjectKeys(db, keys.encryption, [accountId])).get(accountId)).toEqual(key);
  });

  it('is left out for somebody who has none, without harm to the others', async () => {
    const { db, keys } = store;
    const known = randomUUID();
    await db.transaction((tx) => createSubjectKey(tx, keys.encryption, known));
    expect([...(await readSubjectKeys(db, keys.encryption, [randomUUID(), known])).keys()]).toEqual([known]);
  });

  it('put in another person’s row does not open', async () => {
    const { db, keys } = store;
    const [one, two] = [randomUUID(), randomUUID()];
    await db.transaction((tx) => createSubjectKey(tx, keys.encryption, one));
    const [row] = await db.select().from(subjectKeys).where(eq(subjectKeys.accountId, one));
    await db.insert(subjectKeys).values({ accountId: two, wrappedKey: row?.wrappedKey ?? Buffer.alloc(0) });
    await expect(readSubjectKeys(db, keys.encryption, [two])).rejects.toThrow(EnvelopeError);
    await db.delete(subjectKeys).where(eq(subjectKeys.accountId, two));
  });

  it('is readable while both key-encryption keys are there, and not once the old one has gone', async () => {
    const { db } = store;
    const old = { id: 1, key: randomBytes(32) };
    const young = { id: 2, key: randomBytes(32) };
    const accountId = randomUUID();
    const key = await db.transaction((tx) => createSubjectKey(tx, fileKeyEncryption([old]), accountId));
    const read = await readSubjectKeys(db, fileKeyEncryption([old, young]), [accountId]);
    expect(key).toHaveLength(32);
    expect(read.get(accountId)).toEqual(key);
    await expect(readSubjectKeys(db, fileKeyEncryption([young]), [accountId])).rejects.toThrow('key-encryption key 1');
  });

  it('P7: once destroyed leaves no way to what it sealed', async () => {
    const { db, keys } = store;
    const profile = { displayName: 'CANARY-destroyed' };
    const { id } = await db.transaction((tx) => register(tx, keys, new Date(), { profile }));
    expect((await readAccounts(db, keys, [id]))[0]?.record.profile.displayName).toBe('CANARY-destroyed');

    await db.delete(subjectKeys).where(eq(subjectKeys.accountId, id));

    expect(await readAccounts(db, keys, [id])).toEqual([null]);
    const [row] = await db.select().from(accounts).where(eq(accounts.id, id));
    expect(row?.record.includes('CANARY')).toBe(false);
    const bystander = await db.transaction((tx) => createSubjectKey(tx, keys.encryption, randomUUID()));
    for (const other of [bystander ?? Buffer.alloc(32), keys.derive('accounts'), keys.derive(id)]) {
      expect(() => openRecord(row?.record ?? Buffer.alloc(0), other, id)).toThrow(EnvelopeError);
    }
  });

  it('gives a key of its own for each use', () => {
    const key = randomBytes(32);
    expect(deriveKey(key, 'export').equals(deriveKey(key, 'export'))).toBe(true);
    expect(deriveKey(key, 'export').equals(deriveKey(key, 'import'))).toBe(false);
    expect(deriveKey(key, 'export').equals(deriveKey(randomBytes(32), 'export'))).toBe(false);
    expect(deriveKey(key, 'export').equals(key)).toBe(false);
  });
});

describe('an account’s record', () => {
  it('does not open as another account’s, even under the same key', () => {
    const key = randomBytes(32);
    const record = { profile: EMPTY, identifiers: [], links: [] };
    const sealed = sealRecord(record, key, 'one');
    expect(openRecord(sealed, key, 'one')).toEqual(record);
    expect(() => openRecord(sealed, key, 'two')).toThrow(EnvelopeError);
  });
});

const EMPTY = {
  givenName: null,
  familyName: null,
  displayName: null,
  email: null,
  phone: null,
  organisation: null,
  jobTitle: null,
  postalAddress: null,
  locale: null,
  updatedAt: null,
};
