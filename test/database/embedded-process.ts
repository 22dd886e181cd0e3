import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';

export interface Said {
  readonly url?: string;
  readonly pid?: number;
  readonly shared?: boolean;
  readonly stored?: readonly number[];
  readonly stopped?: boolean;
}

/** A process of its own that uses the embedded Postgres of a directory. */
export interface User {
  readonly process: ChildProcess;
  /** Of its first line. */
  readonly url: string;
  readonly pid: number;
  readonly shared: boolean;
  /** What it has said since then. */
  readonly said: Said[];
  /** Stops the server in the proper way, then ends. */
  stop(): Promise<void>;
  kill(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL('embedded-user.mjs', import.meta.url));

/** @param command what stands before `node`, to run it as somebody else */
export async function embeddedUser(
  directory: string,
  mode: 'hold' | 'end' | 'insert',
  { command = [], script = SCRIPT }: { command?: readonly string[]; script?: string } = {},
): Promise<User> {
  const [program = '', ...rest] = [...command, process.execPath, script, directory, mode];
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let complaint = '';
  child.stderr.on('data', (chunk) => (complaint += chunk));
  const said: Said[] = [];
  const first = new Promise<Said>((resolve, reject) => {
    createInterface(child.stdout).on('line', (line) => {
      const fact = JSON.parse(line) as Said;
      said.push(fact);
      resolve(fact);
    });
    void exited.then(([code]) => reject(new Error(`ended with ${code}: ${complaint}`)));
  });
  const { url = '', pid = 0, shared = false } = await first;
  said.shift();
  return {
    process: child,
    url,
    pid,
    shared,
    said,
    stop: async () => {
      child.stdin.end();
      await exited;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Whether a process lives. One that has ended, but that nobody has asked after yet, does not. */
export function lives(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** The process that started this one. */
export function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
}

/** Waits until something is so. Throws after `ms`. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  for (let waited = 0; waited < ms; waited += 50) {
    if (await isSo()) return;
    await delay(50);
  }
  throw new Error(`${what}: not within ${ms} ms`);
}

/** Asks the server one thing. */
export async function ask<Row extends postgres.Row>(url: string, statement: string): Promise<Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {}, connect_timeout: 5 });
  try {
    return [...(await sql.unsafe<Row[]>(statement))];
  } finally {
    await sql.end();
  }
}
