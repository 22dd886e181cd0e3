import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { projectRoot } from '../../src/database/project-root.js';
import { emptyDatabase, migratedDatabase, type TestDatabase } from '../support/database.js';

const run = promisify(execFile);
const ROOT = fileURLToPath(projectRoot());
const SCRIPT = fileURLToPath(new URL('migrate-user.mjs', import.meta.url));
const migrate = (url: string) => run(process.execPath, [SCRIPT, url]);

const journal = JSON.parse(readFileSync(path.join(ROOT, 'drizzle/meta/_journal.json'), 'utf8')) as {
  entries: { tag: string }[];
};

/** Every column of every table, and every migration that was applied. */
async function shapeOf(url: string) {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    const columns = await sql`
      select table_schema, table_name, column_name, data_type, is_nullable, column_default
      from information_schema.columns where table_schema not in ('pg_catalog', 'information_schema')
      order by 1, 2, ordinal_position`;
    const indexes = await sql`
      select indexdef from pg_indexes where schemaname not in ('pg_catalog', 'information_schema') order by 1`;
    const applied = await sql`select hash from drizzle.__drizzle_migrations order by id`;
    return { columns: [...columns], indexes: [...indexes], applied: applied.map(({ hash }) => hash) };
  } finally {
    await sql.end();
  }
}

describe('migrations', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await emptyDatabase();
  });
  afterEach(() => database.drop());

  it('are applied once each by five processes that start at once', async () => {
    await Promise.all(Array.from({ length: 5 }, () => migrate(database.url)));
    const shape = await shapeOf(database.url);
    expect(shape.applied).toHaveLength(journal.entries.length);
    expect(new Set(shape.applied).size).toBe(journal.entries.length);
    expect(shape.columns.some((column) => column.table_name === 'accounts')).toBe(true);
  });

  it('change nothing where they were applied before', async () => {
    await migrate(database.url);
    const before = await shapeOf(database.url);
    await migrate(database.url);
    expect(await shapeOf(database.url)).toEqual(before);
    expect(before.columns.length).toBeGreaterThan(20);
  });

  it('lead to the same schema in every database', async () => {
    const other = await migratedDatabase();
    try {
      await migrate(database.url);
      expect(await shapeOf(database.url)).toEqual(await shapeOf(other.url));
    } finally {
      await other.drop();
    }
  });
});

describe('the migrations in the repository', () => {
  it('are all that the tables need', async () => {
    const out = mkdtempSync(path.join(ROOT, 'node_modules/.drizzle-'));
    try {
      cpSync(path.join(ROOT, 'drizzle'), out, { recursive: true });
      const before = readdirSync(out).sort();
      const options = ['--dialect', 'postgresql', '--casing', 'snake_case', '--schema', './src/**/*.tables.ts'];
      const command = path.join(ROOT, 'node_modules/.bin/drizzle-kit');
      const { stdout } = await run(command, ['generate', ...options, '--out', path.relative(ROOT, out)], { cwd: ROOT });
      expect(stdout).toMatch(/\d+ tables/);
      expect(readdirSync(out).sort()).toEqual(before);
    } finally {
      rmSync(out, { recursive: true, force: true });
    }
  });
});
