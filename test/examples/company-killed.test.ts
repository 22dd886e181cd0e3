import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { embeddedPostgresAt } from '../support/database.js';

const directory = mkdtempSync(path.join(tmpdir(), 'lantern-killed-'));
const postmaster = path.join(directory, 'company/postgres/postmaster.pid');
const script = fileURLToPath(new URL('../../dist/examples/company.js', import.meta.url));
const started: ChildProcess[] = [];

beforeAll(() => embeddedPostgresAt(path.dirname(postmaster)));

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

test.skipIf(process.platform !== 'linux')(
  'A company killed while it fills its stores starts again, and killed later leaves no process behind',
  async () => {
    const first = start();
    await fillingStores();
    // Busy with rows, a service notices a little later.
    await killed(first, 20_000);

    const second = start();
    const { services } = await firstLine(second);
    expect(services.map(({ name }) => name)).toEqual(['ehcp_audit', 'training', 'support', 'newsletter']);
    for (const { url } of services) expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const audits = (await (await fetch(`${services[0]?.url}/audits?member=M-000001`)).json()) as { audits: unknown[] };
    expect(audits.audits).toHaveLength(5);
    await killed(second, 3_000);
  },
  240_000,
);

function start(): ChildProcess {
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, HABEAS_DATA: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  return child;
}

/** Kills a company without a warning. Its four services and its Postgres, seen alive before, end within some milliseconds. */
async function killed(company: ChildProcess, within: number): Promise<void> {
  const family = familyOf(company.pid ?? 0);
  const commands = family.map(commandOf);
  expect(commands.filter((command) => command.includes('/server.js'))).toHaveLength(4);
  expect(commands.filter((command) => command.includes(directory)).length).toBeGreaterThanOrEqual(1);
  company.kill('SIGKILL');
  await expect.poll(() => family.filter(isAlive).map(commandOf), { timeout: within, interval: 50 }).toEqual([]);
}

/** Waits until rows are on their way into a store, not yet committed. */
async function fillingStores(): Promise<void> {
  await until(async () => existsSync(postmaster) && readFileSync(postmaster, 'utf8').includes('ready'), 90_000);
  const port = readFileSync(postmaster, 'utf8').split('\n')[3];
  const password = readFileSync(path.join(directory, 'company/postgres.password'), 'utf8');
  const admin = postgres(`postgres://habeas:${password}@127.0.0.1:${port}/postgres`, { max: 1 });
  const copying = () => admin`select 1 from pg_stat_activity where query like 'copy %'`;
  await until(async () => (await copying()).length > 0, 90_000);
  await admin.end();
}

function firstLine(child: ChildProcess): Promise<{ services: { name: string; url: string }[] }> {
  return new Promise((resolve, reject) => {
    child.once('exit', () => reject(new Error('the company ended before it was ready')));
    if (child.stdout) createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
  });
}

/** Every process below this one, at whatever depth. */
function familyOf(pid: number): number[] {
  const children = readdirSync('/proc')
    .map(Number)
    .filter((other) => other > 0 && stateOf(other)?.parent === pid);
  return children.flatMap((child) => [child, ...familyOf(child)]);
}

/** A process that has ended but that nobody has buried yet counts as ended. */
const isAlive = (pid: number): boolean => !['Z', 'X', undefined].includes(stateOf(pid)?.state);

function stateOf(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

async function until(condition: () => Promise<boolean>, within: number): Promise<void> {
  const end = Date.now() + within;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${within} ms`);
    await delay(20);
  }
}
