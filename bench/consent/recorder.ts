import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import type { Db } from '../../src/database/database.js';

export interface Statement {
  readonly text: string;
  readonly parameters: readonly unknown[];
}

/** Runs something against a database and tells which statements that came to, apart from those of transactions. */
export interface Recorder {
  statementsOf(act: (db: Db, sql: postgres.Sql) => Promise<unknown>): Promise<Statement[]>;
  close(): Promise<void>;
}

export async function recorder(url: string): Promise<Recorder> {
  const sent: Statement[] = [];
  const debug = (_connection: number, text: string, parameters: unknown[]) => sent.push({ text, parameters });
  const options = { max: 1, onnotice: () => {}, debug };
  const [pool, sql] = [postgres(url, options), postgres(url, options)];
  // Connecting sends statements of its own.
  await Promise.all([pool`select 1`, sql`select 1`]);
  const db: Db = drizzle(pool, { casing: 'snake_case' });
  return {
    statementsOf: async (act) => {
      sent.length = 0;
      await act(db, sql);
      return sent.filter(({ text }) => !/^\s*(begin|commit|savepoint)\b/i.test(text));
    },
    close: async () => {
      await Promise.all([pool.end(), sql.end()]);
    },
  };
}
