/** Something a person said of one use, as long as it took until it was acknowledged. Milliseconds of one clock. */
export interface Said {
  readonly person: string;
  readonly action: 'GIVEN' | 'WITHDRAWN';
  readonly start: number;
  readonly end: number;
}

/** One look at one person, and whether their data came. Milliseconds of the same clock. */
export interface Look {
  readonly person: string;
  readonly start: number;
  readonly end: number;
  readonly told: boolean;
}

/** Looks that no order of what happened explains, and such as came late. */
export interface Findings {
  /** It began when consent had been taken back and not been given again, and came with data. */
  readonly afterWithdrawal: readonly Look[];
  /** It was under way when consent was taken back, and came with data longer after than allowed. */
  readonly late: readonly Look[];
  /** Consent held all the while, and no data came. */
  readonly missing: readonly Look[];
}

interface Period {
  readonly given: Said;
  /** What ended it; undefined where nothing has. */
  readonly withdrawn: Said | undefined;
}

/**
 * Holds looks against what was said, one register for each person: a look and a word that overlap may have come in
 * either order. A person says one thing after the other.
 */
export function findingsOf(said: readonly Said[], looks: readonly Look[], lateMs: number): Findings {
  const periods = new Map<string, Period[]>();
  const inTime = [...said].sort((one, other) => one.start - other.start);
  for (const given of inTime.filter(({ action }) => action === 'GIVEN')) {
    const { person, end } = given;
    const withdrawn = inTime.find((each) => each.person === person && each.action === 'WITHDRAWN' && each.start >= end);
    periods.set(person, [...(periods.get(person) ?? []), { given, withdrawn }]);
  }
  const of = ({ person }: Look) => periods.get(person) ?? [];
  const lateness = (look: Look) =>
    Math.min(
      ...of(look)
        .filter(({ given, withdrawn }) => given.start < look.end && (withdrawn?.end ?? Infinity) > look.start)
        .map(({ withdrawn }) => Math.max(0, look.end - (withdrawn?.end ?? Infinity))),
    );
  const heldThroughout = (look: Look) =>
    of(look).some(({ given, withdrawn }) => given.end <= look.start && (withdrawn?.start ?? Infinity) >= look.end);
  const told = looks.filter((look) => look.told).map((look) => ({ look, ms: lateness(look) }));
  return {
    afterWithdrawal: told.filter(({ ms }) => ms === Infinity).map(({ look }) => look),
    late: told.filter(({ ms }) => ms > lateMs && ms < Infinity).map(({ look }) => look),
    missing: looks.filter((look) => !look.told && heldThroughout(look)),
  };
}
