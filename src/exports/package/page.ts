import type { About } from './about.js';
import { closing } from './page-closing.js';
import { cover } from './page-cover.js';
import { collectionEnd, collectionStart, serviceEnd, serviceStart } from './page-service.js';
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

/** The readable copy, `index.html`: one page that needs nothing else, written piece by piece. */
export async function* page(input: PageInput): AsyncGenerator<string | Buffer> {
  yield cover(input).toString();
  for (const section of input.sections) {
    yield serviceStart(section, input.about).toString();
    for (const collection of section.collections) {
      yield collectionStart(section, collection).toString();
      const fragment = section.fragment(collection);
      if (fragment) yield* fragment;
      yield collectionEnd(section, collection).toString();
    }
    yield serviceEnd().toString();
  }
  yield closing(input).toString();
}
