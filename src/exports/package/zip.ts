import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';
import { ENTRY_NAME } from './names.js';
import type { Written } from './sealed-writer.js';

const FILE_MODE = 0o100644;

/** A ZIP (with ZIP64 where it grows beyond 4 GiB) written entry by entry, at the pace of whoever reads `output`. */
export class Zip {
  readonly #zip = new ZipFile();

  /** `modifiedAt`: the time of all entries. When the signal says so, the entry being written fails. */
  constructor(
    private readonly modifiedAt: Date,
    private readonly signal: AbortSignal,
  ) {}

  get output(): NodeJS.ReadableStream {
    return this.#zip.outputStream;
  }

  /** Resolves when all of the content has been taken; rejects with the content's own error. */
  async add(name: string, content: AsyncIterable<string | Buffer>): Promise<Written> {
    if (!ENTRY_NAME.test(name)) throw new Error('A package has no entry of this name.');
    const measure = new Measure();
    this.#zip.addReadStream(measure, name, { mtime: this.modifiedAt, mode: FILE_MODE });
    await pipeline(content, measure, { signal: this.signal });
    return measure.written();
  }

  /** No more entries. */
  end(): void {
    this.#zip.end();
  }
}

/** Lets everything through; knows its size and SHA-256 afterwards. */
export class Measure extends Transform {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: (error: null, chunk: Buffer) => void): void {
    this.#hash.update(chunk);
    this.#bytes += chunk.length;
    done(null, chunk);
  }

  written(): Written {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }
}
