import postgres from 'postgres';
import { createDatabase } from '../../src/database/database.js';
import { accountId, type BenchRecord, branchOf } from './people.js';
import { LIST, SERVICES, snakeCase } from './services.js';

const NAME = 'stores';
const TYPES = { Int: 'integer', String: 'text', Boolean: 'boolean' } as const;

/** A database of four tables, one for each service, that hold the lists of records; answers its address. */
export async function makeStores(serverUrl: string, people: number): Promise<string> {
  await createDatabase(serverUrl, NAME);
  const url = Object.assign(new URL(serverUrl), { pathname: `/${NAME}` }).href;
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    for (const { name, fields, ...service } of SERVICES) {
      const columns = Object.entries(fields).map(([field, type]) => ({
        field,
        name: snakeCase(field),
        type: TYPES[type],
      }));
      const shape = columns.map((column) => `${column.name} ${column.type} not null`).join(', ');
      await sql.unsafe(`create table ${name} (
        id bigint generated always as identity primary key, account_id text not null, ${shape})`);
      const rows = Array.from({ length: people }, (_, n) => accountId(n)).flatMap((id) =>
        (branchOf({ name, fields, ...service }, id)[LIST] as BenchRecord[]).map((record) => ({
          ...record,
          accountId: id,
        })),
      );
      const shapeOfJson = columns.map((column) => `"${column.field}" ${column.type}`).join(', ');
      const names = columns.map((column) => column.name).join(', ');
      const values = columns.map((column) => `"${column.field}"`).join(', ');
      await sql.unsafe(
        `insert into ${name} (account_id, ${names}) select "accountId", ${values}
         from jsonb_to_recordset($1::text::jsonb) as row("accountId" text, ${shapeOfJson})`,
        [JSON.stringify(rows)],
      );
      await sql.unsafe(`create index on ${name} (account_id, id)`);
    }
    await sql`vacuum analyze`;
  } finally {
    await sql.end();
  }
  return url;
}
