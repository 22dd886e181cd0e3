import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import { runMigrations } from 'graphile-worker';
import postgres from 'postgres';
import { projectRoot } from './project-root.js';

/** Any constant: whoever holds it may change the schema. */
const MIGRATION_LOCK = 4_857_212;

/**
 * Applies what `drizzle/` holds and this database has not had yet, and the job library's own tables. Processes that
 * start at the same time wait for each other.
 */
export async function migrate(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`;
    await applyMigrations(drizzle(sql), { migrationsFolder: fileURLToPath(new URL('drizzle', projectRoot())) });
    await runMigrations({ connectionString: url });
  } finally {
    await sql.end();
  }
}
