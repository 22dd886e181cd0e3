import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { jwtVerify, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/config.js';
import { createKeysFile, loadKeys } from '../../src/crypto/keys.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-keys-'));
  file = path.join(folder, 'below/keys.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const CREATE = { create: true };
type Content = Record<string, unknown> & { keyEncryptionKeys: { id: number; key: string }[] };

async function refusal(content: string): Promise<string> {
  const broken = path.join(folder, 'broken.json');
  writeFileSync(broken, content);
  const error: unknown = await loadKeys(broken, CREATE).then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return error instanceof Error ? error.message.replace(broken, 'FILE') : '';
}

/** What is said of a good keys file with one change. */
async function refusalOf(change: (content: Content) => void): Promise<string> {
  await loadKeys(file, CREATE);
  const content = JSON.parse(readFileSync(file, 'utf8')) as Content;
  change(content);
  return refusal(JSON.stringify(content));
}

describe('the keys file', () => {
  it('is made for its owner alone, in a folder for its owner alone, and leaves nothing beside it', async () => {
    await loadKeys(file, CREATE);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    expect(readdirSync(path.dirname(file))).toEqual(['keys.json']);
  });

  it('gives the same keys each time it is read', async () => {
    const [one, two] = [await loadKeys(file, CREATE), await loadKeys(file, { create: false })];
    expect(one.signing.kid).toBe(two.signing.kid);
    expect(one.blindIndex.equals(two.blindIndex)).toBe(true);
    expect(one.derive('a').equals(two.derive('a'))).toBe(true);
    expect(one.derive('a').equals(one.derive('b'))).toBe(false);
    const wrapped = await one.encryption.wrap(Buffer.alloc(32, 7), 'somebody');
    expect(await two.encryption.unwrap(wrapped, 'somebody')).toEqual(Buffer.alloc(32, 7));
  });

  it('differs from one installation to the next', async () => {
    const one = await loadKeys(file, CREATE);
    const two = await loadKeys(path.join(folder, 'other.json'), CREATE);
    expect(one.signing.kid).not.toBe(two.signing.kid);
    expect(one.blindIndex.equals(two.blindIndex)).toBe(false);
    expect(one.derive('a').equals(two.derive('a'))).toBe(false);
  });

  it('signs what its public half verifies, and publishes no private part', async () => {
    const { signing } = await loadKeys(file, CREATE);
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'EdDSA' }).setSubject('x').sign(signing.privateKey);
    expect((await jwtVerify(token, signing.publicKey)).payload.sub).toBe('x');
    expect(signing.publicJwk).toMatchObject({ kty: 'OKP', crv: 'Ed25519', kid: signing.kid, use: 'sig', alg: 'EdDSA' });
    expect(signing.publicJwk).not.toHaveProperty('d');
  });

  it('is agreed on by processes that make it at once', async () => {
    const script = fileURLToPath(new URL('make-keys.mjs', import.meta.url));
    const signal = path.join(folder, 'go');
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, [script, file, signal], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    await Promise.all(children.map((child) => once(child.stdout, 'readable')));
    writeFileSync(signal, '');
    const said = await Promise.all(children.map((child) => text(child.stdout)));
    const [first = ''] = said;
    expect(first).toMatch(/^waiting\n[0-9a-f]{16} [0-9a-f]{64}\n$/);
    expect(said).toEqual([first, first, first, first]);
    expect(readdirSync(path.dirname(file))).toEqual(['keys.json']);
  });

  it('that is there already is never replaced', async () => {
    expect(await createKeysFile(file)).toBe(true);
    const before = readFileSync(file);
    expect(await createKeysFile(file)).toBe(false);
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(path.dirname(file))).toEqual(['keys.json']);
  });

  it('that is missing where none may be made is named, with the mend', async () => {
    const missing = loadKeys(file, { create: false });
    await expect(missing).rejects.toThrow(ConfigError);
    await expect(missing).rejects.toThrow(
      `HABEAS_KEYS_FILE: there is no file at ${file}. "habeas keys create" makes one.`,
    );
  });

  it('that is read-only is enough', async () => {
    await loadKeys(file, CREATE);
    chmodSync(file, 0o400);
    expect((await loadKeys(file, CREATE)).signing.kid).toMatch(/^[0-9a-f]{16}$/);
  });
});

describe('a keys file with a fault', () => {
  it('that is no JSON is named without a word of what it holds', async () => {
    const said = await refusal('{ "masterSecret": "CANARY" ');
    expect(said).toContain('HABEAS_KEYS_FILE FILE: file: ');
    expect(said).not.toContain('CANARY');
  });

  it.each([
    ['blindIndexKey', (content: Content) => delete content.blindIndexKey, /blindIndexKey: /],
    ['masterSecret', (content: Content) => (content.masterSecret = 'Q0FOQVJZ'), /masterSecret: must be 32 bytes/],
    ['keyEncryptionKeys', (content: Content) => (content.keyEncryptionKeys = []), /keyEncryptionKeys: /],
    [
      'a key-encryption key’s id',
      (content: Content) => content.keyEncryptionKeys.push({ id: 65_536, key: Buffer.alloc(32).toString('base64') }),
      /keyEncryptionKeys\.1\.id: /,
    ],
    [
      'an id used twice',
      (content: Content) => content.keyEncryptionKeys.push({ id: 1, key: Buffer.alloc(32).toString('base64') }),
      /keyEncryptionKeys: each id must be used once/,
    ],
    ['signingKey', (content: Content) => (content.signingKey = { kty: 'RSA' }), /signingKey\.kty: /],
    [
      'the bytes of signingKey',
      (content: Content) => Object.assign(content.signingKey as object, { d: 'Q0FOQVJZ' }),
      /signingKey: is not an Ed25519 key/,
    ],
  ])('in %s says so', async (_what, change, expected) => {
    const said = await refusalOf(change);
    expect(said).toMatch(expected);
    expect(said).toMatch(/^HABEAS_KEYS_FILE FILE: /);
    expect(said).not.toMatch(/Q0FOQVJZ|CANARY/);
  });
});
