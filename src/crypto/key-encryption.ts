import { open, seal } from './envelope.js';

/**
 * Wraps the keys of people with a key that never leaves its keeper: a file here, a key-management service elsewhere.
 * `context` is bound to the wrapped key, so that one person's key cannot be put in another's place.
 */
export interface KeyEncryption {
  /** Id, 1 to 65535, of the key new keys are wrapped with. */
  readonly currentKeyId: number;
  wrap(key: Buffer, context: string): Promise<Buffer>;
  /** Throws where the bytes, the context or the key are not the ones it was wrapped with. */
  unwrap(wrapped: Buffer, context: string): Promise<Buffer>;
}

/** Keys held in memory from a file. The last one wraps; all of them unwrap. */
export function fileKeyEncryption(keys: readonly { id: number; key: Buffer }[]): KeyEncryption {
  const byId = new Map(keys.map(({ id, key }) => [id, key]));
  const current = keys.at(-1);
  if (!current) throw new Error('keyEncryptionKeys: at least one key is needed.');
  return {
    currentKeyId: current.id,
    wrap: async (key, context) => seal(key, current.key, context, current.id),
    unwrap: async (wrapped, context) =>
      open(
        wrapped,
        (id) => {
          const key = byId.get(id);
          if (!key) throw new Error(`There is no key-encryption key ${id}: add it back to the keys file.`);
          return key;
        },
        context,
      ),
  };
}
