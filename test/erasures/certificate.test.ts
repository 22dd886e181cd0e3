import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signReceipt } from '../../src/consents/receipt.js';
import { type Keys, loadKeys, rotateSigningKey } from '../../src/crypto/keys.js';
import { type CarriedOut, certificateOf, signCertificate, verifyCertificate } from '../../src/erasures/certificate.js';
import { habeas } from '../support/command.js';

const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 20);
const ISSUER = { controller: 'A company', issuer: 'https://habeas.example' };
const AT = new Date('2026-06-01T12:00:00.000Z');
const ID = '0b4f9c56-7a0e-4a4e-9a55-1c1f5b1f0a01';
/** A database that is not there, so that whoever asks for one fails. */
const NO_DATABASE = { DATABASE_URL: 'postgres://habeas@127.0.0.1:9/habeas' };
let folder: string;
let keysFile: string;
let keys: Keys;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-certificate-'));
  keysFile = path.join(folder, 'keys.json');
  keys = await loadKeys(keysFile, { create: true });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const moment = fc.date({ min: new Date('2020-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });
const orNull = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: null });
const digest = fc.stringMatching(/^[0-9a-f]{64}$/);
const part = fc.record({ role: fc.constantFrom('staff (dps)', 'data subject'), id: fc.uuid() });
const collection = fc.record({
  collection: fc.stringMatching(/^[a-z_]{1,20}$/),
  action: fc.constantFrom('DELETE', 'ANONYMISE', 'MASK', 'KEEP'),
  records: fc.nat(),
  at: orNull(moment),
  reason: orNull(fc.string()),
  keptUntil: orNull(fc.constant('2032-01-31')),
  evidence: fc.record({ verifiedAt: orNull(moment), recordsLeft: orNull(fc.nat()), answerSha256: orNull(digest) }),
});
const erasure: fc.Arbitrary<CarriedOut> = fc.record({
  ...{ requestId: fc.uuid(), accountId: fc.uuid(), askedBy: part, askedAt: moment },
  ...{ approvedBy: orNull(part), approvedAt: orNull(moment), planDigest: digest },
  ...{ startedAt: moment, completedAt: moment, keyDestroyedAt: orNull(moment) },
  services: fc.uniqueArray(
    fc.record({
      service: fc.stringMatching(/^[a-z-]{1,20}$/),
      collections: fc.uniqueArray(collection, { selector: (each) => each.collection, maxLength: 4 }),
    }),
    { selector: (each) => each.service, maxLength: 4 },
  ),
});

const example: CarriedOut = {
  ...{ requestId: ID, accountId: ID, askedBy: { role: 'data subject', id: ID }, askedAt: AT },
  ...{ approvedBy: { role: 'staff (dps)', id: 's-17' }, approvedAt: AT, planDigest: 'ab'.repeat(32) },
  ...{ startedAt: AT, completedAt: AT, keyDestroyedAt: AT },
  services: [
    {
      service: 'training',
      collections: [
        {
          ...{
            collection: 'invoices',
            action: 'KEEP',
            records: 2,
            at: null,
            reason: 'tax law',
            keptUntil: '2032-01-31',
          },
          evidence: { verifiedAt: AT, recordsLeft: 2, answerSha256: null },
        },
        {
          ...{ collection: 'bookings', action: 'DELETE', records: 5, at: AT, reason: null, keptUntil: null },
          evidence: { verifiedAt: AT, recordsLeft: 0, answerSha256: 'cd'.repeat(32) },
        },
      ],
    },
  ],
};

describe('the certificate of an erasure', () => {
  it('says the same when it is verified as when it was signed, in whatever order the services came', async () => {
    await fc.assert(
      fc.asyncProperty(erasure, async (facts) => {
        const certificate = certificateOf(ID, ISSUER, facts);
        const jws = await signCertificate(keys.signing, certificate);
        const { certificate: told, kid } = await verifyCertificate(jws, keys.published);
        expect([told, kid]).toEqual([JSON.parse(JSON.stringify(certificate)), keys.signing.kid]);
        const turned = { ...facts, services: [...facts.services].reverse() };
        expect(await signCertificate(keys.signing, certificateOf(ID, ISSUER, turned))).toBe(jws);
      }),
      { numRuns: ROUNDS },
    );
  });

  it('does not verify with any byte changed', async () => {
    const jws = await signCertificate(keys.signing, certificateOf(ID, ISSUER, example));
    await fc.assert(
      fc.asyncProperty(fc.nat(jws.length - 1), fc.integer({ min: 33, max: 126 }), async (at, code) => {
        const sign = String.fromCharCode(code);
        fc.pre(jws[at] !== sign);
        await expect(verifyCertificate(jws.slice(0, at) + sign + jws.slice(at + 1), keys.published)).rejects.toThrow();
      }),
      { numRuns: ROUNDS * 10 },
    );
  });

  it('is not taken for another document of the same key', async () => {
    const other = await signReceipt(keys.signing, {} as Parameters<typeof signReceipt>[1]);
    await expect(verifyCertificate(other, keys.published)).rejects.toThrow('is no certificate of an erasure');
  });
});

describe('habeas certificate verify', () => {
  it('prints what was erased and kept, without a database, and after the key was changed', async () => {
    const file = path.join(folder, 'certificate.json');
    const json = certificateOf(ID, ISSUER, example);
    writeFileSync(file, JSON.stringify({ id: ID, json, jws: await signCertificate(keys.signing, json) }));
    const verify = () => habeas(['certificate', 'verify', file, '--keys', keysFile], NO_DATABASE);
    const outcome = await verify();
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    for (const told of [
      'The certificate is genuine',
      'approved by  staff (dps) s-17',
      'training bookings: DELETE 5, 2026-06-01T12:00:00.000Z; read again: 0 left',
      'training invoices: KEEP 2 (tax law, until 2032-01-31); read again: 2 left',
    ]) {
      expect(outcome.stdout).toContain(told);
    }
    await rotateSigningKey(keysFile);
    expect(await verify()).toMatchObject({ code: 0, stdout: outcome.stdout });
    writeFileSync(
      file,
      JSON.stringify({ json: { ...json, id: 'another' }, jws: await signCertificate(keys.signing, json) }),
    );
    expect(await verify()).toMatchObject({ code: 1, stderr: expect.stringContaining('has been changed') });
  });
});
