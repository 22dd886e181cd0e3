import type { Json } from '../connector.js';
import type { ConnectionSelection, ObjectSelection, Selection, Shape } from './shapes.js';

/** Records asked for at once. */
export const PAGE = 200;
/** Asked of a list that has a bound and no way on: a list this long may have been cut. */
export const BOUND = 1_000;

/** One step from `Account` towards a selection, into one object where there are many. */
export type Step =
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'variant'; readonly typeName: string }
  | ({ readonly kind: 'item'; readonly selection: ObjectSelection; readonly indices: readonly number[] } & Expected)
  /** The first record behind a cursor; null: the first of all. */
  | ({ readonly kind: 'edge'; readonly selection: ConnectionSelection; readonly after: string | null } & Expected);

interface Expected {
  /** The id of the object there, where its id is asked for. */
  readonly id: Json | undefined;
}

export interface RecordQuery {
  readonly text: string;
  /** Without `representations`. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Cursors travel as variables, so that all pages of a collection have one text. */
class Cursors {
  readonly #types: string[] = [];
  readonly variables: Record<string, string> = {};

  argument({ cursorType }: ConnectionSelection, after: string | null): string {
    if (after === null || cursorType === null) return '';
    const name = `after${this.#types.length}`;
    this.#types.push(`$${name}: ${cursorType}`);
    this.variables[name] = after;
    return `, after: $${name}`;
  }

  declare(): string {
    return ['$representations: [_Any!]!', ...this.#types].join(', ');
  }
}

/** The question for a shape, or for one page of a connection, at the end of some steps. */
export function recordQuery(steps: readonly Step[], end: Shape | Selection, after: string | null = null): RecordQuery {
  const cursors = new Cursors();
  const inner = 'kind' in end ? selectionText(end, cursors, after) : shapeText(end);
  const nested = steps.reduceRight((text, step) => stepText(step, text, cursors), inner);
  const text = `query (${cursors.declare()}) { _entities(representations: $representations) { ... on Account { id ${nested} } } }`;
  return { text, variables: cursors.variables };
}

function stepText(step: Step, inner: string, cursors: Cursors): string {
  if (step.kind === 'field') return `${step.name} { ${inner} }`;
  if (step.kind === 'variant') return `__typename ... on ${step.typeName} { ${inner} }`;
  const { selection } = step;
  const object = `{ ${hasId(selection.shape) ? 'id ' : ''}${inner} }`;
  if (step.kind === 'item') return `${head(step.selection)}${boundText(step.selection)} ${object}`;
  return `${head(selection)}(first: 1${cursors.argument(step.selection, step.after)}) { edges { node ${object} } }`;
}

export function hasId({ selections }: Shape): boolean {
  return selections.some(({ kind, key }) => kind === 'leaf' && key === 'id');
}

function shapeText({ selections, variants }: Shape): string {
  if (!variants) return selections.map((selection) => selectionText(selection, new Cursors(), null)).join(' ');
  return ['__typename', ...variants.map((shape) => `... on ${shape.typeName} { ${shapeText(shape)} }`)].join(' ');
}

function selectionText(selection: Selection, cursors: Cursors, after: string | null): string {
  if (selection.kind === 'leaf') return head(selection);
  const { shape } = selection;
  if (selection.kind === 'object') return `${head(selection)}${boundText(selection)} { ${shapeText(shape)} }`;
  const page = selection.cursorType === null ? '' : `(first: ${PAGE}${cursors.argument(selection, after)})`;
  const edge = [...(holdsConnection(shape) ? ['cursor'] : []), ...selection.edgeLeaves, `node { ${shapeText(shape)} }`];
  return `${head(selection)}${page} { edges { ${edge.join(' ')} } pageInfo { hasNextPage endCursor } }`;
}

/** Records with connections of their own may have to be found again, by the cursor before them. */
export function holdsConnection({ selections, variants }: Shape): boolean {
  return (
    selections.some(
      (selection) =>
        selection.kind === 'connection' || (selection.kind === 'object' && holdsConnection(selection.shape)),
    ) || (variants ?? []).some(holdsConnection)
  );
}

const head = ({ name, key }: Selection): string => (name === key ? name : `${key}: ${name}`);

const boundText = ({ bound }: ObjectSelection): string => (bound === null ? '' : `(${bound}: ${BOUND})`);
