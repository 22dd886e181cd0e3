import postgres, { type Options, type Sql } from 'postgres';
import type { Service } from '../service.js';

/** The most a question of the graph may take, in milliseconds. */
const STATEMENT_TIMEOUT = 10_000;
const CONNECT_TIMEOUT_SECONDS = 5;

/** Settings of every session with a service's database: nothing is ever written, and values have one spelling. */
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
};

const OPTIONS = {
  fetch_types: false,
  connect_timeout: CONNECT_TIMEOUT_SECONDS,
  // A database that comes back is found at once; the driver would wait up to 20 seconds.
  backoff: () => 0.2,
  onnotice: () => {},
} satisfies Options<Record<string, never>>;

/** A few connections for the graph's questions. Nothing is opened before the first of them. */
export function openPool(service: Service): Sql {
  return postgres(urlOf(service), {
    ...OPTIONS,
    max: 4,
    idle_timeout: 30,
    connection: { ...SESSION, statement_timeout: STATEMENT_TIMEOUT },
  });
}

/** One connection for one export, so that a long one keeps no question waiting. `onclose` tells when it is lost. */
export function openConnection(service: Service, onclose: () => void): Sql {
  return postgres(urlOf(service), {
    ...OPTIONS,
    max: 1,
    idle_timeout: 0,
    max_lifetime: null,
    onclose,
    connection: { ...SESSION, statement_timeout: 0, idle_in_transaction_session_timeout: 0 },
  });
}

function urlOf({ connection, file }: Service): string {
  if (connection.kind !== 'postgres') throw new Error(`${file} is not the manifest of a Postgres service.`);
  return connection.url;
}
