import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trustClient } from '../../src/cli/clients-trust.js';
import { ensureClient, findClient } from '../../src/clients/clients.js';
import { readConfig } from '../../src/config.js';
import { habeas } from '../support/command.js';
import { openStore, type Store } from '../support/store.js';

const DOCUMENT = '{ viewer { kind } }';

let store: Store;
let folder: string;
beforeAll(async () => {
  store = await openStore();
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-trust-'));
  await ensureClient(store.db, { name: 'mobile-app', affiliation: 'AFFILIATED', purposes: [], country: 'GB' });
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await store.close();
});

const env = () => ({ HABEAS_DATA: folder, DATABASE_URL: store.url });
const config = () => readConfig(env());
const run = (...args: string[]) => habeas(['clients', 'trust', ...args], env());
const manifestId = async () => (await findClient(store.db, 'mobile-app'))?.manifestId;

function fileOf(text: string): string {
  const file = path.join(folder, 'documents.json');
  writeFileSync(file, text);
  return file;
}

describe('habeas clients trust', () => {
  it('binds a client to the documents of a file, and lets it go again', async () => {
    const hash = createHash('sha256').update(DOCUMENT).digest('hex');
    const bound = await run('mobile-app', fileOf(JSON.stringify({ [hash]: DOCUMENT })));
    expect(bound).toMatchObject({
      code: 0,
      stderr: '',
      stdout: expect.stringMatching(/^mobile-app may ask only .*documents\.json, 1 in all\.\n$/),
    });
    expect(await manifestId()).toEqual(expect.any(String));
    const free = await run('mobile-app', '--any');
    expect(free).toMatchObject({ code: 0, stdout: 'mobile-app may ask any document again.\n' });
    expect(await manifestId()).toBeNull();
  });

  it.each([
    ['a client nobody registered', 'mobile-ap', '{}', /^name: no client is registered as mobile-ap\./],
    ['a file that is not JSON', 'mobile-app', 'query', /documents\.json: is not JSON of the form/],
    ['JSON that is no object', 'mobile-app', '7', /documents\.json: is not JSON of the form/],
    ['a hash of another kind', 'mobile-app', '{"abc":"{ viewer { kind } }"}', /"abc".*: is not the SHA-256/],
  ])('is refused in words: %s', async (_what, name, text, message) => {
    await expect(trustClient(config(), name, fileOf(text))).rejects.toThrow(message);
    expect(await manifestId()).toBeNull();
  });

  it('is refused in words: a file that is not there', async () => {
    await expect(trustClient(config(), 'mobile-app', '/no/where.json')).rejects.toThrow(
      /^\/no\/where\.json: there is no/,
    );
  });

  it('is refused in words: neither file nor --any', async () => {
    const outcome = await run('mobile-app');
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^Name the file of documents, or --any\./);
  });
});
