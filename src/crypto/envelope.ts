import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/**
 * AES-256-GCM envelope: version (1 byte) | key id (2) | algorithm (1) | IV (12) | tag (16) | ciphertext.
 * `context` is the additional authenticated data: table, record and person, so that no envelope can be moved to
 * another place. IVs are random (NIST SP 800-38D: at most 2^32 under one key, far above what one person's key seals).
 */
const VERSION = 1;
const AES_256_GCM = 1;
const HEADER = 4;
const IV = 12;
const TAG = 16;

export class EnvelopeError extends Error {
  override readonly name = 'EnvelopeError';
}

export function seal(plaintext: Buffer, key: Buffer, context: string, keyId = 0): Buffer {
  const header = Buffer.from([VERSION, keyId >> 8, keyId & 0xff, AES_256_GCM]);
  const iv = randomBytes(IV);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG });
  cipher.setAAD(Buffer.concat([header, Buffer.from(context)]));
  const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return Buffer.concat([header, iv, cipher.getAuthTag(), ciphertext]);
}

/** The plaintext. Throws `EnvelopeError` on any change of bytes, key or context, without saying which. */
export function open(envelope: Buffer, keyOf: Buffer | ((keyId: number) => Buffer), context: string): Buffer {
  if (envelope.length < HEADER + IV + TAG || envelope[0] !== VERSION || envelope[3] !== AES_256_GCM) {
    throw new EnvelopeError('Not an envelope this version can open.');
  }
  const header = envelope.subarray(0, HEADER);
  const key = Buffer.isBuffer(keyOf) ? keyOf : keyOf(header.readUInt16BE(1));
  const iv = envelope.subarray(HEADER, HEADER + IV);
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG });
  decipher.setAAD(Buffer.concat([header, Buffer.from(context)]));
  decipher.setAuthTag(envelope.subarray(HEADER + IV, HEADER + IV + TAG));
  try {
    return Buffer.concat([decipher.update(envelope.subarray(HEADER + IV + TAG)), decipher.final()]);
  } catch {
    throw new EnvelopeError('The envelope was changed, or belongs to another record.');
  }
}

/** Id of the key an envelope is sealed with. */
export const keyIdOf = (envelope: Buffer): number => envelope.readUInt16BE(1);
