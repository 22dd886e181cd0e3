import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { freePort } from '../../src/database/embedded.js';
import { projectRoot } from '../../src/database/project-root.js';
import { type Child, startChild } from '../child.js';
import { plainSdl } from './sdl.js';
import { SERVICES } from './services.js';

const FOLDER = new URL('bench/peers/', projectRoot());

/** Installs the other gateways where that has not been done: they are no dependencies of Habeas. Takes minutes once. */
export async function installPeers(say: (line: string) => void): Promise<void> {
  if (existsSync(new URL('node_modules/.package-lock.json', FOLDER))) return;
  say('installing the other gateways below bench/peers, once');
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', fileURLToPath(FOLDER)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code] = (await once(npm, 'exit')) as [number | null];
  if (code !== 0) throw new Error('bench/peers: npm ci failed. Measure without the others: --no-peers');
}

/** The services as one graph for other gateways. Something has to be the way in to accounts: the first service is. */
export function writeSupergraph(urls: readonly string[], directory: string): string {
  const composed = composeServices(
    SERVICES.map((service, index) => ({
      name: service.name,
      url: urls[index] ?? '',
      typeDefs: parse(plainSdl(service, index === 0)),
    })),
  );
  if (composed.supergraphSdl === undefined) throw new Error(composed.errors?.map(String).join('\n'));
  const file = path.join(directory, 'supergraph.graphql');
  writeFileSync(file, composed.supergraphSdl);
  return file;
}

export const startApollo = (supergraph: string): Child =>
  startChild(new URL('apollo.mjs', FOLDER), { args: [supergraph] });

/** How Hive Gateway can plan and execute; which is the fastest differs by machine and is found out before measuring. */
export const HIVE_MODES = {
  'its own executor': [],
  'router runtime': ['--hive-router-runtime'],
} as const satisfies Record<string, readonly string[]>;

export async function startHive(supergraph: string, options: readonly string[]): Promise<Child> {
  return startChild(new URL('hive.mjs', FOLDER), { args: [supergraph, String(await freePort()), ...options] });
}
