import type { Connection, Service } from '../service.js';

/** A manifest as it is first proposed for a service. What was guessed says so, for a person to look at. */
export interface Draft {
  /** The system's `fides_key`. */
  readonly name: string;
  /** What it was drafted from, as a noun: "the tables of schema public". */
  readonly origin: string;
  readonly connection: {
    readonly kind: 'postgres' | 'subgraph' | 'http';
    /** With `${NAME}` in place of what is not to be written down. */
    readonly settings: Readonly<Record<string, string>>;
  };
  /** Categories to declare a purpose for. */
  readonly categories: readonly string[];
  /** What to look at before anything else, a line each. */
  readonly notes: readonly string[];
  /** Empty for a subgraph, whose SDL says what it holds. */
  readonly collections: readonly DraftCollection[];
}

export interface DraftCollection {
  readonly name: string;
  /** Why it is left out, where it is. */
  readonly skipped: string | null;
  /** Columns that are not drafted, as they hold secrets. */
  readonly secrets: readonly string[];
  readonly fields: readonly DraftField[];
}

export interface DraftField {
  readonly name: string;
  /** Guessed from the name; null where nothing fits. */
  readonly category: string | null;
  readonly dataType: string | null;
  readonly primaryKey: boolean;
  /** `email`, `phone_number` or `external_id`, guessed from the name. */
  readonly identity: string | null;
  readonly reference: DraftReference | null;
  /** What else is to be looked at. */
  readonly note: string | null;
  readonly fields: readonly DraftField[];
}

export interface DraftReference {
  /** "collection.field" of the same dataset. */
  readonly field: string;
  readonly direction: 'from' | 'to';
  /** What is to be looked at; null where the store itself says that the rows belong together. */
  readonly note: string | null;
}

/** All categories of fields and their parts. */
export function categoriesOf(fields: readonly DraftField[]): string[] {
  return fields.flatMap(({ category, fields: parts }) => [
    ...(category === null ? [] : [category]),
    ...categoriesOf(parts),
  ]);
}

/** A service that has no manifest yet, so that its store can be asked what is in it. */
export function serviceToRead(name: string, connection: Exclude<Connection, { kind: 'core' }>): Service {
  const kinds = { postgres: 'POSTGRES', subgraph: 'SUBGRAPH', http: 'HTTP' } as const;
  return {
    name,
    field: name,
    title: name,
    description: null,
    kind: kinds[connection.kind],
    affiliation: 'AFFILIATED',
    country: 'GB',
    transferSafeguard: null,
    connection,
    declarations: [],
    datasets: [],
    erasure: new Map(),
    retention: new Map(),
    source: null,
    file: 'its manifest',
  };
}
