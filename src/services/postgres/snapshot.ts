import type { PendingQuery, Sql } from 'postgres';
import type { Service } from '../service.js';
import { openConnection } from './client.js';
import type { StatementRow } from './rows.js';

/** Records that one page of an export holds. */
const PAGE = 1000;

/** One connection and one transaction, in which a whole export sees the same moment. Opened when first asked. */
export class Snapshot {
  #begun = false;
  #lost = false;
  #running: PendingQuery<StatementRow[]> | undefined;
  readonly #sql: Sql;

  constructor(service: Service) {
    this.#sql = openConnection(service, () => {
      this.#lost = true;
    });
  }

  /** The rows of a statement, a page at a time: the database waits where the reader does. */
  async *pages(text: string, people: string): AsyncIterable<readonly StatementRow[]> {
    if (!this.#begun) await this.#sql.unsafe('begin isolation level repeatable read read only');
    this.#begun = true;
    // The driver would connect anew and go on, outside of the snapshot.
    if (this.#lost) throw new Error('The connection was lost between two statements.');
    const query = this.#sql.unsafe<StatementRow[]>(text, [people]);
    this.#running = query;
    yield* query.values().cursor(PAGE);
    this.#running = undefined;
  }

  /** Ends a running statement at the server too, which by itself does not notice that nobody listens. */
  stop(): void {
    this.#running?.cancel();
    void this.end();
  }

  /** Closing the connection ends the transaction, in which nothing was written. */
  async end(): Promise<void> {
    await this.#sql.end({ timeout: 0 });
  }
}
