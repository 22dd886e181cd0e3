import type { Sql } from 'postgres';
import type { Collection, Dataset, Service } from '../service.js';
import type { ColumnType } from './types.js';

/** A table, view or partitioned table as the database describes it. */
export interface Table {
  readonly schema: string;
  readonly name: string;
  /** r: table, p: partitioned, v: view, m: materialised view, f: foreign table */
  readonly kind: string;
  readonly columns: ReadonlyMap<string, ColumnType>;
  /** Columns of the primary key, in its order; empty where there is none. */
  readonly primaryKey: readonly string[];
}

/** The tables behind a service's collections. */
export class Catalogue {
  constructor(
    private readonly service: Service,
    private readonly tables: ReadonlyMap<string, Table>,
  ) {}

  table(dataset: Dataset, collection: Collection): Table | undefined {
    return this.tables.get(tableKey(schemaOf(this.service, dataset), collection.name));
  }
}

interface ColumnRow {
  schema: string;
  table: string;
  kind: string;
  column: string;
  type: string;
  sql: string;
  is_array: boolean;
  key_position: number | null;
}

/** Reads columns, types and primary keys of all tables a service's datasets name. One statement. */
export async function readCatalogue(sql: Sql, service: Service): Promise<Catalogue> {
  const wanted = service.datasets.flatMap((dataset) =>
    dataset.collections.map(({ name }) => ({ schema: schemaOf(service, dataset), name })),
  );
  const rows = await sql<ColumnRow[]>`
    select n.nspname as schema, c.relname as table, c.relkind as kind, a.attname as column,
           coalesce(element.typname, base.typname) as type,
           format_type(coalesce(element.oid, base.oid), null) as sql,
           element.oid is not null as is_array,
           array_position(i.indkey::int2[], a.attnum) as key_position
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    join pg_catalog.pg_type t on t.oid = a.atttypid
    join pg_catalog.pg_type base on base.oid = case t.typtype when 'd' then t.typbasetype else t.oid end
    left join pg_catalog.pg_type element on element.oid = base.typelem and base.typcategory = 'A'
    left join pg_catalog.pg_index i on i.indrelid = c.oid and i.indisprimary
    where c.relkind in ('r', 'p', 'v', 'm', 'f')
      and (n.nspname, c.relname) in (
        select schema, name from jsonb_to_recordset(${JSON.stringify(wanted)}::text::jsonb) as wanted(schema text, name text))
    order by c.oid, a.attnum`;
  return new Catalogue(service, tablesOf(rows));
}

function tablesOf(rows: readonly ColumnRow[]): Map<string, Table> {
  const tables = new Map<string, ColumnRow[]>();
  for (const row of rows) {
    const key = tableKey(row.schema, row.table);
    tables.set(key, [...(tables.get(key) ?? []), row]);
  }
  return new Map(
    [...tables].flatMap(([key, columns]): [string, Table][] => {
      const [first] = columns;
      if (!first) return [];
      return [[key, { schema: first.schema, name: first.table, kind: first.kind, ...describe(columns) }]];
    }),
  );
}

function describe(columns: readonly ColumnRow[]): Pick<Table, 'columns' | 'primaryKey'> {
  return {
    columns: new Map(
      columns.map(({ column, type, sql, is_array }) => [column, { name: type, sql, array: is_array }] as const),
    ),
    primaryKey: columns
      .flatMap(({ column, key_position }) => (key_position === null ? [] : [{ column, position: key_position }]))
      .sort((a, b) => a.position - b.position)
      .map(({ column }) => column),
  };
}

/** The schema a dataset rests in: its own namespace, else the connection's. */
export function schemaOf(service: Service, dataset: Dataset): string {
  if (dataset.namespace !== null) return dataset.namespace;
  return service.connection.kind === 'postgres' ? service.connection.schema : 'public';
}

const tableKey = (schema: string, table: string) => JSON.stringify([schema, table]);
