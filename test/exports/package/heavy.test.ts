import { type ChildProcess, fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writePart } from '../../../src/exports/package/part.js';
import { openPackage } from '../../../src/exports/package/seal.js';
import { verifyPackage } from '../../../src/exports/package/verify.js';
import { freshFolder, NEVER, pagesOf, serviceNamed } from './packing.js';

interface Message {
  readonly part?: number;
  readonly sealing?: boolean;
  readonly growth?: number;
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
  const script = fileURLToPath(new URL('./heavy.mjs', import.meta.url));
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

describe('T-32 a package of 200,000 records', () => {
  it('takes less than 100 MB of memory more than a small one, and holds every record', async () => {
    const { growth } = await start(200_000, (message) => message.growth !== undefined);
    expect(growth).toBeLessThan(100 * 1024 * 1024);
    const zip = path.join(folder.path, 'plain.zip');
    const sealed = path.join(folder.path, 'large', 'package.sealed');
    await pipeline(openPackage(sealed, KEY, 'package'), createWriteStream(zip));
    expect(await verifyPackage(zip)).toEqual({ ok: true, problems: [] });
  }, 240_000);
});

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
  }, 60_000);

  it('while it seals leaves no package', async () => {
    let seals = 0;
    await start(40_000, (message) => message.sealing === true && ++seals === 2);
    await kill();
    const names = await readdir(path.join(folder.path, 'large'));
    expect(names).not.toContain('package.sealed');
    expect(names).toContain('part');
  }, 60_000);
});
