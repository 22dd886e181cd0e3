import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { ConfigError } from '../config.js';
import { fileKeyEncryption, type KeyEncryption } from './key-encryption.js';

/** Every long-lived secret of Habeas, each for one use only. */
export interface Keys {
  /** Wraps the random key of each person. A KMS can stand here. */
  readonly encryption: KeyEncryption;
  /** Keys the blind indexes of e-mail, phone and external ids. */
  readonly blindIndex: KeyObject;
  /** Signs what leaves Habeas: tokens for services, receipts of consent. */
  readonly signing: SigningKey;
  /** The public half of the signing key, and those of the keys it has replaced: `/.well-known/jwks.json`. */
  readonly published: readonly JWK[];
  /** Another secret derived for one named use, 32 bytes. */
  derive(use: string): Buffer;
}

export interface SigningKey {
  readonly kid: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly publicJwk: JWK;
}

const secret = z.base64().refine((text) => Buffer.from(text, 'base64').length === 32, 'must be 32 bytes of base64');

const PublicKey = z.looseObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  kid: z.string().min(1),
  x: z.string(),
});

const KeysFile = z.object({
  keyEncryptionKeys: z
    .array(z.object({ id: z.number().int().min(1).max(65_535), key: secret }))
    .min(1)
    .refine((keys) => new Set(keys.map(({ id }) => id)).size === keys.length, 'each id must be used once'),
  blindIndexKey: secret,
  masterSecret: secret,
  signingKey: PublicKey.extend({ d: z.string() }),
  /** Public halves of signing keys that sign no more: what they have signed is still to be verified. */
  retiredSigningKeys: z.array(PublicKey.refine((key) => !('d' in key), 'must hold no private key')).default([]),
});

/**
 * Reads the keys file; where there is none and `create` is set, makes one (mode 0600). The last key-encryption key
 * is the current one, older ones still unwrap. Throws `ConfigError` naming what is to be mended, never a key.
 */
export async function loadKeys(file: string, options: { create: boolean }): Promise<Keys> {
  if (!existsSync(file)) {
    if (!options.create)
      throw new ConfigError(`HABEAS_KEYS_FILE: there is no file at ${file}. "habeas keys create" makes one.`);
    await createKeysFile(file);
  }
  const { keyEncryptionKeys, blindIndexKey, masterSecret, signingKey, retiredSigningKeys } = readKeysFile(file);
  const master = createSecretKey(Buffer.from(masterSecret, 'base64'));
  const signing = await readSigningKey(signingKey).catch(() => {
    throw new ConfigError(`HABEAS_KEYS_FILE ${file}: signingKey: is not an Ed25519 key in JWK form.`);
  });
  return {
    encryption: fileKeyEncryption(keyEncryptionKeys.map(({ id, key }) => ({ id, key: Buffer.from(key, 'base64') }))),
    blindIndex: createSecretKey(Buffer.from(blindIndexKey, 'base64')),
    signing,
    published: [signing.publicJwk, ...retiredSigningKeys.map(publicHalf)],
    derive: (use) => createHmac('sha256', master).update(use).digest(),
  };
}

function readKeysFile(file: string): z.output<typeof KeysFile> {
  const parsed = KeysFile.safeParse(parseJson(readFileSync(file, 'utf8')));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path: at, message }) => `${at.join('.') || 'file'}: ${message}`);
  throw new ConfigError(`HABEAS_KEYS_FILE ${file}: ${problems.join('; ')}`);
}

/** Undefined for anything but JSON: the parser's own words would quote the secrets beside the fault. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes fresh random keys to `file`, and leaves a file that is there as it is: two processes that start at once agree.
 * Answers whether the keys there now are the ones just made.
 */
export async function createKeysFile(file: string): Promise<boolean> {
  const fresh = {
    keyEncryptionKeys: [{ id: 1, key: randomBytes(32).toString('base64') }],
    blindIndexKey: randomBytes(32).toString('base64'),
    masterSecret: randomBytes(32).toString('base64'),
    signingKey: await freshSigningKey(),
  };
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  writeFileSync(draft, JSON.stringify(fresh, null, 2), { mode: 0o600 });
  try {
    linkSync(draft, file); // Unlike a rename it never replaces the keys another process has just made.
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    unlinkSync(draft);
  }
}

/**
 * Puts a fresh signing key in the place of the one in `file`, whose public half stays. Answers the id of the new one.
 * Processes that run sign with the old one until they are started anew.
 */
export async function rotateSigningKey(file: string): Promise<string> {
  if (!existsSync(file)) throw new ConfigError(`HABEAS_KEYS_FILE: there is no file at ${file}.`);
  const keys = readKeysFile(file);
  const signingKey = await freshSigningKey();
  const retiredSigningKeys = [publicHalf(keys.signingKey), ...keys.retiredSigningKeys];
  const draft = `${file}.${randomBytes(8).toString('hex')}`;
  writeFileSync(draft, JSON.stringify({ ...keys, signingKey, retiredSigningKeys }, null, 2), { mode: 0o600 });
  renameSync(draft, file);
  return signingKey.kid;
}

/** The public keys `file` holds: a keys file, or what `/.well-known/jwks.json` answers. Throws `ConfigError`. */
export function readPublicKeys(file: string): readonly JWK[] {
  if (!existsSync(file)) throw new ConfigError(`keys: there is no file at ${file}.`);
  const content = parseJson(readFileSync(file, 'utf8'));
  const published = z.object({ keys: z.array(PublicKey).min(1) }).safeParse(content);
  if (published.success) return published.data.keys.map(publicHalf);
  const own = KeysFile.safeParse(content);
  if (!own.success) throw new ConfigError(`keys: ${file} is no key set (JWKS) and no keys file of Habeas.`);
  return [own.data.signingKey, ...own.data.retiredSigningKeys].map(publicHalf);
}

async function freshSigningKey() {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomBytes(8).toString('hex'), alg: 'EdDSA' };
}

function publicHalf({ d: _private, ...jwk }: JWK): JWK {
  return { ...jwk, use: 'sig', alg: 'EdDSA' };
}

async function readSigningKey(jwk: JWK & { kid: string }): Promise<SigningKey> {
  const publicJwk = publicHalf(jwk);
  const privateKey = await importJWK({ ...jwk, alg: 'EdDSA' }, 'EdDSA');
  const publicKey = await importJWK(publicJwk, 'EdDSA');
  if (privateKey instanceof Uint8Array || publicKey instanceof Uint8Array) throw new Error('not an asymmetric key');
  return { kid: jwk.kid, privateKey, publicKey, publicJwk };
}
