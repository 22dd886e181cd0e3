import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs';
import { truncate } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ConfigError } from '../config.js';

/** By what an erased person would be known again: a keyed hash. */
export interface Tombstone {
  readonly kind: 'ACCOUNT' | 'LINK' | 'IDENTIFIER';
  readonly hash: Buffer;
  readonly erasedAt: Date;
}

const Line = z.object({
  kind: z.enum(['ACCOUNT', 'LINK', 'IDENTIFIER']),
  hash: z.base64url().length(43),
  at: z.iso.datetime(),
});

const NEWLINE = 0x0a;

/**
 * All tombstones of the file; none where there is no file. The last line counts only with its end: without one it was
 * never promised to anybody. Throws `ConfigError` for any other line that cannot be read: somebody could come back.
 */
export function readTombstoneFile(file: string): Tombstone[] {
  const content = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const lines = content.subarray(0, whole(content)).toString('utf8').split('\n').slice(0, -1);
  return lines.map((line, index) => {
    const read = Line.safeParse(parseJson(line));
    if (!read.success) {
      throw new ConfigError(
        `HABEAS_TOMBSTONES: line ${index + 1} of ${file} is damaged: put a copy of the file in its place.`,
      );
    }
    const { kind, hash, at } = read.data;
    return { kind, hash: Buffer.from(hash, 'base64url'), erasedAt: new Date(at) };
  });
}

/**
 * Adds tombstones, on the disk when it resolves. What a power cut left half written is cut off first. Only one process
 * may do so at a time.
 */
export async function appendTombstones(file: string, tombstones: readonly Tombstone[]): Promise<void> {
  const isNew = !existsSync(file);
  const directory = path.dirname(file);
  if (isNew) mkdirSync(directory, { recursive: true, mode: 0o700 });
  else {
    const content = readFileSync(file);
    if (whole(content) < content.length) await truncate(file, whole(content));
  }
  const lines = tombstones.map(
    ({ kind, hash, erasedAt }) =>
      `${JSON.stringify({ kind, hash: hash.toString('base64url'), at: erasedAt.toISOString() })}\n`,
  );
  write(file, Buffer.from(lines.join('')));
  if (isNew) sync(directory); // So that the file's name is on the disk too.
}

function write(file: string, bytes: Buffer): void {
  const handle = openSync(file, 'a', 0o600);
  try {
    for (let written = 0; written < bytes.length; ) written += writeSync(handle, bytes, written);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function sync(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** How many bytes are whole lines. */
const whole = (content: Buffer) => content.lastIndexOf(NEWLINE) + 1;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
