import postgres, { type Options, type Sql } from 'postgres';
import type { Service } from '../service.js';

/** How long the graph waits for a database. Milliseconds. */
export interface PostgresLimits {
  /** Until a session stands. */
  readonly connectMs: number;
  /** Until all rows have come. */
  readonly totalMs: number;
}

export const POSTGRES_LIMITS: PostgresLimits = { connectMs: 3_000, totalMs: 10_000 };

/** Time for the database to tell that it has given a statement up, before we stop listening. */
const FOR_ITS_WORD_MS = 500;
const EXPORT_CONNECT_SECONDS = 5;
/** Statements of one turn go down few connections: the work is the database's, and it has other clients. */
export const CONNECTIONS = 4;

/** Settings of every session with a service's database: nothing is written unless an erasure asks for it, and values have one spelling. */
const SESSION = {
  application_name: 'habeas',
  default_transaction_read_only: true,
  TimeZone: 'UTC',
  DateStyle: 'ISO',
  IntervalStyle: 'iso_8601',
  bytea_output: 'hex',
  extra_float_digits: 1,
  // Compiling a statement takes longer than any of ours should run.
  jit: 'off',
  // Whom it is asked about comes as one JSON value, of which planning anew would learn nothing: it would only take longer.
  plan_cache_mode: 'force_generic_plan',
};

const OPTIONS = {
  fetch_types: false,
  // A database that comes back is found at once; the driver would wait up to 20 seconds.
  backoff: () => 0.2,
  onnotice: () => {},
} satisfies Options<Record<string, never>>;

/** A few connections for the graph's questions. Nothing is opened before the first of them. */
export function openPool(service: Service, { connectMs, totalMs }: PostgresLimits): Sql {
  return postgres(urlOf(service), {
    ...OPTIONS,
    max: CONNECTIONS,
    connect_timeout: connectMs / 1_000,
    idle_timeout: 30,
    connection: { ...SESSION, statement_timeout: Math.max(1, totalMs - FOR_ITS_WORD_MS) },
  });
}

/** One connection for one export, so that a long one keeps no question waiting. `onclose` tells when it is lost. */
export function openConnection(service: Service, onclose: () => void): Sql {
  return postgres(urlOf(service), {
    ...OPTIONS,
    max: 1,
    connect_timeout: EXPORT_CONNECT_SECONDS,
    idle_timeout: 0,
    max_lifetime: null,
    onclose,
    connection: { ...SESSION, statement_timeout: 0, idle_in_transaction_session_timeout: 0 },
  });
}

/** Statements of an erasure are short, and must not wait long for others' locks either. Milliseconds. */
const ERASING = { statement_timeout: 60_000, lock_timeout: 5_000 };

/** A few connections for erasures, under the role that may erase. Nothing is opened before the first of them. */
export function openErasingPool(service: Service): Sql {
  const { connection } = service;
  const url = connection.kind === 'postgres' ? connection.eraseUrl : undefined;
  return postgres(url ?? urlOf(service), {
    ...OPTIONS,
    max: CONNECTIONS,
    connect_timeout: EXPORT_CONNECT_SECONDS,
    idle_timeout: 30,
    connection: { ...SESSION, ...ERASING },
  });
}

function urlOf({ connection, file }: Service): string {
  if (connection.kind !== 'postgres') throw new Error(`${file} is not the manifest of a Postgres service.`);
  return connection.url;
}
