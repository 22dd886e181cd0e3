import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inject } from 'vitest';
import type { Client } from '../../examples/client.js';
import { databaseUrl } from '../../examples/company/databases.js';
import type { ServiceName } from '../../examples/people/person.js';
import { readConfig } from '../../src/config.js';
import { loadKeys } from '../../src/crypto/keys.js';
import { developmentToken, type TokenHolder } from '../../src/server/development-issuer.js';
import { demoFiles } from './demo-setup.js';

/** The shared Habeas with the demo company, as its callers see it. */
export interface Demo {
  readonly url: string;
  readonly dataDirectory: string;
  person(accountId: string): Promise<Client>;
  client(name: string, purpose?: string): Promise<Client>;
  staff(role: 'dps' | 'support'): Promise<Client>;
  nobody(): Client;
  /** The database of one of the company's services, as its owner. */
  storeUrl(service: ServiceName): string;
  /** Habeas' own database, as its owner. */
  readonly ownUrl: string;
}

export async function demo(): Promise<Demo> {
  const files = demoFiles(inject('demoFolder'));
  const url = await comesAbout(files.url);
  const dataDirectory = files.data;
  const config = readConfig({ NODE_ENV: 'test', HABEAS_DATA: dataDirectory });
  const keys = await loadKeys(config.keysFile, { create: false });
  const as = async (holder: TokenHolder): Promise<Client> => ({
    url,
    token: await developmentToken(config, keys, holder),
  });
  return {
    url,
    dataDirectory,
    person: (accountId) => as({ kind: 'subject', accountId }),
    client: (name, purpose) => as({ kind: 'client', name, purpose: purpose ?? null }),
    staff: (role) => as({ kind: 'staff', role }),
    nobody: () => ({ url }),
    storeUrl: (service) => databaseUrl(postgresAt(path.join(dataDirectory, 'company/postgres')), service),
    ownUrl: postgresAt(path.join(dataDirectory, 'postgres')).replace(/postgres$/, 'habeas'),
  };
}

/** What the demo company's first start printed. */
export const firstWords = (): Promise<string> => comesAbout(demoFiles(inject('demoFolder')).firstWords);

/** A data directory of one's own, as the first start of the demo company leaves it; for its user to remove. */
export async function startedBefore(): Promise<string> {
  const { url, template } = demoFiles(inject('demoFolder'));
  await comesAbout(url);
  const directory = mkdtempSync(path.join(tmpdir(), 'habeas-before-'));
  spawnSync('cp', ['-a', `${template}/.`, directory]);
  return directory;
}

/** What stands in a file that will be there in time. */
async function comesAbout(file: string): Promise<string> {
  const { failure } = demoFiles(inject('demoFolder'));
  for (;;) {
    if (existsSync(failure)) throw new Error(readFileSync(failure, 'utf8'));
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    if (text !== '') return text;
    await delay(100);
  }
}

/** Where an embedded Postgres listens, as it says itself in `postmaster.pid`. */
function postgresAt(directory: string): string {
  const port = readFileSync(path.join(directory, 'postmaster.pid'), 'utf8').split('\n')[3];
  const password = readFileSync(`${directory}.password`, 'utf8');
  return `postgres://habeas:${password}@127.0.0.1:${port}/postgres`;
}
