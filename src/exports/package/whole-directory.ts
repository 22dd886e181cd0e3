import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';

/**
 * Fills a directory as a whole or not at all: `fill` writes into a temporary one beside it, which takes the name, and
 * the place of an earlier one, only when everything is on the disk. What a killed process left half-done is removed.
 */
export async function writeWholeDirectory<T>(directory: string, fill: (temporary: string) => Promise<T>): Promise<T> {
  const parent = path.dirname(directory);
  const half = `${path.basename(directory)}.tmp-`;
  await mkdir(parent, { recursive: true, mode: 0o700 });
  for (const entry of await readdir(parent)) {
    if (entry.startsWith(half)) await rm(path.join(parent, entry), { recursive: true, force: true });
  }
  const temporary = path.join(parent, half + randomBytes(8).toString('hex'));
  await mkdir(temporary, { mode: 0o700 });
  try {
    const result = await fill(temporary);
    await syncDirectory(temporary);
    await rm(directory, { recursive: true, force: true });
    await rename(temporary, directory);
    await syncDirectory(parent);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** A new name in a directory outlasts a power cut only when the directory itself is on the disk. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
