import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { inject } from 'vitest';
import { copyCluster, TEMPLATE } from './global-setup.js';

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** A fresh database with Habeas' schema, on the server all test files share. */
export const migratedDatabase = (): Promise<TestDatabase> => copyOf(TEMPLATE);

/** A fresh empty database, for a service's own store. */
export const emptyDatabase = (): Promise<TestDatabase> => copyOf('template1');

/** Puts a Postgres that was stopped in order where an embedded one shall be: sooner done than making one. */
export function embeddedPostgresAt(directory: string): void {
  mkdirSync(path.dirname(directory), { recursive: true, mode: 0o700 });
  copyCluster(inject('postgresTemplate'), directory);
}

async function copyOf(template: string): Promise<TestDatabase> {
  const server = inject('postgresUrl');
  const name = `test_${randomBytes(6).toString('hex')}`;
  // Copying files is a third of the work of writing every page to the log, which nobody reads here.
  await administer(server, (sql) => sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    drop: () => administer(server, (sql) => sql`drop database if exists ${sql(name)} with (force)`),
  };
}

async function administer(server: string, act: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(server, { max: 1, onnotice: () => {} });
  try {
    await act(sql);
  } finally {
    await sql.end();
  }
}
