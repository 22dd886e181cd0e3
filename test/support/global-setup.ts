import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { createDatabase } from '../../src/database/database.js';
import { startEmbeddedPostgres } from '../../src/database/embedded.js';
import { migrate } from '../../src/database/migrate.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Server all test files share; each makes databases of its own. */
    postgresUrl: string;
    /** A stopped Postgres that holds a migrated database, its password beside it, to be copied. */
    postgresTemplate: string;
  }
}

/** Migrated once; every test file copies it in tens of milliseconds. Habeas calls its own database so too. */
export const TEMPLATE = 'habeas';

/** What is written here need not outlive anything. */
const settings = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = mkdtempSync(path.join(tmpdir(), 'habeas-test-'));
  const template = path.join(directory, 'template');
  const first = await startEmbeddedPostgres({ directory: template, settings });
  await createDatabase(first.url, TEMPLATE);
  const database = new URL(first.url);
  database.pathname = `/${TEMPLATE}`;
  await migrate(database.href);
  await first.stop();
  const shared = path.join(directory, 'postgres');
  copyCluster(template, shared);
  const server = await startEmbeddedPostgres({ directory: shared, settings });
  project.provide('postgresUrl', server.url);
  project.provide('postgresTemplate', template);
  return async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  };
}

/** Copies a stopped Postgres and the password beside it. Owners and modes stay as they are, as Postgres wants it. */
export function copyCluster(from: string, to: string): void {
  for (const ending of ['', '.password']) spawnSync('cp', ['-a', from + ending, to + ending]);
}
