/** One person of the gated company, as each of its services keeps them. Everything is made of the person's number. */
export interface Member {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  /** Under which the help desk knows them; null: it does not. */
  readonly deskId: string | null;
  readonly tier: string;
  readonly notes: readonly { readonly body: string; readonly mood: number | null }[];
  readonly answers: readonly { readonly question: string; readonly answer: string | null }[];
  readonly tickets: readonly { readonly id: string; readonly subject: string; readonly price: number }[];
  readonly club: ClubRecord | null;
  readonly tracker: TrackerRecord | null;
}

export interface ClubRecord {
  readonly nickname: string | null;
  readonly joined: string;
  readonly rank: number;
  /** Numbers of other people. */
  readonly buddy: number | null;
  readonly captain: number | null;
  /** Ids of matches; the first is the best. */
  readonly matches: readonly string[];
  readonly trophy: Readonly<Record<string, string | number>> | null;
  readonly contact: Readonly<Record<string, string | number>> | null;
  readonly diary: { readonly pages: number | null; readonly words: string } | null;
}

export interface TrackerRecord {
  readonly device: string | null;
  readonly steps: number;
  readonly follows: readonly (number | null)[];
}

/** Two people played it, and it is among the records of both. */
export interface Match {
  readonly id: string;
  readonly score: number;
  readonly venue: string | null;
  readonly opponent: number | null;
  readonly players: readonly number[];
  readonly heatmap: string;
}

export const PEOPLE = 30;

export const accountId = (number: number): string => `00000000-0000-4000-8000-${String(number + 1).padStart(12, '0')}`;

/** The club's president, to whom it leads without anybody being asked about. */
export const PRESIDENT = 4;

export const MEMBERS: readonly Member[] = Array.from({ length: PEOPLE }, (_, number) => member(number));

export const MATCHES: ReadonlyMap<string, Match> = new Map(
  Array.from({ length: PEOPLE }, (_, number): [string, Match] => [`m${number}`, match(number)]),
);

function member(number: number): Member {
  const times = (count: number) => Array.from({ length: count }, (_, index) => index);
  return {
    id: accountId(number),
    name: `Name ${number}`,
    email: `person${number}@example.com`,
    deskId: number % 7 === 3 ? null : `desk-${number}`,
    tier: `tier-${number}`,
    notes: times(number % 4).map((n) => ({ body: `note ${n} of ${number}`, mood: n === 1 ? null : number + n })),
    answers: times(number % 3).map((n) => ({
      question: `question ${n} to ${number}`,
      answer: n === 1 ? null : `answer ${n} of ${number}`,
    })),
    tickets: times(number % 3).map((n) => ({
      id: `ticket-${number}-${n}`,
      subject: `subject ${n} of ${number}`,
      price: number + n / 4,
    })),
    club: number % 8 === 7 ? null : clubRecord(number),
    tracker:
      number % 6 === 5
        ? null
        : {
            device: number % 4 === 0 ? null : `device-${number}`,
            steps: 1_000 + number,
            follows: number % 3 === 0 ? [] : [other(number, 5), null, other(number, 9)],
          },
  };
}

function clubRecord(number: number): ClubRecord {
  return {
    nickname: number % 5 === 0 ? null : `nickname-${number}`,
    joined: `joined-${number}`,
    rank: number,
    buddy: number % 4 === 1 ? null : other(number, 1),
    captain: number % 5 === 2 ? null : other(number, 3),
    matches: number % 6 === 0 ? [] : [`m${number}`, `m${other(number, PEOPLE - 2)}`],
    trophy: trophy(number),
    contact:
      number % 3 === 0
        ? null
        : number % 3 === 1
          ? { __typename: 'Phone', label: `label-${number}`, number: `+44${number}` }
          : { __typename: 'Post', label: `label-${number}`, street: `street-${number}` },
    diary: number % 4 === 2 ? null : { pages: number % 3 === 0 ? null : number, words: `words-${number}` },
  };
}

function trophy(number: number): ClubRecord['trophy'] {
  if (number % 3 === 2) return null;
  if (number % 3 === 1) return { __typename: 'Cup', engraving: `engraving-${number}` };
  return { __typename: 'Medal', metal: `metal-${number}`, year: 1_900 + number };
}

function match(number: number): Match {
  return {
    id: `m${number}`,
    score: 10 + number,
    venue: number % 4 === 0 ? null : `venue-${number}`,
    opponent: number % 5 === 3 ? null : other(number, 2),
    players: [number, other(number, 2)],
    heatmap: `heatmap-${number}`,
  };
}

function other(number: number, further: number): number {
  return (number + further) % PEOPLE;
}
