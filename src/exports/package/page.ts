import { closing } from './page-closing.js';
import { cover } from './page-cover.js';
import type { PageInput } from './page-input.js';
import { collectionEnd, collectionStart, serviceEnd, serviceStart } from './page-service.js';

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
