import { GraphQLError } from 'graphql';
import type { Sql } from 'postgres';
import type { Caller } from '../../../src/gate/caller.js';
import { MATCHES, MEMBERS, type Member, PRESIDENT } from './people.js';

export type Raw = Readonly<Record<string, unknown>>;

export interface Consent {
  readonly purpose: string;
  readonly status: string;
  readonly since: number;
  readonly categories: readonly string[];
}

/** Where a person stands, as Habeas' tables say. */
export interface Person {
  readonly id: string;
  readonly status: string;
  readonly consents: readonly Consent[];
  readonly objections: readonly string[];
}

export interface Stores {
  readonly people: ReadonlyMap<string, Person>;
  /** Everything the services and Habeas hold of each person, shaped as the graph is. */
  readonly trees: ReadonlyMap<string, Raw>;
}

/** Reads where everybody stands, table by table. */
export async function readPeople(sql: Sql): Promise<ReadonlyMap<string, Person>> {
  const accounts = await sql<{ id: string; status: string }[]>`select id, status from accounts`;
  const states = await sql<
    { account: string; purpose: string; status: string; since: Date; until: Date | null; version: number }[]
  >`select account_id as account, purpose, status, since, valid_until as until, policy_version as version from consent_states`;
  const objections = await sql<{ account: string; purpose: string }[]>`
    select account_id as account, purpose from objections`;
  const policies = await sql<{ version: number; purpose: string; categories: string[]; material: boolean }[]>`
    select version, purpose, categories, material from policy_purposes join policies using (version)
    where effective_from <= current_date`;
  const consentOf = ({ purpose, status, since, until, version }: (typeof states)[number]): Consent => {
    const mine = policies.filter((policy) => policy.purpose === purpose);
    const isOver = status === 'GIVEN' && until !== null && until.getTime() <= Date.now();
    const isOutdated = mine.some((policy) => policy.material && policy.version > version);
    return {
      purpose,
      status: isOver ? 'EXPIRED' : status === 'GIVEN' && isOutdated ? 'NEEDS_RENEWAL' : status,
      since: (isOver && until ? until : since).getTime(),
      categories: mine.find((policy) => policy.version === version)?.categories ?? [],
    };
  };
  return new Map(
    accounts.map(({ id, status }) => [
      id,
      {
        id,
        status,
        consents: states.filter(({ account }) => account === id).map(consentOf),
        objections: objections.filter(({ account }) => account === id).map(({ purpose }) => purpose),
      },
    ]),
  );
}

/** Reads what the services hold: `notes` and `poll` from their tables, the others from what they were started with. */
export async function readTrees(sql: Sql, createdAt: Date): Promise<ReadonlyMap<string, Raw>> {
  const members = await sql<Row[]>`select id, email, tier from notes.members order by id`;
  const notes = await sql<Row[]>`select id, member_id as "memberId", body, mood from notes.notes order by id`;
  const answers = await sql<Row[]>`select id, email, question, answer from poll.answers order by id`;
  return new Map(
    MEMBERS.map((member, number) => {
      const tree = {
        __typename: 'Account',
        id: member.id,
        createdAt: createdAt.toISOString(),
        profile: { displayName: member.name, email: member.email, jobTitle: null },
        identifiers: [{ type: 'EMAIL', value: member.email, verified: true }],
        linkedServices: member.deskId ? [{ service: { name: 'desk', country: 'GB' }, externalId: member.deskId }] : [],
        notes: {
          members: pages(members.filter(({ email }) => email === member.email)),
          notes: pages(notes.filter(({ memberId }) => memberId === number)),
        },
        poll: { answers: pages(answers.filter(({ email }) => email === member.email)) },
        desk: { tickets: pages(member.deskId ? member.tickets : []) },
        club: clubOf(member),
        tracker: member.tracker && { ...member.tracker, follows: member.tracker.follows.map(linkTo) },
      };
      return [member.id, tree];
    }),
  );
}

type Row = Readonly<Record<string, unknown>>;

const pages =
  (records: readonly Row[]) =>
  ({ first }: { first: number }) => {
    const nodes = records.slice(0, first);
    return {
      nodes,
      edges: nodes.map((node) => ({ node })),
      pageInfo: { hasNextPage: nodes.length < records.length, hasPreviousPage: false },
      totalCount: records.length,
    };
  };

/** Only who it is: whose account it is, is looked up where it is needed. */
const linkTo = (number: number | null) => (number === null ? null : { id: MEMBERS[number]?.id });

function clubOf({ club }: Member): Raw | null {
  if (!club) return null;
  const matches = club.matches.map((id) => {
    const match = MATCHES.get(id);
    return {
      ...match,
      opponent: linkTo(match?.opponent ?? null),
      players: match?.players.map(linkTo),
      analysis: `analysis of ${id} at ${match?.score}`,
    };
  });
  return {
    ...club,
    buddy: linkTo(club.buddy),
    captain: linkTo(club.captain),
    bestMatch: matches[0] ?? null,
    matches: ({ first }: { first: number }) => matches.slice(0, first),
  };
}

/** What a root field leads to, for this caller. */
export function rootOf(stores: Stores, caller: Caller, field: string, args: Raw): unknown {
  const isClient = caller.kind === 'SERVICE' && caller.purpose !== null;
  const mayKnow = (id: unknown) =>
    isClient || caller.kind === 'STAFF' || (caller.kind === 'SUBJECT' && caller.accountId === id);
  const find = (id: unknown) => {
    const isThere = mayKnow(id) && (stores.people.get(String(id))?.status ?? 'ERASED') !== 'ERASED';
    return isThere ? accountOf(stores, String(id)) : null;
  };
  if (caller.kind === 'ANONYMOUS') return refused('UNAUTHENTICATED');
  switch (field) {
    case 'clubs':
      return [
        { title: 'Chess', founded: 1901 },
        { title: 'Rowing', founded: null },
      ];
    case 'president':
      return accountOf(stores, MEMBERS[PRESIDENT]?.id ?? '');
    case 'me':
      return caller.kind === 'SUBJECT' ? find(caller.accountId) : refused('FORBIDDEN');
    case 'accountByIdentifier': {
      const mayAsk = (isClient && caller.affiliation === 'AFFILIATED') || caller.kind === 'STAFF';
      if (caller.kind === 'SERVICE' && !isClient) return refused('PURPOSE_NOT_PERMITTED');
      return mayAsk ? find(MEMBERS.find(({ email }) => email === args.value)?.id) : refused('FORBIDDEN');
    }
  }
  if (caller.kind === 'SERVICE' && !isClient) return refused('PURPOSE_NOT_PERMITTED');
  if (field === 'accounts') return (args.ids as readonly string[]).map(find);
  return find(args.id) ?? refused('NOT_FOUND');
}

const refused = (code: string) => new GraphQLError(code, { extensions: { code } });

/** Of an erased account Habeas itself, and what it asks in its name, knows nothing more. */
export function accountOf({ people, trees }: Stores, id: string): Raw {
  const status = people.get(id)?.status;
  const tree = trees.get(id) ?? {};
  if (status !== 'ERASED') return { ...tree, status };
  return { __typename: 'Account', id, club: tree.club, tracker: tree.tracker };
}
