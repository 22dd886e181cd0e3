import { errors, Pool } from 'undici';

/** How long a service has to take an event: milliseconds. It takes it and does the work after. */
const CONNECT_MS = 1_000;
const FIRST_BYTE_MS = 5_000;
const TOTAL_MS = 8_000;
/** Of an answer's body, which is thrown away: bytes after which the connection is given up rather than read on. */
const MOST_DISCARDED = 64 * 1_024;

/** Sends events to one address. Redirects are not followed, proxies not used, and of the answer only its status counts. */
export class Sender {
  readonly #pool: Pool;
  readonly #path: string;

  constructor(url: string, connections: number) {
    const { origin, pathname, search } = new URL(url);
    this.#path = `${pathname}${search}`;
    this.#pool = new Pool(origin, {
      connections,
      connect: { timeout: CONNECT_MS },
      headersTimeout: FIRST_BYTE_MS,
      bodyTimeout: TOTAL_MS,
    });
  }

  /** Null: it was taken. Otherwise what went wrong, in our words. */
  async send(headers: Readonly<Record<string, string>>, body: string): Promise<string | null> {
    const signal = AbortSignal.timeout(TOTAL_MS);
    try {
      const answer = await this.#pool.request({
        method: 'POST',
        path: this.#path,
        headers: { 'content-type': 'application/json', 'user-agent': 'Habeas', ...headers },
        body,
        signal,
      });
      const { statusCode } = answer;
      await answer.body.dump({ limit: MOST_DISCARDED }).catch(() => {});
      return statusCode >= 200 && statusCode < 300 ? null : `answered ${statusCode}`;
    } catch (error) {
      const isLate = signal.aborted || error instanceof errors.HeadersTimeoutError;
      return isLate ? 'did not answer in time' : 'cannot be reached, or broke the connection off';
    }
  }

  close(): Promise<void> {
    return this.#pool.destroy();
  }
}
