import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Keys, loadKeys } from '../../src/crypto/keys.js';
import { type Database, type Db, openDatabase } from '../../src/database/database.js';
import { migratedDatabase } from './database.js';

/** A migrated database of its own with fresh keys, opened as Habeas opens its own. */
export interface Store {
  readonly url: string;
  readonly db: Db;
  readonly sql: Database['sql'];
  readonly keys: Keys;
  close(): Promise<void>;
}

export async function openStore(): Promise<Store> {
  const own = await migratedDatabase();
  const folder = mkdtempSync(path.join(tmpdir(), 'habeas-store-'));
  const database = await openDatabase({ databaseUrl: own.url, dataDirectory: folder });
  const keys = await loadKeys(path.join(folder, 'keys.json'), { create: true });
  return {
    url: own.url,
    db: database.db,
    sql: database.sql,
    keys,
    close: async () => {
      await database.close();
      await own.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
