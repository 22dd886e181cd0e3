import { getArgumentValues } from 'graphql';
import { badInput } from '../errors.js';
import type { CollectionAnswer, CollectionQuestion } from './collection-reader.js';
import type { Subject } from './connector.js';
import type { AccountPart, CollectionPart, ServicePart } from './generated-subgraph-compile.js';

export const MOST_RECORDS = 200;

/** A `CollectionReader`, or one that tells apart whose records could not be read: an error in place of an answer. */
export interface SubgraphSource {
  read(question: CollectionQuestion): Promise<readonly (CollectionAnswer | Error)[]>;
  /** Whether anything is held about each person, in order. Where given, a service without classified data shows it. */
  held?(subjects: readonly Subject[]): Promise<readonly (boolean | Error)[]>;
}

/** A page as it was read for all people, in order; or why it could not be read for any. */
export interface PageRead {
  readonly after: string | null;
  readonly answers: readonly (CollectionAnswer | Error)[] | Error;
}

export interface Reads {
  readonly pages: ReadonlyMap<CollectionPart, PageRead>;
  readonly held: readonly (boolean | Error)[] | Error;
}

/**
 * Reads everything one `_entities` field is asked for: one read for each collection, arguments and set of fields, for
 * all people together. Whatever cannot be read is an error in its place.
 */
export async function readAll(
  account: readonly AccountPart[],
  subjects: readonly Subject[],
  source: SubgraphSource,
  variables: Readonly<Record<string, unknown>>,
): Promise<Reads> {
  const parts = account.flatMap((part) => (part.kind === 'service' ? part.parts : []));
  const asked = new Map<string, Promise<PageRead['answers']>>();
  const pages = new Map<CollectionPart, PageRead>();
  const held = parts.some(({ kind }) => kind === 'held') ? settled(() => source.held?.(subjects) ?? none) : none;
  const readings = parts.filter(isCollection).map(async (part) => {
    let after: string | null = null;
    const answers = await settled(() => {
      const question = questionOf(part, subjects, variables);
      after = question.after;
      const key = `${question.dataset}.${question.collection} ${question.fields.join()} ${question.first} ${question.count} ${after}`;
      const reading = asked.get(key) ?? source.read(question);
      asked.set(key, reading as Promise<PageRead['answers']>);
      return reading as Promise<readonly (CollectionAnswer | Error)[]>;
    });
    pages.set(part, { after, answers });
  });
  await Promise.all(readings);
  return { pages, held: await held };
}

const none = Promise.resolve([]);
const isCollection = (part: ServicePart): part is CollectionPart => part.kind === 'collection';

async function settled<Answer>(read: () => Promise<Answer>): Promise<Answer | Error> {
  try {
    return await read();
  } catch (error) {
    return error instanceof Error ? error : new Error('Something that is no error was thrown.');
  }
}

function questionOf(
  { face, node, definition, fields, count }: CollectionPart,
  subjects: readonly Subject[],
  variables: Readonly<Record<string, unknown>>,
): CollectionQuestion {
  const { first, after } = getArgumentValues(definition, node, variables);
  if (typeof first !== 'number' || first < 1 || first > MOST_RECORDS) {
    throw badInput('first', `ask for 1 to ${MOST_RECORDS} records, and for the next ones with "after".`);
  }
  return {
    dataset: face.dataset.key,
    collection: face.collection.name,
    subjects,
    fields,
    first,
    after: typeof after === 'string' ? after : null,
    count,
  };
}
