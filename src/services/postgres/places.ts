import type { Step } from '../reference-graph.js';
import type { Table } from './catalogue.js';
import { identifier, literal, TEXT } from './joins.js';
import type { ColumnType } from './types.js';

/** The manifest names something the database does not have. The message names it and the mend. */
export class SchemaMismatch extends Error {}

/** A collection's table, which statements call `t`. */
export interface Relation {
  /** "dataset.collection" */
  readonly key: string;
  readonly table: Table;
  /** Table with its alias `t`. */
  readonly sql: string;
}

/** A value of a row, as an SQL expression. */
export interface Place {
  readonly sql: string;
  readonly type: ColumnType;
}

/** Where a field's value stands in its row: a column, or a part of a JSON column. */
export function placeOf({ key, table }: Relation, path: string): Place {
  const [column = '', ...inside] = path.split('.');
  const whole = table.columns.get(path);
  if (whole) return { sql: `t.${identifier(path)}`, type: whole };
  const type = table.columns.get(column);
  if (!type) {
    throw new SchemaMismatch(
      `there is no column ${column} for ${key}.${path}: name one that exists, or drop the field`,
    );
  }
  if (type.array || (type.name !== 'json' && type.name !== 'jsonb')) {
    throw new SchemaMismatch(
      `column ${column} of ${key} is ${type.name}, so it has no part ${inside.join('.')}: only json and jsonb have`,
    );
  }
  return { sql: `(t.${identifier(column)} #>> array[${inside.map(literal).join(', ')}])`, type: TEXT };
}

/**
 * What tells rows apart and orders pages: the primary key, else what the dataset calls one, else where the row rests,
 * else (a view) all it holds.
 */
export function keysOf({ collection }: Step, table: Table): { sql: string; type: string }[] {
  const declared = collection.fields.filter((field) => field.primaryKey).map(({ name }) => name);
  const names = table.primaryKey.length > 0 ? table.primaryKey : declared;
  const columns = names.flatMap((name) => {
    const type = table.columns.get(name);
    return type ? [{ sql: `t.${identifier(name)}`, type: type.array ? `${type.sql}[]` : type.sql }] : [];
  });
  if (columns.length > 0) return columns;
  if (table.kind === 'v' || table.kind === 'f') {
    return [{ sql: `encode(sha256(convert_to(t::text, 'UTF8')), 'hex')`, type: 'text' }];
  }
  return [
    { sql: 't.tableoid', type: 'oid' },
    { sql: 't.ctid', type: 'tid' },
  ];
}
