import { type ClassType, Directive, Field, Int, ObjectType } from 'type-graphql';
import { badInput } from './errors.js';

/** Where a page of a list stands (Relay cursor connections specification). */
@Directive('@shareable')
@ObjectType({ description: 'Where a page of a list stands.' })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there is more after this page.' })
  hasNextPage!: boolean;

  @Field(() => Boolean, { description: 'Whether there is more before this page.' })
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true, description: 'Cursor of the first item of the page.' })
  startCursor!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Cursor of the last item; give it as `after` for the next page.',
  })
  endCursor!: string | null;
}

export interface Connection<Node> {
  readonly edges: readonly { readonly cursor: string; readonly node: Node }[];
  readonly pageInfo: PageInfo;
  readonly totalCount: number;
}

/** The two types of a connection to `Node`, named `<name>Connection` and `<name>Edge`. */
export function connectionType<Node extends object>(name: string, node: ClassType<Node>, things: string) {
  @ObjectType(`${name}Edge`, { description: `One of ${things}, with its place in the list.` })
  class Edge {
    @Field(() => String, { description: 'Place in the list; opaque.' })
    cursor!: string;

    @Field(() => node, { description: 'The item.' })
    node!: Node;
  }

  @ObjectType(`${name}Connection`, { description: `A page of ${things}.` })
  class ConnectionOfNode implements Connection<Node> {
    @Field(() => [Edge], { description: 'The items of this page.' })
    edges!: Edge[];

    @Field(() => PageInfo, { description: 'Where this page stands.' })
    pageInfo!: PageInfo;

    @Field(() => Int, { description: 'How many there are in all.' })
    totalCount!: number;
  }
  return ConnectionOfNode;
}

export function connection<Row, Node>(
  page: { rows: readonly Row[]; hasNextPage: boolean; totalCount: number },
  options: { cursorOf: (row: Row) => string; nodeOf: (row: Row) => Node; after: string | null | undefined },
): Connection<Node> {
  const edges = page.rows.map((row) => ({ cursor: encodeCursor(options.cursorOf(row)), node: options.nodeOf(row) }));
  return {
    edges,
    pageInfo: {
      hasNextPage: page.hasNextPage,
      hasPreviousPage: Boolean(options.after),
      startCursor: edges[0]?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
    totalCount: page.totalCount,
  };
}

export const emptyConnection = {
  edges: [],
  pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
  totalCount: 0,
};

/** No cursor leads into an empty list. */
export const NO_PLACE = /(?!)/;

/** A cursor that stands for a position, and tells nothing of it at a glance. */
export const encodeCursor = (position: string) => Buffer.from(position).toString('base64url');

/** The position a cursor stands for. Throws BAD_USER_INPUT for anything `shape` does not match. */
export function decodeCursor(after: string | null | undefined, shape: RegExp): RegExpExecArray | null {
  if (after === null || after === undefined) return null;
  const position = after.length <= 200 ? shape.exec(Buffer.from(after, 'base64url').toString()) : null;
  if (!position) throw badInput('after', 'is not a cursor of this list: take one from an edge of an earlier page.');
  return position;
}

const MOST = 200;

const USUAL = 50;

/** Checks a page size; null is the usual one. */
export function pageSize(given: number | null): number {
  const first = given ?? USUAL;
  if (first < 1 || first > MOST) throw badInput('first', `must be from 1 to ${MOST}; page on with "after".`);
  return first;
}
