import type { Sql } from 'postgres';
import type { Service } from '../service.js';
import { schemaOf } from './catalogue.js';

/** A foreign key between two tables of a service. */
export interface ForeignKey {
  readonly name: string;
  /** `from` holds the columns, `to` is what they refer to: [schema, table] as JSON. */
  readonly from: string;
  readonly to: string;
  readonly columns: readonly string[];
  /** Whether all its columns may be empty. */
  readonly nullable: boolean;
  /** Whether rows go with what they refer to. */
  readonly cascades: boolean;
}

export const tableName = (schema: string, table: string) => JSON.stringify([schema, table]);

/** The foreign keys of a service's schemas. One statement. */
export async function readForeignKeys(sql: Sql, service: Service): Promise<readonly ForeignKey[]> {
  const schemas = [...new Set(service.datasets.map((dataset) => schemaOf(service, dataset)))];
  const rows = await sql<
    {
      name: string;
      schema: string;
      table: string;
      to_schema: string;
      to_table: string;
      columns: string;
      nullable: boolean;
      cascades: boolean;
    }[]
  >`
    select c.conname as name, n.nspname as schema, r.relname as table, tn.nspname as to_schema, t.relname as to_table,
           json_agg(a.attname order by k.position)::text as columns, bool_and(not a.attnotnull) as nullable,
           c.confdeltype = 'c' as cascades
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class r on r.oid = c.conrelid
    join pg_catalog.pg_namespace n on n.oid = r.relnamespace
    join pg_catalog.pg_class t on t.oid = c.confrelid
    join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
    cross join unnest(c.conkey) with ordinality as k(attnum, position)
    join pg_catalog.pg_attribute a on a.attrelid = r.oid and a.attnum = k.attnum
    where c.contype = 'f' and c.conparentid = 0
      and n.nspname in (select value from jsonb_array_elements_text(${JSON.stringify(schemas)}::text::jsonb))
    group by c.oid, c.conname, n.nspname, r.relname, tn.nspname, t.relname
    order by c.conname`;
  return rows.map((row) => ({
    name: row.name,
    from: tableName(row.schema, row.table),
    to: tableName(row.to_schema, row.to_table),
    columns: JSON.parse(row.columns) as string[],
    nullable: row.nullable,
    cascades: row.cascades,
  }));
}
