import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, UnreadableAnswer } from '../../src/services/outgoing-json.js';

const parsed = (text: string) => parseJson(new TextEncoder().encode(text));

describe('JSON from a service', () => {
  it('reads any JSON as JavaScript does, but for keys that reach a prototype', () => {
    const harmless = (key: string, value: unknown) => (key === '__proto__' ? undefined : value);
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        expect(parsed(text)).toEqual(JSON.parse(text, harmless));
      }),
    );
  });

  it('finds every long number, wherever it stands', () => {
    fc.assert(
      fc.property(fc.nat(64), fc.stringMatching(/^[1-9]\d{15,40}$/), (before, digits) => {
        const [, value] = parsed(`["${'x'.repeat(before)}",${digits}]`) as [string, string | number];
        expect(String(value)).toBe(digits);
      }),
    );
  });

  it('keeps numbers JavaScript cannot hold, as strings of their digits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 2n ** 53n + 1n, max: 2n ** 80n }), fc.string(), (number, text) => {
        const key = `${text} 12345678901234567890 "`;
        const [value] = Object.values(parsed(JSON.stringify({ [key]: 0 }).replace(/0}$/, `${number}}`)) ?? {});
        expect(String(value)).toBe(String(number));
      }),
    );
    expect(parsed('[0.12345678901234567891, "1234567890123456789\\"0", 1e300]')).toEqual([
      '0.12345678901234567891',
      '1234567890123456789"0',
      1e300,
    ]);
  });

  it('takes long texts in time linear in their length (T-31)', () => {
    const long = JSON.stringify([`${'\\"1'.repeat(500_000)}:1234567890123456789`, 'x'.repeat(3_000_000)]);
    const bytes = new TextEncoder().encode(`[12345678901234567890, ${long}]`);
    const began = performance.now();
    const value = parseJson(bytes);
    expect(performance.now() - began).toBeLessThan(5_000); // quadratic time would be minutes
    expect(value).toEqual(['12345678901234567890', JSON.parse(long)]);
  });

  it.each(['1e999', '{"a"', '', '['.repeat(101) + ']'.repeat(101)])('refuses %j', (text) => {
    expect(() => parsed(text)).toThrow(UnreadableAnswer);
  });
});
