import { createSecretKey, randomBytes } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FRAME_BYTES, openStream, SealedFileError, type SealingKey, sealStream } from '../../src/crypto/sealed-file.js';

const KEY = randomBytes(32);
const CONTEXT = 'export 42/part support/tickets.json';
const HEADER = 36;
const SEALED_FRAME = FRAME_BYTES + 16;

async function through(bytes: Buffer, stream: ReturnType<typeof openStream>, chunk = 50_000): Promise<Buffer> {
  const out: Buffer[] = [];
  const chunks = function* () {
    for (let at = 0; at < bytes.length; at += chunk) yield bytes.subarray(at, at + chunk);
  };
  const collect = new Writable({
    write(piece: Buffer, _encoding, done) {
      out.push(piece);
      done();
    },
  });
  await pipeline(Readable.from(chunks(), { objectMode: false }), stream, collect);
  return Buffer.concat(out);
}
const seal = (bytes: Buffer, key: SealingKey = KEY, context = CONTEXT, chunk?: number) =>
  through(bytes, sealStream(key, context), chunk);
const open = (bytes: Buffer, key: SealingKey = KEY, context = CONTEXT, chunk?: number) =>
  through(bytes, openStream(key, context), chunk);

const AROUND_FRAMES = [0, 1, FRAME_BYTES - 1, FRAME_BYTES, FRAME_BYTES + 1, 2 * FRAME_BYTES, 3 * FRAME_BYTES + 7];

describe('a sealed file', () => {
  it.each(AROUND_FRAMES)('of %i bytes opens as it was', async (size) => {
    const plain = randomBytes(size);
    expect((await open(await seal(plain))).equals(plain)).toBe(true);
  });

  it('opens as it was, whatever its size and the pieces it comes in', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 3 * FRAME_BYTES }),
        fc.integer({ min: 1000, max: 200_000 }),
        fc.integer({ min: 1000, max: 200_000 }),
        async (size, written, read) => {
          const plain = randomBytes(size);
          const sealed = await seal(plain, KEY, CONTEXT, written);
          expect((await open(sealed, KEY, CONTEXT, read)).equals(plain)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('opens byte by byte', async () => {
    const plain = randomBytes(300);
    expect((await open(await seal(plain, KEY, CONTEXT, 1), KEY, CONTEXT, 1)).equals(plain)).toBe(true);
  });

  it('holds nothing of the plaintext and never seals the same bytes alike', async () => {
    const plain = Buffer.alloc(1000, 'person@example.org ');
    const [one, two] = [await seal(plain), await seal(plain)];
    expect(one.includes('person')).toBe(false);
    expect(one.subarray(4).equals(two.subarray(4))).toBe(false);
  });

  it('does not open with any one bit changed', async () => {
    const sealed = await seal(randomBytes(FRAME_BYTES + 100));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: sealed.length * 8 - 1 }), async (bit) => {
        const changed = Buffer.from(sealed);
        changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        await expect(open(changed)).rejects.toThrow(SealedFileError);
      }),
      { numRuns: 200, examples: Array.from({ length: HEADER }, (_, byte) => [byte * 8]) },
    );
  });

  it('does not open cut short anywhere', async () => {
    const sealed = await seal(randomBytes(2 * FRAME_BYTES + 100));
    const borders = [0, 1, HEADER - 1, HEADER, HEADER + SEALED_FRAME, HEADER + 2 * SEALED_FRAME, sealed.length - 1];
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: sealed.length - 1 }), async (length) => {
        await expect(open(sealed.subarray(0, length))).rejects.toThrow(SealedFileError);
      }),
      { numRuns: 60, examples: borders.map((border) => [border]) },
    );
  });

  it('does not open with bytes added, frames swapped, repeated or left out', async () => {
    const sealed = await seal(randomBytes(3 * FRAME_BYTES + 100));
    const header = sealed.subarray(0, HEADER);
    const frame = (n: number) => sealed.subarray(HEADER + n * SEALED_FRAME, HEADER + (n + 1) * SEALED_FRAME);
    const [a, b, c, last] = [frame(0), frame(1), frame(2), frame(3)];
    const wrong = [
      [header, b, a, c, last],
      [header, a, a, b, c, last],
      [header, a, c, last],
      [header, a, b, last],
      [header, last],
      [header, a, b, c],
      [sealed, Buffer.from([0])],
      [sealed, last],
    ];
    for (const parts of wrong) await expect(open(Buffer.concat(parts))).rejects.toThrow(SealedFileError);
  });

  it('does not open with a frame of another file under the same key and context', async () => {
    const [one, two] = [await seal(randomBytes(FRAME_BYTES + 5)), await seal(randomBytes(FRAME_BYTES + 5))];
    const border = HEADER + SEALED_FRAME;
    await expect(open(Buffer.concat([one.subarray(0, border), two.subarray(border)]))).rejects.toThrow(SealedFileError);
  });

  it('does not open for another context or with another key', async () => {
    const sealed = await seal(randomBytes(100));
    await expect(open(sealed, KEY, `${CONTEXT}x`)).rejects.toThrow(SealedFileError);
    await expect(open(sealed, randomBytes(32))).rejects.toThrow(SealedFileError);
  });

  it('takes a key object as well as bytes, and refuses any other length', async () => {
    const plain = randomBytes(10);
    expect((await open(await seal(plain, createSecretKey(KEY)))).equals(plain)).toBe(true);
    expect(() => sealStream(randomBytes(16), CONTEXT)).toThrow('32 bytes');
    expect(() => sealStream(createSecretKey(randomBytes(16)), CONTEXT)).toThrow('32 bytes');
  });
});
