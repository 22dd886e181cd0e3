import { covers } from '../services/taxonomy.js';
import type { Said, State } from './fold.js';

/** What was last said of each use, by its key. */
export type Choices<Choice = State> = ReadonlyMap<string, Choice>;

/** A choice of a device as it becomes one of the account. */
export interface Joined<Choice> {
  readonly purpose: string;
  readonly choice: Choice;
  /** When it counts from in the account's ledger. */
  readonly occurredAt: Date;
}

/**
 * What joins an account of the choices made on a device before login. Where the two differ the stricter one wins,
 * whichever is the later: a refusal of the device's ends what the account permits, a yes of the device's opens nothing
 * the account has refused. Each use is settled by itself: a device names none and one below it, but where its browser's
 * signal refused the wider one, and then what it agreed to below was said after that.
 *
 * `moment`: later than all the account has said. `mayAgree`: whether consent to this use can be given for the account.
 */
export function mergeDevice<Choice extends Said>(
  account: Choices,
  device: Choices<Choice>,
  moment: Date,
  mayAgree: (purpose: string) => boolean,
): Joined<Choice>[] {
  return [...device].flatMap(([purpose, choice]) => {
    const { action, occurredAt } = choice;
    if (action !== 'WITHDRAWN') {
      const isOpen = !isRefused(account, purpose) && !hasEnded(choice, moment) && mayAgree(purpose);
      return isOpen ? [{ purpose, choice, occurredAt }] : [];
    }
    const standing = [...account].filter(([key, { status }]) => covers(purpose, key) && status !== 'WITHDRAWN');
    if (standing.length === 0 && account.has(purpose)) return [];
    const isOutrun = standing.some(([, { since }]) => since >= occurredAt);
    return [{ purpose, choice, occurredAt: isOutrun ? moment : occurredAt }];
  });
}

/** Whether the account has refused this use, or one above it. */
const isRefused = (account: Choices, purpose: string) =>
  [...account].some(([key, { status }]) => status === 'WITHDRAWN' && covers(key, purpose));

const hasEnded = ({ validUntil }: Said, moment: Date) => validUntil !== null && validUntil <= moment;
