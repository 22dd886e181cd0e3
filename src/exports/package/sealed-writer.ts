import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { FrameSealer, type SealingKey } from '../../crypto/sealed-file.js';

/** Size and hash of a file's plaintext. */
export interface Written {
  readonly bytes: number;
  readonly sha256: string;
}

/** Writes one new sealed file. Each `write` waits for the disk, so that a fast service cannot fill the memory. */
export class SealedWriter {
  readonly #hash = createHash('sha256');
  #bytes = 0;

  private constructor(
    private readonly handle: FileHandle,
    private readonly sealer: FrameSealer,
  ) {}

  static async create(file: string, key: SealingKey, context: string): Promise<SealedWriter> {
    const sealer = new FrameSealer(key, context);
    const handle = await open(file, 'wx', 0o600);
    await handle.writeFile(sealer.header);
    return new SealedWriter(handle, sealer);
  }

  /** Resolves to the bytes the text took, before sealing. */
  async write(text: string): Promise<number> {
    const plaintext = Buffer.from(text);
    this.#hash.update(plaintext);
    this.#bytes += plaintext.length;
    for (const frame of this.sealer.add(plaintext)) await this.handle.writeFile(frame);
    return plaintext.length;
  }

  /** Writes the last frame; resolves when the disk has everything. */
  async finish(): Promise<Written> {
    await this.handle.writeFile(this.sealer.end());
    await this.handle.sync();
    await this.handle.close();
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') };
  }

  /** Lets go of the file; nothing happens to one that is finished. */
  async close(): Promise<void> {
    await this.handle.close();
  }
}
