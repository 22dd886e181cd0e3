import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { next, type Said, type State } from '../../src/consents/fold.js';
import { isExpiryOf, ledgers, meaningOf } from './ledger-model.js';

const RUNS = { numRuns: 2_000 };

/** What holds after each event of a ledger, one after the other. */
function statesOf(ledger: readonly Said[]): (State | null)[] {
  let state: State | null = null;
  return ledger.map((said, index) => {
    const hasEnded = ledger.slice(0, index).some((earlier) => isExpiryOf(earlier, said));
    state = next(state, said, hasEnded);
    return state;
  });
}

const stateOf = (ledger: readonly Said[]) => statesOf(ledger).at(-1) ?? null;

describe('what a ledger of consents comes to', () => {
  it('is the fold of its events, after every one of them', () => {
    fc.assert(
      fc.property(ledgers, (ledger) => {
        statesOf(ledger).forEach((state, index) => {
          expect(state).toEqual(meaningOf(ledger.slice(0, index + 1)));
        });
      }),
      RUNS,
    );
  });

  it('does not depend on the order of events, nor on how often one comes', () => {
    const shuffled = ledgers.chain((ledger) =>
      fc.record({
        ledger: fc.constant(ledger),
        again: fc
          .subarray(ledger)
          .chain((repeated) =>
            fc.shuffledSubarray([...ledger, ...repeated], { minLength: ledger.length + repeated.length }),
          ),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ ledger, again }) => {
        expect(stateOf(again)).toEqual(stateOf(ledger));
      }),
      RUNS,
    );
  });

  it('never has a consent outlive a withdrawal of the same instant or later (Article 7(3))', () => {
    fc.assert(
      fc.property(ledgers, (ledger) => {
        const state = stateOf(ledger);
        const withdrawals = ledger.filter(({ action }) => action === 'WITHDRAWN');
        if (state?.status === 'GIVEN') {
          expect(withdrawals.filter(({ occurredAt }) => occurredAt >= state.since)).toEqual([]);
        }
        const latest = withdrawals.map(({ occurredAt }) => +occurredAt).sort((a, b) => b - a)[0];
        const later = ledger.some(({ action, occurredAt }) => action === 'GIVEN' && +occurredAt > (latest ?? 0));
        if (latest !== undefined && !later) expect(state?.status).toBe('WITHDRAWN');
      }),
      RUNS,
    );
  });
});
