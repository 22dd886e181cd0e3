import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../src/database/project-root.js';

const MAIN = fileURLToPath(new URL('dist/src/main.js', projectRoot()));

/** What a run of `habeas` came to. */
export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Runs `habeas` to its end. Kills it after `seconds`; its code is null then. */
export async function habeas(
  args: readonly string[],
  env: Record<string, string> = {},
  seconds = 120,
): Promise<Outcome> {
  const began = performance.now();
  const child = spawn(process.execPath, [MAIN, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const late = setTimeout(() => child.kill('SIGKILL'), seconds * 1_000);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')]);
  clearTimeout(late);
  return { code, stdout, stderr, seconds: (performance.now() - began) / 1_000 };
}

/** The processes that live, with the one that started each. */
function processes(): { pid: number; parent: number }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const status = read(`/proc/${name}/status`);
      const parent = /^PPid:\s+(\d+)/m.exec(status)?.[1];
      return parent === undefined || /^State:\s+Z/m.test(status) ? [] : [{ pid: Number(name), parent: Number(parent) }];
    });
}

/** A process and all it has started, and what those have started. */
export function familyOf(pid: number): number[] {
  const all = processes();
  const family = [pid];
  for (const member of family) family.push(...all.filter(({ parent }) => parent === member).map((each) => each.pid));
  return family;
}

/** Those of the processes that live still. */
export function survivorsOf(family: readonly number[]): string[] {
  const living = new Set(processes().map(({ pid }) => pid));
  return family.filter((pid) => living.has(pid)).map((pid) => `${pid} ${commandOf(pid)}`);
}

/** The processes that name a folder in their command line. */
export function usersOf(folder: string): string[] {
  return processes()
    .map(({ pid }) => `${pid} ${commandOf(pid)}`)
    .filter((line) => line.includes(folder));
}

const commandOf = (pid: number) => read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ');

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
