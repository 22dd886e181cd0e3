import type { Sql } from 'postgres';
import { readCatalogue } from '../postgres/catalogue.js';
import { openConnection } from '../postgres/client.js';
import { toServiceError } from '../postgres/failure.js';
import type { ColumnType } from '../postgres/types.js';
import type { Service } from '../service.js';
import { serviceToRead } from './draft.js';

/** A table of a schema, as far as a draft needs it. */
export interface DraftedTable {
  readonly name: string;
  readonly columns: ReadonlyMap<string, ColumnType>;
  readonly primaryKey: readonly string[];
  /** Columns in which no two rows have the same value. */
  readonly unique: ReadonlySet<string>;
  /** Whether the role of the address may read it. */
  readonly readable: boolean;
}

/** A foreign key inside the schema. */
export interface ForeignKey {
  readonly table: string;
  readonly columns: readonly string[];
  readonly toTable: string;
  readonly toColumns: readonly string[];
}

export interface Tables {
  /** By name. Views, partitions and what extensions brought are not among them. */
  readonly tables: readonly DraftedTable[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly views: readonly string[];
}

interface TableRow {
  name: string;
  kind: string;
  readable: boolean;
  unique_columns: string;
}

interface KeyRow {
  table: string;
  columns: string;
  to_table: string;
  to_columns: string;
}

/** Reads the tables of a schema. Throws `ServiceError` where the database cannot be read. */
export async function readTables(name: string, url: string, schema: string): Promise<Tables> {
  const connection = { kind: 'postgres', url, schema } as const;
  const service = serviceToRead(name, connection);
  const sql = openConnection(service, () => {});
  try {
    const rows = await readNames(sql, schema);
    const isTable = ({ kind }: TableRow) => kind === 'r' || kind === 'p';
    return {
      tables: await describe(sql, service, rows.filter(isTable)),
      foreignKeys: await readForeignKeys(sql, schema),
      views: rows.filter((row) => !isTable(row)).map((row) => row.name),
    };
  } catch (error) {
    throw toServiceError(service, error);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

function readNames(sql: Sql, schema: string): Promise<TableRow[]> {
  return sql<TableRow[]>`
    select c.relname as name, c.relkind as kind, has_table_privilege(c.oid, 'select') as readable,
           (select coalesce(json_agg(a.attname), '[]')::text
            from pg_catalog.pg_index i
            join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
            where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null
              and i.indnkeyatts = 1) as unique_columns
    from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where n.nspname = ${schema} and c.relkind in ('r', 'p', 'v', 'm') and not c.relispartition
      and not exists (select from pg_catalog.pg_depend d where d.objid = c.oid and d.deptype = 'e')
    order by c.relname collate "C"`;
}

async function describe(sql: Sql, service: Service, rows: readonly TableRow[]): Promise<DraftedTable[]> {
  const collections = rows.map(({ name }) => ({
    dataset: service.name,
    name,
    title: name,
    description: null,
    fields: [],
    after: [],
    skipProcessing: false,
  }));
  const dataset = { key: service.name, title: service.name, description: null, namespace: null, collections };
  const catalogue = await readCatalogue(sql, { ...service, datasets: [dataset] });
  return rows.map(({ name, readable, unique_columns }, index) => {
    const collection = collections[index];
    const table = collection && catalogue.table(dataset, collection);
    return {
      name,
      columns: table?.columns ?? new Map(),
      primaryKey: table?.primaryKey ?? [],
      unique: new Set(JSON.parse(unique_columns) as string[]),
      readable,
    };
  });
}

async function readForeignKeys(sql: Sql, schema: string): Promise<ForeignKey[]> {
  const rows = await sql<KeyRow[]>`
    select c.relname as table, target.relname as to_table,
           (select json_agg(a.attname order by k.position)::text
            from unnest(f.conkey) with ordinality as k(attnum, position)
            join pg_catalog.pg_attribute a on a.attrelid = f.conrelid and a.attnum = k.attnum) as columns,
           (select json_agg(a.attname order by k.position)::text
            from unnest(f.confkey) with ordinality as k(attnum, position)
            join pg_catalog.pg_attribute a on a.attrelid = f.confrelid and a.attnum = k.attnum) as to_columns
    from pg_catalog.pg_constraint f
    join pg_catalog.pg_class c on c.oid = f.conrelid
    join pg_catalog.pg_class target on target.oid = f.confrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where f.contype = 'f' and f.conparentid = 0 and n.nspname = ${schema}
      and target.relnamespace = c.relnamespace
    order by c.relname collate "C", f.conname collate "C"`;
  return rows.map((row) => ({
    table: row.table,
    columns: JSON.parse(row.columns) as string[],
    toTable: row.to_table,
    toColumns: JSON.parse(row.to_columns) as string[],
  }));
}
