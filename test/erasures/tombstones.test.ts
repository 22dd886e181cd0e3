import { randomUUID } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { linkService, register } from '../../src/accounts/accounts.js';
import { ConfigError } from '../../src/config.js';
import { recordRefusal } from '../../src/erasures/refusal.js';
import { appendTombstones, readTombstoneFile } from '../../src/erasures/tombstone-file.js';
import { compareWithFile, isErased, type Known, layTombstones, tombstoneHash } from '../../src/erasures/tombstones.js';
import { tombstones } from '../../src/erasures/tombstones.tables.js';
import { openStore, type Store } from '../support/store.js';

const NOW = new Date('2026-06-01T12:00:00.000Z');
const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 20);
let store: Store;
let folder: string;
let file: string;

beforeAll(async () => {
  store = await openStore();
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-tombstones-'));
  file = path.join(folder, 'deep', 'tombstones.jsonl');
  return () => rmSync(folder, { recursive: true, force: true });
});
afterAll(() => store.close());

const erased = (): Known[] => [
  { accountId: randomUUID() },
  { service: 'support', externalId: `Customer ${randomUUID()}` },
  { type: 'EMAIL', value: `${randomUUID()}@school.example` },
];
const lay = (known: readonly Known[]) => layTombstones(store, file, NOW, known);
const hashes = () => readTombstoneFile(file).map(({ hash }) => hash.toString('hex'));
const hex = (known: Known) => tombstoneHash(store.keys, known).toString('hex');

describe('tombstones', () => {
  it('are in the database and in the file, as keyed hashes that tell nobody who it was', async () => {
    const known = erased();
    await lay(known);
    expect(hashes()).toEqual(known.map(hex));
    for (const each of known) {
      expect(await isErased(store.db, store.keys, each)).toBe(true);
      for (const value of Object.values(each)) expect(readFileSync(file, 'utf8')).not.toContain(value);
    }
    for (const each of erased()) expect(await isErased(store.db, store.keys, each)).toBe(false);
  });

  it('are found in any spelling, and are no other service’s', async () => {
    const [, , email] = erased();
    await lay([{ service: 'support', externalId: 'tombstone 7' }, email as Known]);
    const spelt = { type: 'EMAIL', value: ` ${(email as { value: string }).value.toUpperCase()} ` } as const;
    expect(await isErased(store.db, store.keys, spelt)).toBe(true);
    expect(await isErased(store.db, store.keys, { service: 'support', externalId: ' tombstone 7 ' })).toBe(true);
    expect(await isErased(store.db, store.keys, { service: 'training', externalId: 'tombstone 7' })).toBe(false);
  });

  it('are laid twice as well as once, and can be neither changed nor removed', async () => {
    const known = erased();
    await lay(known);
    await lay(known);
    await expect(store.db.delete(tombstones)).rejects.toThrow();
    expect(await isErased(store.db, store.keys, known[0] as Known)).toBe(true);
  });

  it('are given to a file that lacks them', async () => {
    const known = erased();
    await lay(known);
    rmSync(file);
    expect(await compareWithFile(store.db, file)).toEqual([]);
    expect(hashes()).toEqual(expect.arrayContaining(known.map(hex)));
  });
});

describe('the file of tombstones', () => {
  it('is read without a last line that was torn off, and goes on after it, wherever it was torn', async () => {
    await lay(erased());
    const content = readFileSync(file);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: content.length }), async (length) => {
        writeFileSync(file, content);
        truncateSync(file, length);
        const whole = content.subarray(0, length).toString().split('\n').length - 1;
        expect(readTombstoneFile(file)).toHaveLength(whole);
        await appendTombstones(file, [{ kind: 'ACCOUNT', hash: Buffer.alloc(32), erasedAt: NOW }]);
        expect(readTombstoneFile(file)).toHaveLength(whole + 1);
      }),
      { numRuns: ROUNDS },
    );
  });

  it('is refused with a damaged line in its middle', async () => {
    await lay(erased());
    appendFileSync(file, '{"kind":"ACC\n');
    expect(() => readTombstoneFile(file)).toThrow(ConfigError);
    expect(() => readTombstoneFile(file)).toThrow('line 4');
  });

  it('is one for many who write at the same time', async () => {
    const people = Array.from({ length: 8 }, erased);
    await Promise.all(people.map(lay));
    expect(hashes().sort()).toEqual(people.flat().map(hex).sort());
  });
});

describe('somebody who was erased', () => {
  const id = randomUUID();
  const links = [{ service: 'support', externalId: 'erased 1' }];
  const anew = (registration: Parameters<typeof register>[3]) =>
    store.db.transaction((tx) => register(tx, store.keys, NOW, registration));

  it('comes back under no old id, and that it was tried is on record', async () => {
    await lay([
      { accountId: id },
      { service: 'support', externalId: 'erased 1' },
      { type: 'EXTERNAL_ID', value: 'E1' },
    ]);
    const { id: other } = await anew({});
    const attempts = [
      () => anew({ id }),
      () => anew({ links }),
      () => anew({ identifiers: [{ type: 'EXTERNAL_ID', value: 'E1', verified: true }] }),
      () => store.db.transaction((tx) => linkService(tx, store.keys, NOW, other, 'support', 'erased 1')),
    ];
    for (const attempt of attempts) {
      const refused = recordRefusal(store.sql, NOW, 'service crm', attempt);
      await expect(refused).rejects.toMatchObject({ code: 'CONFLICT', message: expect.stringContaining('was erased') });
    }
    const incidents =
      await store.sql`select service, detail, account_id from incidents where kind = 'ERASED_SUBJECT' order by id`;
    expect(incidents).toMatchObject([
      { service: 'habeas', detail: 'id, by service crm', account_id: null },
      { service: 'support', detail: 'links[0].externalId, by service crm' },
      { service: 'habeas', detail: 'identifiers[0].value, by service crm' },
      { service: 'support', detail: 'externalId, by service crm' },
    ]);
  });

  it('may come back themself, with the same e-mail', async () => {
    const email = `${randomUUID()}@school.example`;
    await lay([{ type: 'EMAIL', value: email }]);
    expect(await anew({ identifiers: [{ type: 'EMAIL', value: email, verified: true }] })).toMatchObject({
      status: 'ACTIVE',
    });
  });
});
