import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { takeTurn } from '../../src/consents/device-rate.js';
import type { World } from '../../src/world.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Whether `count` calls from an address are all let through. */
function counter(): (address: string | undefined, count: number) => boolean {
  const world = { config: readConfig({ HABEAS_DEVICE_RATE: '6' }) } as World;
  return (address, count) => {
    try {
      const from = address === undefined ? {} : { address };
      for (let n = 0; n < count; n += 1) takeTurn({ world, caller: { kind: 'ANONYMOUS' }, ...from });
      return true;
    } catch (error) {
      expect(error).toMatchObject({ code: 'RATE_LIMITED', message: expect.stringContaining('wait 10 s.') });
      return false;
    }
  };
}

describe('choices from one address', () => {
  it('are as many a minute as configured, and come back evenly', () => {
    const isLetThrough = counter();
    expect(isLetThrough('192.0.2.1', 6)).toBe(true);
    expect(isLetThrough('192.0.2.1', 1)).toBe(false);
    vi.advanceTimersByTime(10_000);
    expect(isLetThrough('192.0.2.1', 1)).toBe(true);
    expect(isLetThrough('192.0.2.1', 1)).toBe(false);
    vi.advanceTimersByTime(3_600_000);
    expect(isLetThrough('192.0.2.1', 6)).toBe(true);
    expect(isLetThrough('192.0.2.1', 1)).toBe(false);
  });

  it.each([
    ['192.0.2.1', '192.0.2.2', false],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::9', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['2001:db8::1', '2001:db8:0:0:5::1', true],
  ])('%s and %s: the same %s', (one, other, isSame) => {
    const isLetThrough = counter();
    expect(isLetThrough(one, 6)).toBe(true);
    expect(isLetThrough(other, 1)).toBe(!isSame);
  });

  it('are not counted where they come by no network', () => {
    expect(counter()(undefined, 100)).toBe(true);
  });
});
