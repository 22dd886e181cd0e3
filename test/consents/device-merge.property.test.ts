import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeDevice } from '../../src/consents/device-merge.js';
import { next, type Said, type State } from '../../src/consents/fold.js';
import { covers } from '../../src/services/taxonomy.js';
import { instant } from './ledger-model.js';

/** 1,000 and more take a second each. */
const numRuns = Number(process.env.HABEAS_ROUNDS ?? 200);
/** None below another, as configured; an account may have said something of wider and of narrower uses too. */
const DEVICE_USES = ['analytics.reporting', 'functional.storage', 'personalize'] as const;
const ACCOUNT_USES = [...DEVICE_USES, 'analytics', 'analytics.reporting.system', 'functional'] as const;
/** Later than everything said. */
const NOW = 50;

const said = fc
  .record({
    action: fc.constantFrom('GIVEN' as const, 'WITHDRAWN' as const),
    tick: fc.nat({ max: 20 }),
    policyVersion: fc.integer({ min: 1, max: 2 }),
    ends: fc.boolean(),
  })
  .map(({ action, tick, policyVersion, ends }): Said => {
    const validUntil = action === 'GIVEN' ? instant(ends ? NOW - 10 : NOW * 9) : null;
    return { action, occurredAt: instant(tick), policyVersion, validUntil };
  });
const choices = (uses: readonly string[]) =>
  fc
    .array(fc.tuple(fc.constantFrom(...uses), said), { maxLength: 6 })
    .map((entries): ReadonlyMap<string, Said> => new Map(entries));
type Account = ReadonlyMap<string, State>;

function fold(states: Account, acts: readonly (readonly [string, Said])[]): Account {
  const now = new Map(states);
  for (const [purpose, act] of acts) {
    const after = next(now.get(purpose) ?? null, act, false);
    if (after) now.set(purpose, after);
  }
  return now;
}

const device = choices(DEVICE_USES);
const account = choices(ACCOUNT_USES).map((acts) => fold(new Map(), [...acts]));

/** As joining does it: once more of the same at a later moment. */
function join(states: Account, chosen: ReadonlyMap<string, Said>, refused: readonly string[] = []): Account {
  const latest = Math.max(instant(NOW).getTime(), ...[...states.values()].map(({ since }) => since.getTime() + 1));
  const joined = mergeDevice(states, chosen, new Date(latest), (purpose) => !refused.includes(purpose));
  return fold(
    states,
    joined.map(({ purpose, choice, occurredAt }) => [purpose, { ...choice, occurredAt }]),
  );
}

const isOver = ({ validUntil }: { validUntil: Date | null }) => validUntil !== null && validUntil <= instant(NOW);

/** Whether this use may be had, by what somebody said of it and of wider uses. */
function permits(states: Account, use: string): boolean {
  const bearing = [...states].filter(([key]) => covers(key, use));
  const ends = bearing.filter(([, state]) => state.status === 'WITHDRAWN' || isOver(state));
  return bearing.some(
    ([key, state]) =>
      state.status === 'GIVEN' &&
      !isOver(state) &&
      ends.every(([ended, { since }]) => !covers(key, ended) && since < state.since),
  );
}

const verdicts = (states: Account) => ACCOUNT_USES.map((use) => permits(states, use));
/** What holds of each use, apart from when it was said. */
const told = (states: Account) => ACCOUNT_USES.map((use) => states.get(use)?.status ?? null);

describe('a device that joins an account', () => {
  it('takes the stricter of the two, use by use', () => {
    fc.assert(
      fc.property(account, device, (states, chosen) => {
        const joined = join(states, chosen);
        for (const use of DEVICE_USES) {
          const choice = chosen.get(use);
          const deviceRefuses = choice?.action === 'WITHDRAWN';
          const accountRefuses = [...states].some(([key, { status }]) => status === 'WITHDRAWN' && covers(key, use));
          const devicePermits = choice?.action === 'GIVEN' && !isOver(choice);
          // Never more than either allows, and a refusal of either stands.
          if (permits(joined, use)) expect(permits(states, use) || devicePermits).toBe(true);
          if (deviceRefuses) expect(permits(joined, use)).toBe(false);
          if (accountRefuses && !permits(states, use)) expect(permits(joined, use)).toBe(false);
          // What neither has refused, and the device has agreed to, is agreed to.
          if (devicePermits && !accountRefuses) expect(joined.get(use)?.status).toBe('GIVEN');
        }
        for (const use of ACCOUNT_USES) {
          const below = [...chosen].some(([key, { action }]) => action === 'WITHDRAWN' && covers(key, use));
          if (below) expect(permits(joined, use)).toBe(false);
        }
      }),
      { numRuns },
    );
  });

  it('changes nothing the second time', () => {
    fc.assert(
      fc.property(account, device, (states, chosen) => {
        const once = join(states, chosen);
        expect(told(join(once, chosen))).toEqual(told(once));
        expect(verdicts(join(once, chosen))).toEqual(verdicts(once));
      }),
      { numRuns },
    );
  });

  it('comes to the same whichever of several joins first', () => {
    fc.assert(
      fc.property(account, fc.tuple(device, device, device), fc.nat({ max: 5 }), (states, devices, order) => {
        const [one, two, three] = devices;
        const orders = [
          [one, two, three],
          [one, three, two],
          [two, one, three],
          [two, three, one],
          [three, one, two],
          [three, two, one],
        ];
        const first = devices.reduce((joined, each) => join(joined, each), states);
        const other = (orders[order] ?? []).reduce((joined, each) => join(joined, each), states);
        expect(told(other)).toEqual(told(first));
        expect(verdicts(other)).toEqual(verdicts(first));
      }),
      { numRuns },
    );
  });

  it('agrees to nothing that cannot be agreed to for the account', () => {
    fc.assert(
      fc.property(account, device, (states, chosen) => {
        const joined = join(states, chosen, DEVICE_USES);
        for (const use of DEVICE_USES) if (permits(joined, use)) expect(permits(states, use)).toBe(true);
      }),
      { numRuns },
    );
  });
});
