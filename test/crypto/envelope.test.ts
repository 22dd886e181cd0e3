import { randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EnvelopeError, keyIdOf, open, seal } from '../../src/crypto/envelope.js';

const RUNS = { numRuns: 1_000 };
const bytes = fc.uint8Array({ maxLength: 2_000 }).map((array) => Buffer.from(array));
const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((array) => Buffer.from(array));
const context = fc.string({ unit: 'binary', maxLength: 100 });
const keyId = fc.integer({ min: 0, max: 65_535 });

describe('P7: an envelope', () => {
  it('opens to what was sealed, under its key id', () => {
    fc.assert(
      fc.property(bytes, key, context, keyId, (plain, secret, place, id) => {
        const sealed = seal(plain, secret, place, id);
        expect(open(sealed, secret, place).equals(plain)).toBe(true);
        expect(keyIdOf(sealed)).toBe(id);
      }),
      RUNS,
    );
  });

  it('does not open with any one bit changed', () => {
    fc.assert(
      fc.property(bytes, key, context, fc.nat(), (plain, secret, place, anyBit) => {
        const sealed = seal(plain, secret, place);
        const bit = anyBit % (sealed.length * 8);
        sealed[bit >> 3] = (sealed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(() => open(sealed, secret, place)).toThrow(EnvelopeError);
      }),
      RUNS,
    );
  });

  it('does not open with each single bit of a short one changed', () => {
    const secret = randomBytes(32);
    const sealed = seal(Buffer.from('plain'), secret, 'here', 7);
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => open(changed, secret, 'here'), `bit ${bit}`).toThrow(EnvelopeError);
    }
    expect(open(sealed, secret, 'here').toString()).toBe('plain');
  });

  it('does not open for another place', () => {
    fc.assert(
      fc.property(bytes, key, context, context, (plain, secret, place, other) => {
        fc.pre(!Buffer.from(place).equals(Buffer.from(other)));
        expect(() => open(seal(plain, secret, place), secret, other)).toThrow(EnvelopeError);
      }),
      RUNS,
    );
  });

  it('does not open with another key', () => {
    fc.assert(
      fc.property(bytes, key, key, context, (plain, secret, other, place) => {
        fc.pre(!secret.equals(other));
        expect(() => open(seal(plain, secret, place), other, place)).toThrow(EnvelopeError);
      }),
      RUNS,
    );
  });

  it('does not open cut short or lengthened', () => {
    fc.assert(
      fc.property(bytes, key, context, fc.nat(), (plain, secret, place, anyLength) => {
        const sealed = seal(plain, secret, place);
        const length = anyLength % sealed.length;
        expect(() => open(sealed.subarray(0, length), secret, place)).toThrow(EnvelopeError);
        expect(() => open(Buffer.concat([sealed, Buffer.from([0])]), secret, place)).toThrow(EnvelopeError);
      }),
      RUNS,
    );
  });

  it('shows neither the plaintext nor that two plaintexts are the same', () => {
    const secret = randomBytes(32);
    const plain = Buffer.from('CANARY-ada@lantern-education.example');
    const [one, two] = [seal(plain, secret, 'here'), seal(plain, secret, 'here')];
    expect(one.includes('CANARY')).toBe(false);
    expect(one.equals(two)).toBe(false);
  });

  it('says neither the key nor the plaintext when it does not open', () => {
    const secret = randomBytes(32);
    const sealed = seal(Buffer.from('CANARY'), secret, 'here');
    const refusal = (() => {
      try {
        open(sealed, secret, 'there');
      } catch (error) {
        return error;
      }
      return null;
    })();
    expect(refusal).toBeInstanceOf(EnvelopeError);
    expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toMatch(
      new RegExp(`CANARY|${secret.toString('hex')}|here`),
    );
  });

  it('never repeats an initialisation vector in 100,000', () => {
    const secret = randomBytes(32);
    const seen = new Set<string>();
    for (let count = 0; count < 100_000; count++) {
      seen.add(seal(Buffer.alloc(0), secret, '').toString('latin1', 4, 16));
    }
    expect(seen.size).toBe(100_000);
  });
});
