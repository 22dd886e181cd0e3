import type { About } from './about.js';
import type { CollectionReport } from './report.js';

export interface Person {
  readonly accountId: string;
  readonly displayName: string | null;
  readonly emails: readonly string[];
}

export interface PageInput {
  readonly about: About;
  readonly person: Person;
  readonly requestId: string;
  readonly receivedAt: Date;
  readonly generatedAt: Date;
  /** In the order of `about.services`. */
  readonly sections: readonly Section[];
}

/** What the page has of one service. */
export interface Section {
  readonly service: About['services'][number];
  /** The service's folder in the package, and its anchor in the page. */
  readonly slug: string;
  readonly collections: readonly CollectionReport[];
  /** The collection's piece of the page; null where no page was asked for. */
  fragment(collection: CollectionReport): AsyncIterable<Buffer> | null;
}
