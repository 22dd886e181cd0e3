import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Sql, TransactionSql } from 'postgres';

export type Cell = string | number | boolean | Date | null;
export type Row = readonly Cell[];

/** One table's rows, in the order of its columns. */
export interface TableRows {
  readonly table: string;
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}

/** What a service of the demo keeps, and how it looks on the first day. */
export interface Store {
  /** Statements that make tables, indexes and grants. */
  readonly definition: string;
  /** The first day's rows, tables in an order that respects references. Loaded only when they are needed. */
  rows(): Promise<readonly TableRows[]>;
}

/**
 * Makes and fills the store where it is still empty. All in one transaction: a start that is killed half-way leaves
 * nothing, and two at once do it once.
 */
export async function fillOnFirstStart(sql: Sql, store: Store): Promise<void> {
  if (await isFilled(sql)) return;
  const rows = await store.rows();
  await sql.begin(async (tx) => {
    await tx`select pg_advisory_xact_lock(1)`;
    if (await isFilled(tx)) return;
    await tx.unsafe(store.definition);
    for (const table of rows) await copy(tx, table);
    await tx`analyze`;
  });
}

async function isFilled(sql: Sql | TransactionSql): Promise<boolean> {
  const tables = await sql`select 1 from pg_tables where schemaname = 'public' limit 1`;
  return tables.length > 0;
}

async function copy(tx: TransactionSql, { table, columns, rows }: TableRows): Promise<void> {
  const target = await tx.unsafe(`copy ${table} (${columns.join(', ')}) from stdin`).writable();
  await pipeline(Readable.from(chunks(rows)), target);
  if (columns[0] === 'id') {
    await tx.unsafe(`select setval(pg_get_serial_sequence('${table}', 'id'), max(id)) from ${table}`);
  }
}

function* chunks(rows: readonly Row[]): Generator<string> {
  for (let start = 0; start < rows.length; start += 500) {
    yield rows
      .slice(start, start + 500)
      .map((row) => `${row.map(copyText).join('\t')}\n`)
      .join('');
  }
}

/** Postgres' text format of COPY. */
function copyText(cell: Cell): string {
  if (cell === null) return '\\N';
  if (cell instanceof Date) return cell.toISOString();
  return String(cell).replace(/[\\\t\n\r]/g, (c) => ({ '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' })[c] ?? c);
}
