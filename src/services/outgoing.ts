import { gunzip } from 'node:zlib';
import { type Dispatcher, errors, Pool } from 'undici';
import { ServiceError, type ServiceFailureCode } from '../errors.js';
import type { Json } from './connector.js';
import { ConnectionLost } from './failures.js';
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
/** Connections kept to one service at most. */
export const CONNECTIONS = 64;
/** For reads somebody waits for. */
export const GRAPH_LIMITS: OutgoingLimits = { firstByteMs: 3_000, totalMs: 10_000, maxBytes: 10 * MEGABYTE };
/** For exports: nobody waits, and everything is asked for. */
export const EXPORT_LIMITS: OutgoingLimits = { firstByteMs: 30_000, totalMs: 120_000, maxBytes: 50 * MEGABYTE };
/** For `Connector.health`. */
export const HEALTH_LIMITS: OutgoingLimits = { firstByteMs: 1_800, totalMs: 2_000, maxBytes: 10 * MEGABYTE };

/** What is left of the limits once some of the time has gone: never nothing, so that it is told as too late. */
export function within(limits: OutgoingLimits, spentMs: number): OutgoingLimits {
  if (spentMs < 10) return limits; // as all calls but the few that had to wait; timers of one length are cheaper
  const totalMs = Math.max(1, limits.totalMs - spentMs);
  return { ...limits, totalMs, firstByteMs: Math.min(limits.firstByteMs, totalMs) };
}

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
    { connectMs = CONNECT_MS, connections = CONNECTIONS }: OutgoingOptions = {},
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
    request.signal?.throwIfAborted();
    try {
      return await new Promise<OutgoingAnswer>((resolve, reject) => {
        const { method, path, headers, body = null } = request;
        this.#pool.dispatch({ method, path, headers, body }, new Call(request, resolve, reject));
      });
    } catch (error) {
      request.signal?.throwIfAborted();
      throw this.#failure(error);
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
    const message = `${this.service.title} cannot be reached, or broke the connection off.`;
    return new ConnectionLost(this.service.name, 'SERVICE_UNREACHABLE', message, { cause: error });
  }
}

class TooLate extends Error {}

/**
 * One call, as the pool tells of it. Without a stream or an `AbortSignal` of its own: those cost more than everything
 * else a call is made of (docs/performance.md).
 */
class Call implements Dispatcher.DispatchHandler {
  readonly #maxBytes: number;
  readonly #firstByte: NodeJS.Timeout;
  readonly #total: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #size = 0;
  #isPacked = false;
  #isOver = false;

  constructor(
    { limits, signal }: Pick<OutgoingRequest, 'limits' | 'signal'>,
    private readonly resolve: (answer: OutgoingAnswer) => void,
    private readonly reject: (reason: unknown) => void,
  ) {
    const late = () => this.#fail(new TooLate());
    this.#maxBytes = limits.maxBytes;
    this.#firstByte = setTimeout(late, limits.firstByteMs);
    this.#total = setTimeout(late, limits.totalMs);
    if (signal) {
      const stop = () => this.#fail(signal.reason);
      signal.addEventListener('abort', stop, { once: true });
      this.#forget = () => signal.removeEventListener('abort', stop);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#isOver) controller.abort(new TooLate());
    this.#controller = controller;
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHeaders): void {
    if (status < 200) return;
    clearTimeout(this.#firstByte);
    const encoding = headers['content-encoding'] ?? 'identity';
    this.#isPacked = encoding === 'gzip';
    this.#status = status;
    if (!this.#isPacked && encoding !== 'identity') {
      this.#fail(new UnreadableAnswer('its Content-Encoding is not gzip'));
    }
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#maxBytes) this.#fail(tooLarge(this.#maxBytes));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    const [only] = this.#chunks;
    const bytes = only && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks, this.#size);
    if (!this.#isPacked) {
      this.#finish(bytes);
      return;
    }
    gunzip(bytes, { maxOutputLength: this.#maxBytes }, (error, unpacked) => {
      if (!error) this.#finish(unpacked);
      else if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') this.#fail(tooLarge(this.#maxBytes));
      else this.#fail(new UnreadableAnswer('it is not gzip'));
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #finish(bytes: Buffer): void {
    if (this.#end()) this.resolve({ status: this.#status, bytes });
  }

  /** Gives the connection up too: what else came over it would be of no use. */
  #fail(reason: unknown): void {
    if (!this.#end()) return;
    this.reject(reason);
    this.#controller?.abort(reason instanceof Error ? reason : new TooLate());
  }

  #end(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    clearTimeout(this.#firstByte);
    clearTimeout(this.#total);
    this.#forget();
    return true;
  }

  #forget = (): void => {};
}

type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

const tooLarge = (bytes: number) => new UnreadableAnswer(`it is larger than ${bytes} bytes`);
