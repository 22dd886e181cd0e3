import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { receiptOf, signReceipt } from '../../src/consents/receipt.js';
import { loadKeys } from '../../src/crypto/keys.js';
import { habeas } from '../support/command.js';

let folder: string;
let file: string;
let keysFile: string;
/** A database that is not there, so that whoever asks for one fails. */
const NO_DATABASE = { DATABASE_URL: 'postgres://habeas@127.0.0.1:9/habeas' };

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-receipt-'));
  [file, keysFile] = [path.join(folder, 'receipt.jws'), path.join(folder, 'keys.json')];
  const keys = await loadKeys(keysFile, { create: true });
  const at = new Date('2026-06-01T12:00:00.000Z');
  const receipt = receiptOf(
    {
      ...{ accountId: 'fb591c3d-07d1-5dda-9a76-5ca5a504b3ba', eventId: '7', purpose: 'analytics', policyVersion: 2 },
      ...{ wording: 'Yes, please.', locale: 'en-GB', validUntil: new Date('2028-06-01T12:00:00.000Z'), ending: null },
      given: { occurredAt: at, recordedAt: at, channel: 'WEB', actor: 'data subject' },
    },
    {
      policy: { version: 2, title: 'Privacy policy', effectiveFrom: '2022-05-04', textSha256: 'ab'.repeat(32) },
      purpose: {
        ...{ purpose: 'analytics', title: 'Figures', description: 'How it is used.', lawfulBasis: 'CONSENT' },
        ...{ categories: ['user.behavior'], retention: 'P2Y', recipients: [], marketing: false, material: false },
      },
      controller: { name: 'A company', address: 'Somewhere', companyNumber: '1' },
      dps: { email: 'dps@company.example', address: 'Somewhere' },
      publicUrl: 'https://habeas.example',
    },
  );
  writeFileSync(file, `${await signReceipt(keys.signing, receipt)}\n`);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const verify = (...options: string[]) => habeas(['receipt', 'verify', ...options], NO_DATABASE);

it('habeas receipt verify prints what was agreed to, without a database, and after the key was changed', async () => {
  const outcome = await verify(file, '--keys', keysFile);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  for (const told of ['The receipt is genuine', 'Figures (analytics)', 'Yes, please.', 'A company, Somewhere']) {
    expect(outcome.stdout).toContain(told);
  }
  expect(await habeas(['keys', 'rotate', keysFile])).toMatchObject({ code: 0, stderr: '' });
  expect(await verify(file, '--keys', keysFile)).toMatchObject({ code: 0, stdout: outcome.stdout });
});

it('ends with 1 and the reason for a changed byte, another key set, and a file that is not there', async () => {
  const changed = path.join(folder, 'changed.jws');
  const jws = readFileSync(file, 'utf8');
  const at = jws.indexOf('.') + 100;
  writeFileSync(changed, jws.slice(0, at) + (jws[at] === 'A' ? 'B' : 'A') + jws.slice(at + 1));
  const others = path.join(folder, 'others.json');
  await loadKeys(others, { create: true });
  const outcomes = await Promise.all([
    verify(changed, '--keys', keysFile),
    verify(file, '--keys', others),
    verify(path.join(folder, 'nowhere'), '--keys', keysFile),
    verify(file, '--keys', file),
  ]);
  for (const outcome of outcomes) expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcomes.map(({ stderr }) => stderr)).toEqual([
    expect.stringContaining('receipt: has been changed: the signature does not fit'),
    expect.stringContaining('receipt: is signed with a key that is not among those given'),
    expect.stringContaining('receipt: there is no file at'),
    expect.stringContaining('is no key set (JWKS) and no keys file'),
  ]);
});
