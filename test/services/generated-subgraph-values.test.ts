import { describe, expect, it } from 'vitest';
import type { Json } from '../../src/services/connector.js';
import { fitValue, UnfitValue } from '../../src/services/generated-subgraph-values.js';

describe('a stored value as its GraphQL scalar', () => {
  it.each<[scalar: string, value: Json, fitted: Json]>([
    ['String', 12.5, '12.5'],
    ['ID', 7, '7'],
    ['Int', '-12', -12],
    ['Float', '1e3', 1000],
    ['Boolean', 'TRUE', true],
    ['Boolean', 0, false],
    ['DateTime', '2026-01-02T03:04:05.123456Z', '2026-01-02T03:04:05.123456Z'],
    ['DateTime', '2026-01-02T03:04:05+02:00', '2026-01-02T01:04:05.000Z'],
    ['Date', '2026-01-02', '2026-01-02'],
    ['JSON', { a: [1] }, { a: [1] }],
    ['Int', null, null],
  ])('%s of %j is %j', (scalar, value, fitted) => expect(fitValue(value, scalar, false)).toEqual(fitted));

  it.each<[scalar: string, value: Json]>([
    ['Int', '1.5'],
    ['Int', 2 ** 31],
    ['Int', ''],
    ['Float', 'CANARY'],
    ['Boolean', 'CANARY'],
    ['DateTime', '2026-01-02 03:04'],
    ['DateTime', '2026-99-02T03:04:05+01:00'],
    ['Date', '02/01/2026'],
    ['String', { CANARY: 1 }],
  ])('%s of %j is none, and the message does not tell the value', (scalar, value) => {
    const fit = () => fitValue(value, scalar, false);
    expect(fit).toThrow(UnfitValue);
    expect(fit).not.toThrow(/CANARY/);
  });

  it('takes one for a list of one, and keeps nulls in lists', () => {
    expect(fitValue('1', 'Int', true)).toEqual([1]);
    expect(fitValue([1, null, '2'], 'Int', true)).toEqual([1, null, 2]);
    expect(fitValue(undefined, 'Int', true)).toBeNull();
  });
});
