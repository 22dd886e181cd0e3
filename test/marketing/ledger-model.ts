import fc from 'fast-check';
import { NEWS, TOOL } from './settings.js';

/** Something done about marketing, in the order it is entered. `back`: minutes before, where it is entered late. */
export type Deed =
  | {
      readonly kind: 'say';
      readonly optOutOfAll?: boolean;
      readonly email?: boolean;
      readonly sms?: boolean;
      readonly tool?: boolean;
      readonly news?: boolean;
      readonly back: number | null;
    }
  | { readonly kind: 'unsubscribe' | 'undo'; readonly topic: string | null };

const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined, freq: 2 });

const say = fc
  .record({
    optOutOfAll: maybe(fc.boolean()),
    email: maybe(fc.boolean()),
    sms: maybe(fc.boolean()),
    tool: maybe(fc.boolean()),
    news: maybe(fc.boolean()),
    back: fc.option(fc.integer({ min: 1, max: 40 }), { nil: null, freq: 3 }),
  })
  .map((said): Deed => ({ kind: 'say', ...dropUndefined(said) }));
const byLink = fc.record({
  kind: fc.constantFrom('unsubscribe' as const, 'undo' as const),
  topic: fc.constantFrom(TOOL, NEWS, null),
});

export const deeds: fc.Arbitrary<Deed[]> = fc.array(fc.oneof(say, say, byLink, byLink), {
  minLength: 1,
  maxLength: 12,
});

function dropUndefined<Value extends object>(value: Value): { [Key in keyof Value]: Exclude<Value[Key], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

/** A row of the ledger, as far as what holds depends on it. */
export interface Entry {
  readonly id: number;
  readonly subject: string;
  readonly action: string;
  readonly allowed: boolean;
  readonly at: number;
  readonly undoes: number | null;
}

/** What a ledger comes to, written down a second time and from scratch: of each subject what counts last. */
export function meaningOf(ledger: readonly Entry[]): Map<string, boolean> {
  const meaning = new Map<string, boolean>();
  const undone = new Set(ledger.flatMap(({ undoes }) => (undoes === null ? [] : [undoes])));
  const counting = ledger.filter(({ action, id }) => action !== 'UNDONE' && !undone.has(id));
  for (const subject of new Set(counting.map((entry) => entry.subject))) {
    const own = counting.filter((entry) => entry.subject === subject);
    const latest = Math.max(...own.map(({ at }) => at));
    meaning.set(
      subject,
      own.filter(({ at }) => at === latest).every(({ allowed }) => allowed),
    );
  }
  return meaning;
}
