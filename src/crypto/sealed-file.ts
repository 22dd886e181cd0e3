import { createCipheriv, createDecipheriv, hkdfSync, KeyObject, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline, type Readable, Transform } from 'node:stream';

/**
 * Files of any size, encrypted at rest: magic (4 bytes) | salt (32) | frames, each ciphertext | tag (16).
 *
 * A frame holds 64 KiB of plaintext; the last one holds the rest. Every file has a key of its own, derived from the
 * given key and the salt (HKDF-SHA256), so that a nonce may simply be the frame's number and whether it is the last:
 * no nonce repeats under one key, and a frame that is cut off, moved, repeated or taken from another file does not
 * open. This is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár 2015). The context, such as the id of
 * the request and the file's name, is authenticated with every frame: a file opens only as what it was sealed as.
 */
const MAGIC = Buffer.from([0x48, 0x42, 0x46, 1]);
const SALT = 32;
const HEADER = MAGIC.length + SALT;
const TAG = 16;
export const FRAME_BYTES = 64 * 1024;

export type SealingKey = KeyObject | Buffer;

/** The file is not what was sealed. Does not say what differs. */
export class SealedFileError extends Error {
  override readonly name = 'SealedFileError';

  constructor() {
    super('The sealed file was changed or cut short, or was sealed with another key or for another place.');
  }
}

/** Seals chunk by chunk; holds at most one frame. The stream below and writers of their own files stand on it. */
export class FrameSealer {
  readonly #key: Buffer;
  readonly #context: Buffer;
  readonly #frame = Buffer.allocUnsafe(FRAME_BYTES);
  readonly #header: Buffer;
  #filled = 0;
  #number = 0;

  constructor(key: SealingKey, context: string) {
    const salt = randomBytes(SALT);
    this.#key = fileKey(key, salt);
    this.#context = Buffer.from(context);
    this.#header = Buffer.concat([MAGIC, salt]);
  }

  /** What must stand in the file before the first frame. */
  get header(): Buffer {
    return this.#header;
  }

  /** The frames that are full with this chunk. */
  *add(chunk: Buffer): Generator<Buffer> {
    let read = 0;
    while (read < chunk.length) {
      // A full frame is kept until more comes: only then is it known not to be the last.
      if (this.#filled === FRAME_BYTES) yield this.#seal(false);
      const copied = chunk.copy(this.#frame, this.#filled, read, read + FRAME_BYTES - this.#filled);
      this.#filled += copied;
      read += copied;
    }
  }

  /** The last frame. */
  end(): Buffer {
    return this.#seal(true);
  }

  #seal(last: boolean): Buffer {
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce(this.#number++, last), { authTagLength: TAG });
    cipher.setAAD(this.#context);
    const ciphertext = cipher.update(this.#frame.subarray(0, this.#filled));
    this.#filled = 0;
    return Buffer.concat([ciphertext, cipher.final(), cipher.getAuthTag()]);
  }
}

/** Plaintext in, sealed file out. `key` is 32 bytes. */
export function sealStream(key: SealingKey, context: string): Transform {
  const sealer = new FrameSealer(key, context);
  let begun = false;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      begin();
      for (const frame of sealer.add(chunk)) stream.push(frame);
      done();
    },
    flush(done) {
      begin();
      done(null, sealer.end());
    },
  });
  const begin = () => {
    if (!begun) stream.push(sealer.header);
    begun = true;
  };
  return stream;
}

/**
 * Sealed file in, plaintext out. Every byte that comes out is authentic, but only the end of the stream says that
 * none is missing: what was done with the bytes before a `SealedFileError` has to be undone.
 */
export function openStream(key: SealingKey, context: string): Transform {
  const authenticated = Buffer.from(context);
  let fileKeyBytes: Buffer | null = null;
  let number = 0;
  let waiting: Buffer[] = [];
  let waitingBytes = 0;

  const take = (bytes: number): Buffer => {
    const all = waiting.length === 1 && waiting[0] ? waiting[0] : Buffer.concat(waiting);
    waiting = all.length > bytes ? [all.subarray(bytes)] : [];
    waitingBytes = all.length - bytes;
    return all.subarray(0, bytes);
  };
  const openFrame = (frame: Buffer, last: boolean): Buffer => {
    if (!fileKeyBytes || frame.length < TAG) throw new SealedFileError();
    const decipher = createDecipheriv('aes-256-gcm', fileKeyBytes, nonce(number++, last), { authTagLength: TAG });
    decipher.setAAD(authenticated);
    decipher.setAuthTag(frame.subarray(frame.length - TAG));
    try {
      return Buffer.concat([decipher.update(frame.subarray(0, frame.length - TAG)), decipher.final()]);
    } catch {
      throw new SealedFileError();
    }
  };

  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      waiting.push(chunk);
      waitingBytes += chunk.length;
      try {
        if (!fileKeyBytes && waitingBytes >= HEADER) {
          const header = take(HEADER);
          if (!header.subarray(0, MAGIC.length).equals(MAGIC)) throw new SealedFileError();
          fileKeyBytes = fileKey(key, header.subarray(MAGIC.length));
        }
        while (fileKeyBytes && waitingBytes > FRAME_BYTES + TAG) stream.push(openFrame(take(FRAME_BYTES + TAG), false));
        done();
      } catch (error) {
        done(error instanceof Error ? error : new SealedFileError());
      }
    },
    flush(done) {
      try {
        done(null, openFrame(take(waitingBytes), true));
      } catch (error) {
        done(error instanceof Error ? error : new SealedFileError());
      }
    },
  });
  return stream;
}

/** The plaintext of a sealed file on disk, as a stream. */
export function openSealedFile(file: string, key: SealingKey, context: string): Readable {
  // Errors reach the reader: `pipeline` destroys the stream it returns with them.
  return pipeline(createReadStream(file), openStream(key, context), () => undefined);
}

function fileKey(key: SealingKey, salt: Buffer): Buffer {
  const bytes = key instanceof KeyObject ? key.symmetricKeySize : key.length;
  if (bytes !== 32) throw new RangeError('A sealing key is 32 bytes long.');
  return Buffer.from(hkdfSync('sha256', key, salt, 'habeas sealed file', 32));
}

function nonce(frame: number, last: boolean): Buffer {
  const bytes = Buffer.alloc(12);
  // 2^48 frames are 2^64 bytes: no file is longer.
  bytes.writeUIntBE(frame, 5, 6);
  bytes[11] = last ? 1 : 0;
  return bytes;
}
