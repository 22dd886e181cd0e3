import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface Postmaster {
  readonly pid: number;
  readonly port: number;
  readonly ready: boolean;
}

/** Reads `postmaster.pid`: line 1 the process, line 4 the port, line 8 the state. Null where no server is named. */
export function readPostmaster(directory: string): Postmaster | null {
  const lines = read(path.join(directory, 'postmaster.pid'))?.split('\n') ?? [];
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' } : null;
}

/**
 * The live server of a directory whose starter lives too; null where there is none. An orphan of a killed starter is
 * stopped first.
 */
export async function findServer(directory: string): Promise<Postmaster | null> {
  for (let waited = 0; waited < 15_000; waited += 100) {
    const server = readPostmaster(directory);
    if (!server || !isPostgresOf(server.pid, directory)) return null;
    if (isOrphan(server.pid, directory)) signal(server.pid, 'SIGINT');
    else if (server.ready) return server;
    await delay(100);
  }
  throw new Error(`Postgres of ${directory} neither answers nor ends: stop it by hand, then start again.`);
}

/** Pid numbers are used again after a crash or reboot: only a Postgres of this directory is ours. */
function isPostgresOf(pid: number, directory: string): boolean {
  if (!isAlive(pid)) return false;
  // A command line that cannot be read is no proof of a stranger. That of a zombie can, and is empty.
  const command = process.platform === 'linux' ? read(`/proc/${pid}/cmdline`) : null;
  if (command === null) return true;
  const [program = '', ...rest] = command.split('\0');
  return path.basename(program) === 'postgres' && rest[rest.indexOf('-D') + 1] === directory;
}

/**
 * Postgres refuses to start while any process has the number in `postmaster.pid`, be it a stranger or a zombie. Puts a
 * number there that nobody has. The rest of the file stays: by it Postgres finds out whether the old server's children
 * still use its memory.
 */
export function releaseStaleLock(directory: string): void {
  const pid = readPostmaster(directory)?.pid;
  if (pid === undefined || !isAlive(pid) || isPostgresOf(pid, directory)) return;
  const file = path.join(directory, 'postmaster.pid');
  const { pid: ended } = spawnSync('true');
  writeFileSync(file, (read(file) ?? '').replace(/^\d+/, String(ended)));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
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

/** Null for a file that is not there, or no longer. */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
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
