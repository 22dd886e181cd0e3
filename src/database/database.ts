import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ExtractTablesWithRelations } from 'drizzle-orm';
import type { PgDatabase, PgTransaction } from 'drizzle-orm/pg-core';
import { drizzle, type PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { type Config, ConfigError } from '../config.js';
import { startEmbeddedPostgres } from './embedded.js';
import { migrate } from './migrate.js';

type NoSchema = Record<string, never>;
/** The pool, for statements that stand alone. */
export type Db = PgDatabase<PostgresJsQueryResultHKT, NoSchema, ExtractTablesWithRelations<NoSchema>>;
/** A transaction: the unit of truth. Everything that belongs together is written with one. */
export type Tx = PgTransaction<PostgresJsQueryResultHKT, NoSchema, ExtractTablesWithRelations<NoSchema>>;

export interface Database {
  /** Connection address, for the job library, which brings its own driver. */
  readonly url: string;
  readonly db: Db;
  /** A second client for plain SQL and LISTEN, because Drizzle changes how its client reads timestamps. */
  readonly sql: postgres.Sql;
  /** True where another live process runs the embedded server. */
  readonly shared: boolean;
  close(): Promise<void>;
}

const NAME = 'habeas';
const OLDEST = 150_000;

/** Opens the configured Postgres, or starts the embedded one, and brings its schema up to date. */
export async function openDatabase(config: Pick<Config, 'databaseUrl' | 'dataDirectory'>): Promise<Database> {
  if (config.databaseUrl) {
    await requireVersion(config.databaseUrl);
    return connect(config.databaseUrl, false, async () => {});
  }
  mkdirSync(config.dataDirectory, { recursive: true, mode: 0o700 });
  const server = await startEmbeddedPostgres({ directory: path.join(config.dataDirectory, 'postgres') });
  await createDatabase(server.url, NAME);
  const url = new URL(server.url);
  url.pathname = `/${NAME}`;
  return connect(url.href, server.shared, () => server.stop());
}

async function connect(url: string, shared: boolean, stopServer: () => Promise<void>): Promise<Database> {
  try {
    await migrate(url);
  } catch (error) {
    await stopServer();
    throw error;
  }
  const connectionOptions = { onnotice: () => {}, connect_timeout: 5 };
  const pool = postgres(url, { ...connectionOptions, max: 10 });
  // Its statements look people up by index, for few ids or many: to plan each anew costs three times what it does.
  const sql = postgres(url, { ...connectionOptions, max: 4, connection: { plan_cache_mode: 'force_generic_plan' } });
  return {
    url,
    db: drizzle(preparing(pool), { casing: 'snake_case' }),
    sql,
    shared,
    close: async () => {
      await Promise.all([pool.end({ timeout: 5 }), sql.end({ timeout: 5 })]);
      await stopServer();
    },
  };
}

/** Statements with more parameters are lists of rows: their texts are too many to be kept. */
const MOST_PARAMETERS = 60;

/**
 * A client whose statements are prepared once for each connection. Drizzle sends every statement as if it were the first
 * of its kind: two round trips and a plan each time, where one round trip is enough.
 */
export function preparing<Client extends postgres.Sql | postgres.TransactionSql>(client: Client): Client {
  const withPrepared = (act: unknown) =>
    typeof act === 'function' ? (tx: postgres.TransactionSql) => act(preparing(tx)) : act;
  const changed: Readonly<Record<string | symbol, unknown>> = {
    unsafe: (text: string, parameters: never[] = [], options = {}) =>
      client.unsafe(text, parameters, {
        ...options,
        prepare: parameters.length > 0 && parameters.length <= MOST_PARAMETERS,
      }),
    ...('begin' in client
      ? { begin: (...args: unknown[]) => Reflect.apply(client.begin, client, args.map(withPrepared)) }
      : { savepoint: (...args: unknown[]) => Reflect.apply(client.savepoint, client, args.map(withPrepared)) }),
  };
  return new Proxy(client, { get: (target, key) => changed[key] ?? Reflect.get(target, key) });
}

const CONNECT_SECONDS = 3;

/** Throws `ConfigError` where no Postgres answers, or one that is too old. */
async function requireVersion(url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: CONNECT_SECONDS });
  try {
    const [row] = await Promise.race([
      sql<{ version: number }[]>`select current_setting('server_version_num')::int as version`,
      // The driver tries for ever where something answers that is no Postgres.
      delay(CONNECT_SECONDS * 1_000, [], { ref: false }).then(() => Promise.reject({ code: 'CONNECT_TIMEOUT' })),
    ]);
    if (!row || row.version < OLDEST) throw new ConfigError('DATABASE_URL: Habeas needs Postgres 15 or newer.');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    const code = (error as { code?: string }).code ?? '';
    throw new ConfigError(`DATABASE_URL: ${CONNECTION_MENDS[code] ?? `no connection comes about (${code}).`}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const CONNECTION_MENDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'no Postgres answers there. Is it running, and are host and port right?',
  ENOTFOUND: 'there is no host of that name.',
  EAI_AGAIN: 'the name of the host cannot be looked up.',
  CONNECT_TIMEOUT: `no Postgres answered there within ${CONNECT_SECONDS} seconds. Are host and port right?`,
  '28P01': 'the server does not take this user name and password.',
  '28000': 'the server does not let this user in.',
  '3D000': 'there is no such database: make it first, empty.',
  '53300': 'the server has no connection left.',
};

/** Makes a database where there is none; two starters at once are fine. */
export async function createDatabase(serverUrl: string, name: string): Promise<void> {
  const sql = postgres(serverUrl, { max: 1, onnotice: () => {} });
  try {
    const existing = await sql`select 1 from pg_database where datname = ${name}`;
    if (existing.length === 0) await sql`create database ${sql(name)}`;
  } catch (error) {
    const DUPLICATE = ['42P04', '23505'];
    if (!DUPLICATE.includes((error as { code?: string }).code ?? '')) throw error;
  } finally {
    await sql.end();
  }
}
