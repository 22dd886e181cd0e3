import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from 'jose';
import { z } from 'zod';
import { fileKeyEncryption, type KeyEncryption } from './key-encryption.js';

/** Every long-lived secret of Habeas, each for one use only. */
export interface Keys {
  /** Wraps the random key of each person. A KMS can stand here. */
  readonly encryption: KeyEncryption;
  /** Keys the blind indexes of e-mail, phone and external ids. */
  readonly blindIndex: KeyObject;
  /** Signs what leaves Habeas: tokens for services. The public half is at `/.well-known/jwks.json`. */
  readonly signing: SigningKey;
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

const KeysFile = z.object({
  keyEncryptionKeys: z.array(z.object({ id: z.number().int().min(1).max(65_535), key: secret })).min(1),
  blindIndexKey: secret,
  masterSecret: secret,
  signingKey: z.record(z.string(), z.unknown()),
});

/**
 * Reads the keys file; where there is none and `create` is set, makes one (mode 0600). The last key-encryption key
 * is the current one, older ones still unwrap.
 */
export async function loadKeys(file: string, options: { create: boolean }): Promise<Keys> {
  if (!existsSync(file)) {
    if (!options.create)
      throw new Error(`HABEAS_KEYS_FILE: there is no file at ${file}. "habeas keys create" makes one.`);
    await createKeysFile(file);
  }
  const parsed = KeysFile.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new Error(`HABEAS_KEYS_FILE ${file}: ${problems.join('; ')}`);
  }
  const { keyEncryptionKeys, blindIndexKey, masterSecret, signingKey } = parsed.data;
  const master = createSecretKey(Buffer.from(masterSecret, 'base64'));
  return {
    encryption: fileKeyEncryption(keyEncryptionKeys.map(({ id, key }) => ({ id, key: Buffer.from(key, 'base64') }))),
    blindIndex: createSecretKey(Buffer.from(blindIndexKey, 'base64')),
    signing: await readSigningKey(signingKey as JWK),
    derive: (use) => createHmac('sha256', master).update(use).digest(),
  };
}

/** Writes fresh random keys to `file`. Two processes that start at once agree on one of them. */
export async function createKeysFile(file: string): Promise<void> {
  const { privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true });
  const fresh = {
    keyEncryptionKeys: [{ id: 1, key: randomBytes(32).toString('base64') }],
    blindIndexKey: randomBytes(32).toString('base64'),
    masterSecret: randomBytes(32).toString('base64'),
    signingKey: { ...(await exportJWK(privateKey)), kid: randomBytes(8).toString('hex'), alg: 'EdDSA' },
  };
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(fresh, null, 2), { mode: 0o600 });
  try {
    linkSync(draft, file); // Unlike a rename it never replaces the keys another process has just made.
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}

async function readSigningKey(jwk: JWK): Promise<SigningKey> {
  const { d: _private, ...publicPart } = jwk;
  const publicJwk = { ...publicPart, use: 'sig', alg: 'EdDSA' };
  const privateKey = await importJWK({ ...jwk, alg: 'EdDSA' }, 'EdDSA');
  const publicKey = await importJWK(publicJwk, 'EdDSA');
  if (privateKey instanceof Uint8Array || publicKey instanceof Uint8Array || !jwk.kid) {
    throw new Error('signingKey: must be an Ed25519 key in JWK form with a "kid".');
  }
  return { kid: jwk.kid, privateKey, publicKey, publicJwk };
}
