import type { DataRecord, Json } from '../../services/connector.js';

/** Objects nested deeper than this, and columns beyond this many, stay together as JSON text. */
const DEEPEST = 8;
export const MOST_COLUMNS = 1000;

export type Cell = Exclude<Json, { [key: string]: Json }> | Json[];

/** Column by name, in the record's order. Nested objects become `outer.inner`; dots inside names are written `\.`. */
export function flatten(record: DataRecord): Map<string, Json> {
  const cells = new Map<string, Json>();
  const walk = (value: Json, column: string, depth: number) => {
    if (isPlainObject(value) && depth < DEEPEST && Object.keys(value).length > 0) {
      for (const [name, inner] of Object.entries(value)) walk(inner, `${column}.${escapeDots(name)}`, depth + 1);
    } else {
      cells.set(column, value);
    }
  };
  for (const [name, value] of Object.entries(record)) walk(value, escapeDots(name), 1);
  return cells;
}

/** Learns a collection's columns from its records, one after the other; remembers names only. */
export class Columns {
  /** By name: whether any record had a value there. */
  readonly #seen = new Map<string, boolean>();
  #overflow = false;

  /** `declared`: columns known beforehand; they come first and in that order. */
  constructor(private readonly declared: readonly string[]) {}

  learn(record: DataRecord): void {
    for (const [column, value] of flatten(record)) {
      if (!this.#seen.has(column) && this.#seen.size >= MOST_COLUMNS) this.#overflow = true;
      else if (value !== null || !this.#seen.has(column)) this.#seen.set(column, value !== null);
    }
  }

  /** Whether some records have fields that got no column. */
  get overflow(): boolean {
    return this.#overflow;
  }

  /**
   * All columns. An object has those of its fields and none of its own, also where it is null in some records; a list
   * has its own and none of its fields, whatever was declared.
   */
  names(): string[] {
    const ordered = new Set<string>();
    for (const column of this.declared) {
      const outer = this.#outerOf(column);
      if (!this.#seen.get(column) && outer !== undefined) ordered.add(outer);
      else if (this.#seen.get(column) || !this.#isObject(column)) ordered.add(column);
      for (const inner of this.#insideOf(column)) ordered.add(inner);
    }
    for (const column of this.#seen.keys()) ordered.add(column);
    return [...ordered].filter((column) => this.#seen.get(column) !== false || !this.#isObject(column));
  }

  /** Those of the columns that hold something in some record. */
  filled(): string[] {
    return this.names().filter((column) => this.#seen.get(column));
  }

  #insideOf(outer: string): string[] {
    return [...this.#seen.keys()].filter((column) => column.startsWith(`${outer}.`));
  }

  #isObject(column: string): boolean {
    return this.#insideOf(column).length > 0;
  }

  /** The column that holds this field in one piece. */
  #outerOf(inner: string): string | undefined {
    return [...this.#seen].find(([column, filled]) => filled && inner.startsWith(`${column}.`))?.[0];
  }
}

export const isPlainObject = (value: Json): value is { [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A name as a part of a dotted one. */
export const escapeDots = (name: string) => name.replaceAll(/[\\.]/g, '\\$&');
