import fc from 'fast-check';
import type { Said, State } from '../../src/consents/fold.js';

/** A consent's term in the model: few instants, so that acts meet. */
export const TERM = 4;
export const instant = (tick: number) => new Date(Date.UTC(2026, 0, 1) + tick * 1_000);

const given = fc.record({ tick: fc.nat({ max: 9 }), version: fc.integer({ min: 1, max: 3 }) }).map(
  ({ tick, version }): Said => ({
    action: 'GIVEN',
    occurredAt: instant(tick),
    policyVersion: version,
    validUntil: instant(tick + TERM),
  }),
);
const withdrawn = fc.record({ tick: fc.nat({ max: 9 }), version: fc.nat({ max: 3 }) }).map(
  ({ tick, version }): Said => ({
    action: 'WITHDRAWN',
    occurredAt: instant(tick),
    policyVersion: version,
    validUntil: null,
  }),
);
const expired = given.map(
  ({ validUntil, policyVersion }): Said => ({
    action: 'EXPIRED',
    occurredAt: validUntil ?? instant(0),
    policyVersion,
    validUntil: null,
  }),
);

/** Ledgers of one use of one person, in the order they were entered; late acts, repeats and stray expiries included. */
export const ledgers = fc.array(fc.oneof(given, withdrawn, expired), { maxLength: 14 });

/** What a ledger comes to, written down a second time and from scratch. */
export function meaningOf(ledger: readonly Said[]): State | null {
  const acts = ledger.filter(({ action }) => action !== 'EXPIRED');
  const latest = Math.max(...acts.map(({ occurredAt }) => occurredAt.getTime()));
  const last = acts.filter(({ occurredAt }) => occurredAt.getTime() === latest);
  const withdrawals = last.filter(({ action }) => action === 'WITHDRAWN');
  const candidates = withdrawals.length > 0 ? withdrawals : last;
  const version = Math.max(...candidates.map(({ policyVersion }) => policyVersion));
  const act = candidates.find(({ policyVersion }) => policyVersion === version);
  if (!act) return null;
  const hasEnded = ledger.some((said) => isExpiryOf(said, act));
  return {
    status: hasEnded ? 'EXPIRED' : act.action,
    since: act.occurredAt,
    policyVersion: act.policyVersion,
    validUntil: act.validUntil,
  };
}

export const isExpiryOf = (said: Said, act: Said): boolean =>
  said.action === 'EXPIRED' &&
  act.action === 'GIVEN' &&
  said.policyVersion === act.policyVersion &&
  said.occurredAt.getTime() === act.validUntil?.getTime();
