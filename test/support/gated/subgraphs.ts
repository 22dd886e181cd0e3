import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type DocumentNode, execute, parse, validate } from 'graphql';
import { accountId, MATCHES, MEMBERS, PRESIDENT } from './people.js';

/** A service over HTTP in this process, which keeps what it was asked. */
export interface Listening {
  readonly url: string;
  /** What it has been asked since last looked. */
  asked(): readonly Asked[];
  /** From now on answers are made, but sent only once the function this returns is called. */
  hold(): () => void;
  close(): Promise<void>;
}

export interface Asked {
  readonly path: string;
  /** Null where there was no body. */
  readonly body: { readonly query: string; readonly variables?: Readonly<Record<string, unknown>> } | null;
}

type Answer = (asked: Asked) => unknown;

/** Answers JSON; undefined is answered with status 204. */
export async function listening(answer: Answer): Promise<Listening> {
  let asked: Asked[] = [];
  let released: Promise<void> | null = null;
  const server = createServer(async (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const question = { path: request.url ?? '', body: body === '' ? null : JSON.parse(body) };
    asked.push(question);
    const answered = await answer(question);
    await released;
    if (answered === undefined) return response.writeHead(204).end();
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answered));
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked: () => {
      const since = asked;
      asked = [];
      return since;
    },
    hold: () => {
      let release = () => {};
      released = new Promise((resolve) => (release = resolve));
      return () => {
        released = null;
        release();
      };
    },
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      server.closeAllConnections();
      await closed;
    },
  };
}

const byId = new Map(MEMBERS.map((member) => [member.id, member]));
const account = (number: number | null) => (number === null ? null : { __typename: 'Account', id: accountId(number) });

const matchOf = (id: string) => {
  const match = MATCHES.get(id);
  return match && { ...match, opponent: account(match.opponent), players: match.players.map(account) };
};

/** The club: one of the company's own services. */
export const startClub = (): Promise<Listening> =>
  subgraph('club.graphql', {
    Query: {
      clubs: () => [{ title: 'Chess', founded: 1901 }, { title: 'Rowing' }],
      president: () => account(PRESIDENT),
    },
    Account: {
      __resolveReference: ({ id }: { id: string }) => (byId.has(id) ? { id } : null),
      club: ({ id }: { id: string }) => {
        const { club } = byId.get(id) ?? {};
        if (!club) return null;
        const matches = club.matches.map(matchOf);
        const people = { buddy: account(club.buddy), captain: account(club.captain) };
        const most = ({ first }: { first: number }) => matches.slice(0, first);
        return { ...club, ...people, bestMatch: matches[0] ?? null, matches: most };
      },
    },
    Match: { __resolveReference: ({ id }: { id: string }) => matchOf(id) ?? null },
  });

/** The tracker: of another company. */
export const startTracker = (): Promise<Listening> =>
  subgraph('tracker.graphql', {
    Account: {
      tracker: ({ id }: { id: string }) => {
        const { tracker = null } = byId.get(id) ?? {};
        return tracker && { ...tracker, follows: tracker.follows.map(account) };
      },
    },
    Match: {
      __resolveReference: ({ id, score }: { id: string; score?: number }) => ({
        id,
        heatmap: MATCHES.get(id)?.heatmap ?? null,
        analysis: () => {
          if (score === undefined) throw new Error('asked to analyse what it was not told');
          return `analysis of ${id} at ${score}`;
        },
      }),
    },
  });

type Resolvers = Parameters<typeof buildSubgraphSchema>[0] extends infer Modules
  ? Modules extends { resolvers?: infer Given }
    ? Given
    : never
  : never;

const MOST_PARSED = 5_000;

async function subgraph(sdl: string, resolvers: Resolvers): Promise<Listening> {
  const typeDefs = parse(readFileSync(new URL(sdl, import.meta.url), 'utf8'));
  const schema = buildSubgraphSchema({ typeDefs, resolvers });
  const parsed = new Map<string, DocumentNode>();
  return listening(async ({ body }) => {
    const { query = '', variables } = body ?? {};
    const document = parsed.get(query) ?? parse(query);
    if (!parsed.has(query)) {
      const errors = validate(schema, document);
      if (errors.length > 0) return { errors };
      if (parsed.size < MOST_PARSED) parsed.set(query, document);
    }
    return execute({ schema, document, variableValues: variables ?? {} });
  });
}
