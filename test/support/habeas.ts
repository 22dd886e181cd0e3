import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '../../examples/client.js';
import { type Config, readConfig } from '../../src/config.js';
import { type Keys, loadKeys } from '../../src/crypto/keys.js';
import { projectRoot } from '../../src/database/project-root.js';
import { developmentToken } from '../../src/server/development-issuer.js';

const MAIN = fileURLToPath(new URL('dist/src/main.js', projectRoot()));

export interface HabeasOptions {
  /** `start`, `serve` or `work`. */
  readonly part?: 'start' | 'serve' | 'work';
  /** Left out: the embedded Postgres below the data directory. */
  readonly databaseUrl?: string;
  /** Left out: the demo company. */
  readonly services?: string;
  /** Left out: a fresh temporary folder, removed at the end. */
  readonly dataDirectory?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A real Habeas in a process of its own. */
export interface Habeas {
  /** Address of the graph; empty for a worker. */
  readonly url: string;
  readonly dataDirectory: string;
  readonly process: ChildProcess;
  readonly config: Config;
  readonly keys: Keys;
  /** All it has written to stdout and stderr so far. */
  output(): string;
  person(accountId: string): Promise<Client>;
  client(name: string, purpose?: string): Promise<Client>;
  staff(role: 'dps' | 'support'): Promise<Client>;
  /** SIGTERM, then the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

/** Starts `habeas` from `dist` and waits until it says where it answers (a worker: until it is ready). */
export async function startHabeas(options: HabeasOptions = {}): Promise<Habeas> {
  const dataDirectory = options.dataDirectory ?? mkdtempSync(path.join(tmpdir(), 'habeas-'));
  const env = environment(options, dataDirectory);
  const child = spawn(process.execPath, [MAIN, options.part ?? 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  child.stdout.on('data', (chunk) => (said += chunk));
  child.stderr.on('data', (chunk) => (said += chunk));
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const url = await ready(child, () => said);
  const config = readConfig(env);
  const keys = await loadKeys(config.keysFile, { create: false });
  const ended = async () => {
    const code = await exited;
    if (!options.dataDirectory) rmSync(dataDirectory, { recursive: true, force: true });
    return code;
  };
  return {
    url,
    dataDirectory,
    process: child,
    config,
    keys,
    output: () => said,
    person: async (accountId) => ({ url, token: await developmentToken(config, keys, { kind: 'subject', accountId }) }),
    client: async (name, purpose) => ({
      url,
      token: await developmentToken(config, keys, { kind: 'client', name, purpose: purpose ?? null }),
    }),
    staff: async (role) => ({ url, token: await developmentToken(config, keys, { kind: 'staff', role }) }),
    stop: () => {
      child.kill('SIGTERM');
      return ended();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function environment({ databaseUrl, services, env }: HabeasOptions, dataDirectory: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    NODE_ENV: 'test',
    HABEAS_DATA: dataDirectory,
    HABEAS_PORT: '0',
    ...(databaseUrl ? { DATABASE_URL: databaseUrl } : {}),
    ...(services ? { HABEAS_SERVICES: services } : {}),
    ...env,
  };
}

const ANSWERS = /^Habeas (?:answers at (\S+)|works)/m;

/** So long that only one that hangs is given up: the demo company takes minutes to come up beside much other work. */
const LONGEST_START_MS = 600_000;

async function ready(child: ChildProcess, said: () => string): Promise<string> {
  for (const end = performance.now() + LONGEST_START_MS; performance.now() < end; ) {
    const match = ANSWERS.exec(said());
    if (match) return match[1] ?? '';
    if (child.exitCode !== null) throw new Error(`habeas ended with ${child.exitCode}:\n${said()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  child.kill('SIGKILL');
  throw new Error(`habeas did not come up:\n${said()}`);
}
