export type ConsentAction = 'GIVEN' | 'WITHDRAWN' | 'EXPIRED';

/** One event of the ledger, as far as what holds now depends on it. */
export interface Said {
  readonly action: ConsentAction;
  /** When the person did it; for EXPIRED, when the consent ended. */
  readonly occurredAt: Date;
  readonly policyVersion: number;
  /** Until when a consent given holds; null: without end. */
  readonly validUntil: Date | null;
}

/** What holds of one use. `since`: when the person said so, also of a consent that has ended since. */
export interface State {
  readonly status: ConsentAction;
  readonly since: Date;
  readonly policyVersion: number;
  readonly validUntil: Date | null;
}

/**
 * What holds once `said` is known too. What the person did last counts, whenever it was entered; of two acts at one
 * instant the withdrawal. Whatever the order in which events come, and however often, the same holds in the end.
 * `hasEnded`: whether the ledger says already that this consent has expired.
 */
export function next(state: State | null, said: Said, hasEnded: boolean): State | null {
  if (said.action === 'EXPIRED') return state && endsWith(state, said) ? { ...state, status: 'EXPIRED' } : state;
  if (state && !isLater(said, state)) return state;
  const { action, occurredAt, policyVersion, validUntil } = said;
  return { status: hasEnded ? 'EXPIRED' : action, since: occurredAt, policyVersion, validUntil };
}

/** Whether this is the expiry of the very consent that holds. */
function endsWith(state: State, expiry: Said): boolean {
  return (
    state.status === 'GIVEN' &&
    state.policyVersion === expiry.policyVersion &&
    state.validUntil?.getTime() === expiry.occurredAt.getTime()
  );
}

function isLater(said: Said, state: State): boolean {
  const isWithdrawn = (action: ConsentAction) => (action === 'WITHDRAWN' ? 1 : 0);
  const difference =
    said.occurredAt.getTime() - state.since.getTime() ||
    isWithdrawn(said.action) - isWithdrawn(state.status) ||
    said.policyVersion - state.policyVersion;
  return difference > 0;
}
