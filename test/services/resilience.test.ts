import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ServiceError } from '../../src/errors.js';
import { Declined, NotAsked } from '../../src/services/failures.js';
import { UNMEASURED } from '../../src/services/metrics.js';
import { Bulkhead, Full } from '../../src/services/resilience/bulkhead.js';
import { Guard } from '../../src/services/resilience/guard.js';
import { RetryBudget } from '../../src/services/resilience/retry-budget.js';

const SHOP = { name: 'shop', title: 'Shop' };
const guardOf = (atOnce = 4, patienceMs = 50) => new Guard(SHOP, UNMEASURED, { atOnce, patienceMs });
const down = () => Promise.reject(new ServiceError('shop', 'SERVICE_UNREACHABLE', 'Shop cannot be reached.'));
const well = async () => 'well';
const outcome = (call: Promise<unknown>) => call.catch((error: unknown) => error);

describe('a bulkhead', () => {
  it('lets so many in, the next in turn, and nobody past them', async () => {
    const bulkhead = new Bulkhead(2, 10, 1_000);
    const order: string[] = [];
    const enter = (name: string) => bulkhead.enter().then(() => order.push(name));
    await Promise.all([enter('a'), enter('b')]);
    const waiting = [enter('c'), enter('d')];
    bulkhead.leave();
    expect(bulkhead.tryEnter()).toBe(false); // the place is c's
    await waiting[0];
    expect([order, bulkhead.inside, bulkhead.waiting]).toEqual([['a', 'b', 'c'], 2, 1]);
    bulkhead.leave();
    await waiting[1];
    for (let n = 0; n < 2; n += 1) bulkhead.leave();
    expect([order, bulkhead.inside, bulkhead.waiting]).toEqual([['a', 'b', 'c', 'd'], 0, 0]);
  });

  it('turns away whom there is no room to wait for, and who has waited long enough', async () => {
    const bulkhead = new Bulkhead(1, 1, 20);
    await bulkhead.enter();
    const waiting = outcome(bulkhead.enter());
    expect(await outcome(bulkhead.enter())).toBeInstanceOf(Full);
    expect(await waiting).toBeInstanceOf(Full);
    expect(bulkhead.waiting).toBe(0);
    bulkhead.leave();
    expect(bulkhead.tryEnter()).toBe(true);
  });
});

describe('a budget for retries (R-23)', () => {
  it('never allows more than one retry for ten calls, nor ten at once', () => {
    const budget = new RetryBudget();
    expect(budget.spend(1)).toBe(false);
    let retries = 0;
    for (let calls = 1; calls <= 1_000; calls += 1) {
      budget.earn();
      if (budget.spend(1)) {
        retries += 1;
        budget.earn(); // it is a call itself
      }
      expect(retries).toBeLessThanOrEqual(calls / 10);
    }
    expect(retries).toBeGreaterThan(95);
    for (let calls = 0; calls < 1_000; calls += 1) budget.earn();
    expect([budget.spend(10), budget.spend(9), budget.spend(1)]).toEqual([false, true, false]);
  });
});

describe('a guard', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('opens at ten failures in a row, tries once after a second, and closes when that is well (R-22)', async () => {
    const guard = guardOf();
    const failing = vi.fn(down);
    for (let call = 0; call < 50; call += 1) await outcome(guard.run(failing));
    expect(failing).toHaveBeenCalledTimes(10);
    expect(guard.state()).toEqual({ breaker: 'open', inFlight: 0, waiting: 0, failures: 10 });
    expect(await outcome(guard.run(failing))).toBeInstanceOf(NotAsked);

    vi.advanceTimersByTime(1_000);
    let answer = (_how: string) => {};
    const probe = guard.run(() => new Promise<string>((resolve) => (answer = resolve)));
    await delay(1);
    expect(guard.state().breaker).toBe('half-open');
    const others = await Promise.all(Array.from({ length: 20 }, () => outcome(guard.run(failing))));
    expect(others.every((error) => error instanceof NotAsked)).toBe(true);
    expect(failing).toHaveBeenCalledTimes(10);
    answer('well');
    expect(await probe).toBe('well');
    expect(guard.state()).toMatchObject({ breaker: 'closed', failures: 0 });
  });

  it('tries a service that stays down ever more rarely, yet at least every five seconds', async () => {
    const guard = guardOf();
    const tries: number[] = [];
    const began = Date.now();
    for (let elapsed = 0; elapsed < 40_000; elapsed += 100) {
      await outcome(
        guard.run(() => {
          tries.push(Date.now() - began);
          return down();
        }),
      );
      vi.advanceTimersByTime(100);
    }
    const gaps = tries.slice(10).map((at, index) => at - (tries[index + 9] ?? 0));
    expect(gaps.slice(0, 3)).toEqual([1_000, 2_000, 4_000]);
    expect(new Set(gaps.slice(3))).toEqual(new Set([5_000]));
    expect(tries.length / 400).toBeLessThan(0.05); // 95 % fewer calls
  });

  it('opens where half of twenty calls fail', async () => {
    const guard = guardOf();
    const failing = vi.fn(down);
    for (let call = 0; call < 20; call += 1) await outcome(guard.run(call % 2 === 0 ? well : failing));
    expect(guard.state().breaker).toBe('open');
    const steady = guardOf();
    for (let call = 0; call < 100; call += 1) await outcome(steady.run(call % 20 < 11 ? well : down));
    expect(steady.state().breaker).toBe('closed');
  });

  it('counts no question that was declined against the service', async () => {
    const guard = guardOf();
    const declined = () => Promise.reject(new Declined('shop', 'SERVICE_ANSWER_INVALID', 'Shop did not understand.'));
    for (let call = 0; call < 50; call += 1) await outcome(guard.run(declined));
    expect(guard.state()).toMatchObject({ breaker: 'closed', failures: 0 });
  });

  it('lets a slow service keep so many calls at most, and tells the others so', async () => {
    const guard = guardOf(2, 30);
    let under = 0;
    let most = 0;
    const slow = async () => {
      most = Math.max(most, ++under);
      await delay(60);
      under -= 1;
    };
    const outcomes = await Promise.all(Array.from({ length: 30 }, () => outcome(guard.run(slow))));
    expect(most).toBe(2);
    const refused = outcomes.filter((each) => each instanceof NotAsked);
    expect(refused).toHaveLength(28);
    expect(refused[0]).toMatchObject({ failure: 'SERVICE_UNREACHABLE', extensions: { service: 'shop' } });
    expect(guard.state()).toEqual({ breaker: 'closed', inFlight: 0, waiting: 0, failures: 0 });
  });
});
