const HEAD_END = Buffer.from('\r\n\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** An answer of HTTP/1.1 as it came. */
export interface Answer {
  readonly status: number;
  /** The body; where it came in chunks, with their sizes still between them: see `unchunk`. */
  readonly body: Buffer;
  readonly chunked: boolean;
}

/**
 * Reads answers off one connection on which one request is under way at a time. It knows just as much of HTTP as that
 * takes, so that measuring costs little beside what is measured.
 */
export class AnswerReader {
  private parts: Buffer[] = [];
  private received = 0;
  private head: { status: number; bodyAt: number; length: number | null } | null = null;

  /** The answer, once it is whole. Throws where what comes is no answer this reader knows. */
  push(part: Buffer): Answer | null {
    this.parts.push(part);
    this.received += part.length;
    this.head ??= this.readHead();
    if (!this.head) return null;
    const { status, bodyAt, length } = this.head;
    const whole = length === null ? this.endsWithLastChunk(part) : this.received >= bodyAt + length;
    if (!whole) return null;
    const body = this.all().subarray(bodyAt);
    this.parts = [];
    this.received = 0;
    this.head = null;
    return { status, body, chunked: length === null };
  }

  private readHead() {
    const all = this.all();
    const end = all.indexOf(HEAD_END);
    if (end < 0) return null;
    const head = all.toString('latin1', 0, end);
    const status = Number(head.slice(9, 12));
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined && !/\r\ntransfer-encoding: *chunked/i.test(head)) {
      throw new Error(`an answer of status ${status} has neither a length nor chunks`);
    }
    return { status, bodyAt: end + HEAD_END.length, length: length === undefined ? null : Number(length) };
  }

  /** JSON holds no bare line end, so that only the end of the body looks like it. */
  private endsWithLastChunk(part: Buffer): boolean {
    const end = part.length >= LAST_CHUNK.length ? part : this.all();
    return end.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
  }

  private all(): Buffer {
    if (this.parts.length > 1) this.parts = [Buffer.concat(this.parts, this.received)];
    return this.parts[0] ?? Buffer.alloc(0);
  }
}

/** The body without the sizes of its chunks. */
export function unchunk({ body, chunked }: Answer): Buffer {
  if (!chunked) return body;
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16);
    if (!(size > 0)) return Buffer.concat(chunks);
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
}
