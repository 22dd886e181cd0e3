import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blindIndex } from '../../src/crypto/blind-index.js';

const KEY = createSecretKey(randomBytes(32));
const RUNS = { numRuns: 1_000 };
const kind = fc.constantFrom('identifier|EMAIL', 'identifier|PHONE', 'link|training', 'login|https://id.example');
const value = fc.string({ unit: 'grapheme', maxLength: 254 });

describe('P7: a blind index', () => {
  it('is the same for the same kind and value, 32 bytes long', () => {
    fc.assert(
      fc.property(kind, value, (which, text) => {
        const index = blindIndex(KEY, which, text);
        expect(index).toHaveLength(32);
        expect(index.equals(blindIndex(KEY, which, text))).toBe(true);
      }),
      RUNS,
    );
  });

  it('differs for another kind, another value and another key', () => {
    const other = createSecretKey(randomBytes(32));
    fc.assert(
      fc.property(fc.uniqueArray(kind, { minLength: 2, maxLength: 2 }), value, value, ([one = '', two = ''], a, b) => {
        expect(blindIndex(KEY, one, a).equals(blindIndex(KEY, two, a))).toBe(false);
        expect(blindIndex(KEY, one, a).equals(blindIndex(other, one, a))).toBe(false);
        expect(blindIndex(KEY, one, a).equals(blindIndex(KEY, one, b))).toBe(a === b);
      }),
      RUNS,
    );
  });

  it('does not let the end of a kind pass for the start of a value', () => {
    expect(blindIndex(KEY, 'link|a', 'b').equals(blindIndex(KEY, 'link|', 'ab'))).toBe(false);
  });

  it('is HMAC-SHA-256 over kind, zero byte and value', () => {
    const key = createSecretKey(Buffer.from('Jefe'));
    // Made apart from this code: openssl dgst -sha256 -hmac Jefe over "kind", a zero byte and "value".
    expect(blindIndex(key, 'kind', 'value').toString('hex')).toBe(
      '64f2d6789e44a0612339e74cb31149cc202f855c8fb63df5c06cc73c4b44e468',
    );
  });
});
