import type { Sql } from 'postgres';
import { didYouMean } from '../manifest-problems.js';
import type { Mend } from '../mend.js';
import {
  describeEdge,
  type Edge,
  fieldPaths,
  type ReferenceGraph,
  referenceGraph,
  type Step,
} from '../reference-graph.js';
import type { Collection, Dataset, Service } from '../service.js';
import { nearest } from '../taxonomy.js';
import { type Catalogue, readCatalogue, schemaOf, type Table } from './catalogue.js';
import { openConnection } from './client.js';
import { checkErasure } from './erasure-check.js';
import { toServiceError } from './failure.js';
import { comparison, TEXT } from './joins.js';
import type { ColumnType } from './types.js';

/**
 * Holds a manifest against its live database: tables and columns exist, references join, what rows are selected by has
 * an index, pages have a key, every field has a category. Empty where nothing is to be mended. A database that cannot
 * be reached is the one mend.
 */
export async function checkPostgres(service: Service): Promise<readonly Mend[]> {
  const sql = openConnection(service, () => {});
  try {
    const catalogue = await readCatalogue(sql, service);
    const indexes = await readIndexes(sql, service);
    const graph = referenceGraph(service.datasets);
    const collections = service.datasets.flatMap((dataset) =>
      dataset.collections.map((collection) => ({ dataset, collection })),
    );
    return [
      ...collections.flatMap(({ dataset, collection }) => checkCollection(service, catalogue, dataset, collection)),
      ...graph.steps.flatMap((step) => [
        ...checkKey(catalogue, step, indexes),
        ...checkSeeds(catalogue, step, indexes),
        ...checkEdges(catalogue, graph, step, indexes),
      ]),
      ...(await checkErasure(service, catalogue, graph)),
    ];
  } catch (error) {
    return [{ needed: true, text: toServiceError(service, error).message }];
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const needed = (text: string): Mend => ({ needed: true, text });
const advised = (text: string): Mend => ({ needed: false, text });

function checkCollection(service: Service, catalogue: Catalogue, dataset: Dataset, collection: Collection): Mend[] {
  if (collection.skipProcessing) return [];
  const key = `${dataset.key}.${collection.name}`;
  const table = catalogue.table(dataset, collection);
  if (!table) {
    return [needed(`${key}: there is no table ${schemaOf(service, dataset)}.${collection.name}: rename or drop it.`)];
  }
  const mends = collection.fields.flatMap((field) => {
    const place = `${key}.${field.name}`;
    const type = table.columns.get(field.name);
    if (!type) {
      const guess = didYouMean(nearest(field.name, [...table.columns.keys()]));
      return [needed(`${place}: there is no such column${guess || ': rename or drop the field.'}`)];
    }
    if (field.fields.length > 0 && (type.array || !/^jsonb?$/.test(type.name))) {
      return [needed(`${place}: the column is ${type.sql} and has no parts: drop the nested fields.`)];
    }
    return [];
  });
  const unclassified = fieldPaths(collection.fields.filter(({ name }) => table.columns.has(name)))
    .filter(({ field }) => field.categories.length === 0)
    .map(({ path }) => path);
  if (unclassified.length === 0) return mends;
  return [...mends, advised(`${key}: the graph does not show ${unclassified.join(', ')}: name data_categories.`)];
}

function checkKey(catalogue: Catalogue, { key, dataset, collection }: Step, indexes: Indexes): Mend[] {
  const table = catalogue.table(dataset, collection);
  if (!table || table.primaryKey.length > 0) return [];
  const declared = collection.fields.filter((field) => field.primaryKey).map(({ name }) => name);
  if (declared.length === 0) {
    const isView = table.kind === 'v' || table.kind === 'f';
    return isView ? [advised(`${key}: is a view: set fides_meta.primary_key on what tells its rows apart.`)] : [];
  }
  if (
    table.kind === 'v' ||
    table.kind === 'f' ||
    indexes.unique(table).some((columns) => columns === String([...declared].sort()))
  ) {
    return [];
  }
  return [
    advised(
      `${key}: nothing in the database keeps ${declared.join(', ')} unique: pages may miss rows; add a primary key.`,
    ),
  ];
}

function checkSeeds(catalogue: Catalogue, { key, dataset, collection, seeds }: Step, indexes: Indexes): Mend[] {
  const table = catalogue.table(dataset, collection);
  if (!table) return [];
  return seeds.flatMap(({ field, identity }) => {
    const type = table.columns.get(field);
    if (!type || type.array) return [];
    const lower = identity === 'email' && type.name !== 'citext';
    const compare = comparison(TEXT, type);
    if (!lower && !compare.indexed) return [slowComparison(`${key}.${field}`, 'text', type)];
    if (indexes.serves(table, field, lower)) return [];
    const on = lower ? `lower(${field})` : field;
    return [advised(`${key}.${field}: has no index: create index on ${table.schema}.${table.name} (${on}).`)];
  });
}

function checkEdges(catalogue: Catalogue, graph: ReferenceGraph, step: Step, indexes: Indexes): Mend[] {
  const typeAt = (place: Edge['from']) => {
    const at = graph.steps.find(({ key }) => key === place.collection);
    return at && catalogue.table(at.dataset, at.collection)?.columns.get(place.field);
  };
  const table = catalogue.table(step.dataset, step.collection);
  return step.arriving.flatMap((edge) => {
    const [from, to] = [typeAt(edge.from), typeAt(edge.to)];
    if (!table || !from || !to || to.array) return [];
    if (!comparison(from, to).indexed) return [slowComparison(describeEdge(edge), from.sql, to)];
    if (indexes.serves(table, edge.to.field, false)) return [];
    return [
      advised(
        `${step.key}.${edge.to.field}: has no index, and ${edge.from.collection} leads here by it: ` +
          `create index on ${table.schema}.${table.name} (${edge.to.field}).`,
      ),
    ];
  });
}

function slowComparison(place: string, from: string, to: ColumnType): Mend {
  return advised(
    `${place}: ${from} and ${to.sql} are compared by their text, which no index serves: give both one type.`,
  );
}

interface IndexRow {
  schema: string;
  table: string;
  first: string;
  unique: boolean;
  columns: string[];
}

/** What the indexes of a service's tables can do for us. */
class Indexes {
  constructor(private readonly rows: readonly IndexRow[]) {}

  /** Whether an index begins with this column, or with its lower case. */
  serves(table: Table, column: string, lower: boolean): boolean {
    return this.#of(table).some(({ first, columns }) =>
      lower
        ? first.startsWith('lower(') && first.replace(/[()"]|::text/g, '') === `lower${column}`
        : columns[0] === column,
    );
  }

  /** The columns of each unique index, sorted and joined by commas. */
  unique(table: Table): string[] {
    return this.#of(table).flatMap(({ unique, columns }) => (unique ? [String([...columns].sort())] : []));
  }

  #of(table: Table): readonly IndexRow[] {
    return this.rows.filter(({ schema, table: name }) => schema === table.schema && name === table.name);
  }
}

async function readIndexes(sql: Sql, service: Service): Promise<Indexes> {
  const schemas = [...new Set(service.datasets.map((dataset) => schemaOf(service, dataset)))];
  const rows = await sql<(Omit<IndexRow, 'columns'> & { columns: string })[]>`
    select n.nspname as schema, c.relname as table, i.indisunique as unique,
           pg_get_indexdef(i.indexrelid, 1, true) as first,
           (select coalesce(json_agg(coalesce(a.attname, '') order by k.position), '[]')::text
            from unnest(i.indkey::int2[]) with ordinality as k(attnum, position)
            left join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = k.attnum
            where k.position <= i.indnkeyatts) as columns
    from pg_catalog.pg_index i
    join pg_catalog.pg_class c on c.oid = i.indrelid
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where i.indisvalid and i.indpred is null
      and n.nspname in (select value from jsonb_array_elements_text(${JSON.stringify(schemas)}::text::jsonb))`;
  return new Indexes(rows.map((row) => ({ ...row, columns: JSON.parse(row.columns) as string[] })));
}
