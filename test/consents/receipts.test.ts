import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { compactVerify, createLocalJWKSet } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { receiptText } from '../../src/cli/receipt-verify.js';
import { readConfig } from '../../src/config.js';
import { expire, type Giving, give, withdraw } from '../../src/consents/consents.js';
import { signReceipt, verifyReceipt } from '../../src/consents/receipt.js';
import { readReceipts, type SignedReceipt } from '../../src/consents/receipts.js';
import { loadKeys, rotateSigningKey } from '../../src/crypto/keys.js';
import { findPolicy } from '../../src/policies/policies.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { openStore, type Store } from '../support/store.js';
import { MAIL, publishThree, REPORTS } from './policies.js';

const NOW = new Date('2026-06-01T12:00:00.000Z');
const later = (hours: number) => new Date(NOW.getTime() + hours * 3_600_000);
const OWN = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;
/** Every byte takes seconds: HABEAS_ROUNDS=1000 changes each, the default every eleventh. */
const STEP = Number(process.env.HABEAS_ROUNDS ?? 0) >= 1_000 ? 1 : 11;
const config = readConfig({ NODE_ENV: 'test' });
let store: Store;
let folder: string;

beforeAll(async () => {
  store = await openStore();
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-receipts-'));
  await publishThree(store.db);
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const person = async () => (await store.db.transaction((tx) => register(tx, store.keys, NOW, {}))).id;
const agree = (accountId: string, more: Partial<Giving> = {}, now = NOW) =>
  store.db.transaction((tx) =>
    give(
      tx,
      store.keys,
      now,
      { age: 13, months: 24, taxonomy },
      {
        ...OWN,
        ...{ accountId, purpose: REPORTS, policyVersion: 2, wording: 'Yes, please.', locale: 'en-GB' },
        ...more,
      },
    ),
  );
const takeBack = (accountId: string, purpose: string, now: Date) =>
  store.db.transaction((tx) => withdraw(tx, now, taxonomy, { ...OWN, accountId, purpose }));
const receiptsOf = (accountId: string, ...purposes: string[]) =>
  readReceipts(
    { ...store, config, publicUrl: 'https://habeas.example' },
    purposes.map((purpose) => ({ accountId, purpose })),
  );
async function receiptOf(accountId: string, purpose = REPORTS): Promise<SignedReceipt> {
  const [receipt] = await receiptsOf(accountId, purpose);
  if (!receipt) throw new Error('there is no receipt');
  return receipt;
}

describe('the receipt of a consent (ISO/IEC TS 27560)', () => {
  it('says who agreed to what, when, how, told what, by whom, and how to take it back', async () => {
    const id = await person();
    await agree(id);
    const { json, id: recordId } = await receiptOf(id);
    expect(recordId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(json).toMatchObject({
      schema_version: 'ISO/IEC TS 27560:2023',
      record_id: recordId,
      pii_principal_id: id,
      pii_processing: {
        privacy_notice: {
          url: 'https://habeas.example/policy/2',
          version: 2,
          effective_from: '2022-05-04',
          text_sha256: (await findPolicy(store.db, 2))?.textSha256,
        },
        language: 'en-GB',
        consent_text: 'Yes, please.',
        purposes: [
          {
            purpose: REPORTS,
            title: `About ${REPORTS}`,
            description: 'What it means.',
            lawful_basis: 'CONSENT',
            pii_information: [{ pii_type: 'user.contact.email' }],
            collection_method: 'APP',
          },
        ],
        withdrawal_method: { graphql: expect.stringContaining(`withdrawConsent(input: { purpose: "${REPORTS}" })`) },
      },
      party_identification: [{ party_name: config.controller.name, party_contact: { email: config.dps.email } }],
      events: [
        {
          event_state: 'given',
          event_type: 'explicit',
          event_time: NOW.toISOString(),
          recorded_time: NOW.toISOString(),
          valid_until: '2028-06-01T12:00:00.000Z',
          entity_id: 'data subject',
          channel: 'APP',
        },
      ],
    });
  });

  it('is the same to the byte each time it is read, and one of each consent', async () => {
    const [one, two] = [await person(), await person()];
    await agree(one);
    await agree(one, { purpose: MAIL });
    await agree(two);
    const mine = await receiptsOf(one, REPORTS, MAIL);
    expect(await receiptsOf(one, REPORTS, MAIL)).toEqual(mine);
    const ids = [...mine, ...(await receiptsOf(two, REPORTS))].map((each) => each?.id);
    expect(new Set(ids).size).toBe(3);
  });

  it('there is none of what was never agreed to, taken back or not', async () => {
    const id = await person();
    await takeBack(id, REPORTS, NOW);
    expect(await receiptsOf(id, REPORTS, MAIL)).toEqual([null, null]);
    expect(await receiptsOf(randomUUID(), REPORTS)).toEqual([null]);
  });

  it.each([REPORTS, 'analytics'])('tells that %s was taken back, and keeps its id', async (taken) => {
    const id = await person();
    await agree(id);
    const before = await receiptOf(id);
    await takeBack(id, taken, later(2));
    const after = await receiptOf(id);
    expect(after.id).toBe(before.id);
    expect(after.json.events).toEqual([
      ...before.json.events,
      {
        ...{ event_state: 'withdrawn', event_time: later(2).toISOString(), recorded_time: later(2).toISOString() },
        ...{ channel: 'APP', entity_id: 'data subject' },
      },
    ]);
    await agree(id, {}, later(3));
    const anew = await receiptOf(id);
    expect(anew.id).not.toBe(before.id);
    expect(anew.json.events).toHaveLength(1);
  });

  it('tells that it ended by rule', async () => {
    const id = await person();
    await agree(id);
    const end = new Date('2028-06-01T12:00:00.000Z');
    await store.db.transaction((tx) => expire(tx, end, id));
    expect((await receiptOf(id)).json.events.at(-1)).toMatchObject({
      ...{ event_state: 'expired', event_time: end.toISOString(), entity_id: 'Habeas' },
    });
  });
});

describe('a signed receipt', () => {
  it('is verified by a JOSE library alone, with the published keys', async () => {
    const id = await person();
    await agree(id);
    const { jws, json } = await receiptOf(id);
    const keySet = createLocalJWKSet({ keys: [...store.keys.published] });
    const { payload, protectedHeader } = await compactVerify(jws, keySet);
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(json);
    expect(protectedHeader).toMatchObject({ alg: 'EdDSA', typ: 'consent-receipt+jws', kid: store.keys.signing.kid });
  });

  it('is not genuine any more with one byte changed, wherever it is', async () => {
    const id = await person();
    await agree(id);
    const { jws } = await receiptOf(id);
    const { published } = store.keys;
    expect((await verifyReceipt(jws, published)).receipt.pii_principal_id).toBe(id);
    for (let at = 0; at < jws.length; at += STEP) {
      const other = jws[at] === 'A' ? 'B' : 'A';
      await expect(verifyReceipt(jws.slice(0, at) + other + jws.slice(at + 1), published)).rejects.toThrow(
        /^receipt: /,
      );
    }
    // The last sign of a signature has bits that say nothing, and that most libraries pass over.
    const spellings = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'];
    const taken = await Promise.all(
      spellings.map((last) =>
        verifyReceipt(jws.slice(0, -1) + last, published).then(
          () => true,
          () => false,
        ),
      ),
    );
    expect(taken.filter(Boolean)).toHaveLength(1);
  });

  it('is verified after the signing key was changed, and from a file without a database', async () => {
    const keysFile = path.join(folder, 'keys.json');
    const old = await loadKeys(keysFile, { create: true });
    const id = await person();
    await agree(id);
    const { json } = await receiptOf(id);
    const jws = await signReceipt(old.signing, json);
    const kid = await rotateSigningKey(keysFile);
    const now = await loadKeys(keysFile, { create: false });
    expect(now.signing.kid).toBe(kid);
    expect(now.published.map((key) => key.kid)).toEqual([kid, old.signing.kid]);
    expect(JSON.stringify(now.published)).not.toContain('"d"');

    const file = path.join(folder, 'receipt.jws');
    writeFileSync(file, `${jws}\n`);
    const told = await receiptText(file, keysFile);
    for (const text of [
      id,
      `About ${REPORTS} (${REPORTS})`,
      'Yes, please.',
      'given 2026-06-01T12:00:00.000Z by data',
    ]) {
      expect(told).toContain(text);
    }
    const keySet = path.join(folder, 'jwks.json');
    writeFileSync(keySet, JSON.stringify({ keys: now.published }));
    expect(await receiptText(file, keySet)).toBe(told);
    writeFileSync(file, JSON.stringify({ id: json.record_id, json, jws }));
    expect(await receiptText(file, keySet)).toBe(told);
  });

  it.each<[string, (receipt: SignedReceipt) => string, string]>([
    [
      'another "json" beside it',
      ({ json, jws }) => JSON.stringify({ json: { ...json, record_id: '1' }, jws }),
      '"json"',
    ],
    ['no signature', () => '{"json":{}}', 'holds no "jws"'],
    ['something else', () => 'Yes, please.', 'no signature in compact form'],
  ])('is refused with %s', async (_what, fileOf, expected) => {
    const id = await person();
    await agree(id);
    const [file, keySet] = [path.join(folder, 'other'), path.join(folder, 'set.json')];
    writeFileSync(keySet, JSON.stringify({ keys: store.keys.published }));
    writeFileSync(file, fileOf(await receiptOf(id)));
    await expect(receiptText(file, keySet)).rejects.toThrow(expected);
  });

  it('of another Habeas is told apart from a changed one', async () => {
    const other = await loadKeys(path.join(folder, 'others.json'), { create: true });
    const id = await person();
    await agree(id);
    await expect(verifyReceipt((await receiptOf(id)).jws, other.published)).rejects.toThrow(
      'is signed with a key that is not among those given',
    );
  });
});
