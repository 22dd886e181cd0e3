import { type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/** `column = any($1)`: one statement text for any number of values, where `inArray` makes a new one for each length. */
export function anyOf(column: PgColumn, values: readonly (string | Buffer)[]): SQL {
  return sql`${column} = any(${sql.param([...values])}::${sql.raw(`${column.getSQLType()}[]`)})`;
}
