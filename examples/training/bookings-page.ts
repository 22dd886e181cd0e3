import { GraphQLError } from 'graphql';
import type { Booking, PageQuestion } from './records.js';

/** Relay's arguments as the store understands them. Throws BAD_USER_INPUT naming the argument. */
export function pageQuestion({ first, after }: { first?: number | null; after?: string | null }): PageQuestion {
  const size = first ?? 50;
  if (size < 1 || size > 200) throw badInput('first', 'ask for 1 to 200 bookings.');
  return { first: size, after: after ? idOf(after) : '0' };
}

/** One page out of what the store answered, which is one booking more where a next page exists. */
export function bookingsPage(accountId: string, found: readonly Booking[], { first, after }: PageQuestion) {
  const nodes = found.slice(0, first);
  const edges = nodes.map((node) => ({ node, cursor: cursorOf(node.id) }));
  return {
    accountId,
    nodes,
    edges,
    pageInfo: {
      hasNextPage: found.length > first,
      hasPreviousPage: after !== '0',
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

const cursorOf = (id: string) => Buffer.from(`booking:${id}`).toString('base64url');

function idOf(cursor: string): string {
  const id = /^booking:(\d{1,18})$/.exec(Buffer.from(cursor, 'base64url').toString())?.[1];
  if (id === undefined) throw badInput('after', 'use a cursor of an earlier page.');
  return id;
}

const badInput = (argument: string, message: string) =>
  new GraphQLError(`${argument}: ${message}`, { extensions: { code: 'BAD_USER_INPUT', argument } });
