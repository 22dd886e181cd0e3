import { declarable } from './categories.js';
import { categoriesOf, type Draft } from './draft.js';
import { collectionsFromTables } from './from-tables.js';
import { readTables } from './tables.js';

/**
 * Drafts a manifest from the tables of a Postgres schema. The address is read with, and not written down.
 *
 * @param variable environment variable that holds the address
 * @throws ServiceError where the database cannot be read; an Error where the schema has no tables
 */
export async function draftFromPostgres(name: string, variable: string, url: string, schema: string): Promise<Draft> {
  const found = await readTables(name, url, schema);
  if (found.tables.length === 0) {
    throw new Error(`The database has no tables in a schema ${schema}: name another with --schema.`);
  }
  const collections = collectionsFromTables(found);
  const used = collections.flatMap(({ skipped, fields }) => (skipped === null ? fields : []));
  const { declared, notes: special } = declarable(categoriesOf(used));
  const notes = [
    ...special,
    ...(used.length > 0 ? [] : ['no column looks like an e-mail address, phone number or external id: set identity']),
    ...(found.views.length > 0 ? [`views are left out: ${found.views.join(', ')}`] : []),
  ];
  return {
    name,
    origin: `the tables of schema ${schema}`,
    connection: { kind: 'postgres', settings: { url: `$\{${variable}}`, schema } },
    categories: declared,
    notes,
    collections,
  };
}
