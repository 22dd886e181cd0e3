import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvelopeError, keyIdOf } from '../../src/crypto/envelope.js';
import { fileKeyEncryption } from '../../src/crypto/key-encryption.js';

const OLD = { id: 1, key: randomBytes(32) };
const NEW = { id: 2, key: randomBytes(32) };

describe('wrapping a person’s key', () => {
  it('P7: unwraps to the same key, before and after a newer key-encryption key is added', async () => {
    const before = fileKeyEncryption([OLD]);
    const after = fileKeyEncryption([OLD, NEW]);
    const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(key, fc.uuid(), async (plain, accountId) => {
        const wrapped = await before.wrap(plain, accountId);
        expect((await before.unwrap(wrapped, accountId)).equals(plain)).toBe(true);
        expect((await after.unwrap(wrapped, accountId)).equals(plain)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  it('is done with the last key-encryption key', async () => {
    const wrapped = await fileKeyEncryption([OLD, NEW]).wrap(randomBytes(32), 'somebody');
    expect(keyIdOf(wrapped)).toBe(NEW.id);
    expect(fileKeyEncryption([OLD, NEW]).currentKeyId).toBe(NEW.id);
  });

  it('says which key-encryption key is gone', async () => {
    const wrapped = await fileKeyEncryption([NEW]).wrap(randomBytes(32), 'somebody');
    await expect(fileKeyEncryption([OLD]).unwrap(wrapped, 'somebody')).rejects.toThrow('key-encryption key 2');
  });

  it('does not unwrap one person’s key as another’s', async () => {
    const encryption = fileKeyEncryption([OLD]);
    const wrapped = await encryption.wrap(randomBytes(32), 'somebody');
    await expect(encryption.unwrap(wrapped, 'somebody else')).rejects.toThrow(EnvelopeError);
  });

  it('does not unwrap with another key under the same id', async () => {
    const wrapped = await fileKeyEncryption([OLD]).wrap(randomBytes(32), 'somebody');
    const impostor = fileKeyEncryption([{ id: OLD.id, key: randomBytes(32) }]);
    await expect(impostor.unwrap(wrapped, 'somebody')).rejects.toThrow(EnvelopeError);
  });

  it('needs a key', () => {
    expect(() => fileKeyEncryption([])).toThrow('at least one key');
  });
});
