import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { type Dispatcher, errors, Pool } from 'undici';
import { ServiceError, type ServiceFailureCode } from '../errors.js';
import type { Json } from './connector.js';
import { parseJson, UnreadableAnswer } from './outgoing-json.js';
import type { Service } from './service.js';

/** How long Habeas waits for a service and how much it takes. Milliseconds and bytes. */
export interface OutgoingLimits {
  /** Until the head of the answer has come, waiting for a connection included. */
  readonly firstByteMs: number;
  /** Until the whole answer has come. */
  readonly totalMs: number;
  /** Of the body, as sent and as unpacked. */
  readonly maxBytes: number;
}

const MEGABYTE = 1024 * 1024;
export const CONNECT_MS = 1_000;
/** For reads somebody waits for. */
export const GRAPH_LIMITS: OutgoingLimits = { firstByteMs: 3_000, totalMs: 10_000, maxBytes: 10 * MEGABYTE };
/** For exports: nobody waits, and everything is asked for. */
export const EXPORT_LIMITS: OutgoingLimits = { firstByteMs: 30_000, totalMs: 120_000, maxBytes: 50 * MEGABYTE };
/** For `Connector.health`. */
export const HEALTH_LIMITS: OutgoingLimits = { firstByteMs: 1_800, totalMs: 2_000, maxBytes: 10 * MEGABYTE };

export interface OutgoingOptions {
  /** Until a connection stands. */
  readonly connectMs?: number;
  /** Connections kept at most; calls beyond wait for one. */
  readonly connections?: number;
}

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly limits: OutgoingLimits;
  readonly signal?: AbortSignal;
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/**
 * The one way from Habeas to a service over HTTP: a pool of connections for it alone, bounded in time and size, with
 * no proxy and no redirects. What goes wrong is a `ServiceError` without a word of the service's own; only a caller's
 * abort is thrown as it is.
 */
export class Outgoing {
  readonly #pool: Pool;

  /** @param url any address at the service; its origin counts. */
  constructor(
    private readonly service: Pick<Service, 'name' | 'title'>,
    url: string,
    { connectMs = CONNECT_MS, connections = 64 }: OutgoingOptions = {},
  ) {
    this.#pool = new Pool(new URL(url).origin, {
      connections,
      connect: { timeout: connectMs },
      // The deadlines of each call stand below, exact to the millisecond.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  async send(request: OutgoingRequest): Promise<OutgoingAnswer> {
    const { limits, signal } = request;
    signal?.throwIfAborted();
    const stop = new AbortController();
    const forward = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', forward, { once: true });
    const late = () => stop.abort(new TooLate());
    const firstByte = setTimeout(late, limits.firstByteMs);
    const total = setTimeout(late, limits.totalMs);
    try {
      const answer = await this.#pool.request({
        method: request.method,
        path: request.path,
        headers: { 'accept-encoding': 'gzip', ...request.headers },
        body: request.body ?? null,
        signal: stop.signal,
      });
      clearTimeout(firstByte);
      return { status: answer.statusCode, bytes: await readBody(answer, limits.maxBytes) };
    } catch (error) {
      signal?.throwIfAborted();
      throw this.#failure(stop.signal.reason instanceof TooLate ? stop.signal.reason : error);
    } finally {
      clearTimeout(firstByte);
      clearTimeout(total);
      signal?.removeEventListener('abort', forward);
    }
  }

  /** The answer's body; undefined where it is empty. */
  json({ bytes }: OutgoingAnswer): Json | undefined {
    if (bytes.length === 0) return undefined;
    try {
      return parseJson(bytes);
    } catch (error) {
      throw this.#failure(error);
    }
  }

  error(failure: ServiceFailureCode, message: string, cause?: unknown): ServiceError {
    return new ServiceError(this.service.name, failure, `${this.service.title} ${message}`, { cause });
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }

  #failure(error: unknown): ServiceError {
    if (error instanceof TooLate) return this.error('SERVICE_UNREACHABLE', 'did not answer in time.');
    if (error instanceof UnreadableAnswer) {
      return this.error('SERVICE_ANSWER_INVALID', `gave an answer that cannot be read: ${error.message}.`);
    }
    if (error instanceof errors.HTTPParserError || error instanceof errors.HeadersOverflowError) {
      return this.error('SERVICE_ANSWER_INVALID', 'gave an answer that is not HTTP.');
    }
    return this.error('SERVICE_UNREACHABLE', 'cannot be reached, or broke the connection off.', error);
  }
}

class TooLate extends Error {}

async function readBody({ headers, body }: Dispatcher.ResponseData, maxBytes: number): Promise<Uint8Array> {
  // A body given up emits an error after everybody has stopped listening.
  body.on('error', () => {});
  const encoding = headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity' && encoding !== 'gzip') {
    body.destroy();
    throw new UnreadableAnswer('its Content-Encoding is not gzip');
  }
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of encoding === 'gzip' ? unpack(body, maxBytes) : body) {
      size += chunk.length;
      if (size > maxBytes) throw new UnreadableAnswer(`it is larger than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    body.destroy();
    throw (error as NodeJS.ErrnoException).code?.startsWith('Z_') ? new UnreadableAnswer('it is not gzip') : error;
  }
  return Buffer.concat(chunks, size);
}

/** A packed body is itself no larger than what it unpacks to may be, bar a few bytes of frame. */
function unpack(body: Readable, maxBytes: number): AsyncIterable<Buffer> {
  let packed = 0;
  body.on('data', (chunk: Buffer) => {
    packed += chunk.length;
    if (packed > maxBytes) body.destroy(new UnreadableAnswer(`it is larger than ${maxBytes} bytes`));
  });
  return pipeline(body, createGunzip(), () => {});
}
