import DataLoader from 'dataloader';
import { HabeasError } from '../../errors.js';
import type { CollectionAnswer, CollectionQuestion } from '../collection-reader.js';
import type { Subject } from '../connector.js';
import type { CallMetrics } from '../metrics.js';

/** People one statement reads for at most. */
const MOST_PEOPLE = 200;

type Answers = readonly (CollectionAnswer | Error)[];
type Loader = DataLoader<readonly Subject[], Answers>;

/**
 * Reads of one collection, with the same fields and the same page, that come in the same turn of the event loop are one
 * statement for all the people of all who ask; nobody is read for twice.
 */
export class MergedReads {
  readonly #waiting = new Map<string, Loader>();

  /** @param readNow reads for all people of a question. */
  constructor(
    private readonly readNow: (question: CollectionQuestion) => Promise<readonly CollectionAnswer[]>,
    private readonly metrics: CallMetrics,
  ) {}

  /** One answer for each person, in order; an error in place of what could not be read. */
  read(question: CollectionQuestion): Promise<Answers> {
    const { dataset, collection, fields, first, after, count, subjects } = question;
    const key = JSON.stringify([dataset, collection, fields, first, after, count]);
    const known = this.#waiting.get(key);
    if (known) return known.load(subjects);
    const loader: Loader = new DataLoader(
      (asked) => {
        this.#waiting.delete(key);
        this.metrics.carried(asked.length);
        return this.#together(question, asked);
      },
      { cache: false, batchScheduleFn: setImmediate },
    );
    this.#waiting.set(key, loader);
    return loader.load(subjects);
  }

  async #together(question: CollectionQuestion, asked: readonly (readonly Subject[])[]): Promise<Answers[]> {
    const places = new Map<string, number>();
    const people: Subject[] = [];
    const placesOf = asked.map((subjects) =>
      subjects.map((subject) => {
        const identity = identityOf(subject);
        const known = places.get(identity);
        if (known !== undefined) return known;
        places.set(identity, people.length);
        return people.push(subject) - 1;
      }),
    );
    const portions: Promise<Answers>[] = [];
    for (let start = 0; start < people.length; start += MOST_PEOPLE) {
      portions.push(this.#portion({ ...question, subjects: people.slice(start, start + MOST_PEOPLE) }));
    }
    const answers = (await Promise.all(portions)).flat();
    return placesOf.map((own) => own.map((place) => answers[place] ?? new Error('A person was not read for.')));
  }

  /** What fails, fails for the people of this statement alone. */
  async #portion(question: CollectionQuestion): Promise<Answers> {
    try {
      return await this.readNow(question);
    } catch (error) {
      if (!(error instanceof HabeasError)) throw error;
      return question.subjects.map(() => error);
    }
  }
}

/** Somebody whose identities have changed in between is read for anew. */
const identityOf = ({ accountId, externalId = '', emails, phones }: Subject): string =>
  [accountId, externalId, ...emails, '', ...phones].join('\n');
