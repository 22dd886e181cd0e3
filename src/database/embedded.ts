import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { keepUp } from './embedded-guardian.js';
import { dropRoot, initialise, locateBinaries, passwordFile, SUPERUSER } from './embedded-installation.js';
import { findServer, readPostmaster, releaseStaleLock } from './embedded-processes.js';

/**
 * A real Postgres from an npm package, for machines that have none. It runs as root too, dies with the process that
 * started it, and is found again after a crash.
 */
export interface EmbeddedPostgres {
  /** Connection address of database `postgres` as the superuser `habeas`; local connections only. */
  readonly url: string;
  readonly pid: number;
  /** True where another live process runs this data directory, and this one only uses it. */
  readonly shared: boolean;
  /** Stops the server (fast shutdown) where this process started it. */
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  /** Data directory; made on first use. */
  readonly directory: string;
  /** TCP port on 127.0.0.1; 0 takes a free one. */
  readonly port?: number;
  /** Extra server settings, e.g. `{ max_connections: '50' }`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts, or finds running, the Postgres of `directory`; processes that start it at once share it. One that is killed
 * while we live is started again at the same address. Throws with Postgres' own words when it does not come up.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const directory = path.resolve(options.directory);
  const running = await findRunning(directory);
  if (running) return running;

  const binaries = locateBinaries();
  const asNobody = dropRoot();
  mkdirSync(path.dirname(directory), { recursive: true, mode: 0o700 });
  if (!existsSync(path.join(directory, 'PG_VERSION'))) initialise(binaries.initdb, directory, asNobody);

  const port = options.port || (await freePort());
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    // Errors must never carry a row's values or a statement's parameters into a log.
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...options.settings,
  };
  const command = [
    ...asNobody,
    binaries.postgres,
    '-D',
    directory,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
  releaseStaleLock(directory);
  try {
    const stop = await keepUp(command, directory);
    return { url: address(directory, port), pid: readPostmaster(directory)?.pid ?? 0, shared: false, stop };
  } catch (error) {
    const other = await findRunning(directory); // started by another process in the meantime
    if (other) return other;
    throw error;
  }
}

async function findRunning(directory: string): Promise<EmbeddedPostgres | null> {
  const server = await findServer(directory);
  return server && { url: address(directory, server.port), pid: server.pid, shared: true, stop: async () => {} };
}

/** A TCP port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}

function address(directory: string, port: number): string {
  return `postgres://${SUPERUSER}:${readFileSync(passwordFile(directory), 'utf8')}@127.0.0.1:${port}/postgres`;
}
