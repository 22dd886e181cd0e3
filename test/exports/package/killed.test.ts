import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writePart } from '../../../src/exports/package/part.js';
import { freshFolder, NEVER, pagesOf, serviceNamed } from './packing.js';

interface Message {
  readonly part?: number;
  readonly sealing?: boolean;
}

const KEY = randomBytes(32);
let folder: Awaited<ReturnType<typeof freshFolder>>;
let child: ChildProcess;
beforeEach(async () => {
  folder = await freshFolder();
});
afterEach(async () => {
  child.kill('SIGKILL');
  await folder.remove();
});

/** Resolves with the first message that is waited for. */
function start(records: number, wanted: (message: Message) => boolean): Promise<Message> {
  const script = fileURLToPath(new URL('./packs-and-seals.mjs', import.meta.url));
  child = fork(script, [folder.path, String(records)], {
    execArgv: [],
    env: { ...process.env, KEY: KEY.toString('hex') },
  });
  return new Promise((resolve, reject) => {
    child.on('message', (message: Message) => {
      if (wanted(message)) resolve(message);
    });
    child.on('exit', (code) => reject(new Error(`ended with ${code}`)));
  });
}

async function kill(): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

describe('a process killed', () => {
  it('while it reads a service leaves no part, and the next one starts clean', async () => {
    const stopped = start(1_000_000, (message) => (message.part ?? 0) > 30_000);
    await stopped;
    await kill();
    const large = path.join(folder.path, 'large');
    expect(await readdir(large)).toEqual([expect.stringMatching(/^part\.tmp-/)]);
    const pages = pagesOf({ collection: 'tickets', records: [{ id: 1 }] });
    await writePart({
      directory: path.join(large, 'part'),
      service: serviceNamed('support'),
      pages,
      formats: ['JSON'],
      key: KEY,
      context: 'part',
      signal: NEVER,
    });
    expect(await readdir(large)).toEqual(['part']);
  });

  it('while it seals leaves no package', async () => {
    let seals = 0;
    await start(40_000, (message) => message.sealing === true && ++seals === 2);
    await kill();
    const names = await readdir(path.join(folder.path, 'large'));
    expect(names).not.toContain('package.sealed');
    expect(names).toContain('part');
  });
});
