import { HabeasError } from '../../errors.js';
import type { CollectionAnswer, CollectionQuestion } from '../collection-reader.js';
import type { DataRecord, Json, Subject } from '../connector.js';
import type { SubgraphSource } from '../generated-subgraph.js';
import { copyOf } from '../outgoing-json.js';
import type { Collection, Dataset, Field } from '../service.js';
import { cursorOf, indexAfter } from './cursor.js';
import { collectionsOf, snakeCase, type TreeNode } from './tree.js';

/** Trees fetched side by side for one request. */
const AT_ONCE = 8;

/**
 * Reads declared collections from people's trees, for one request: a tree is fetched once, whatever is read of it.
 * A person whose tree cannot be had gets an error, the others their answers.
 */
export class TreeReader implements SubgraphSource {
  readonly #trees = new Map<string, Promise<TreeNode | null>>();
  readonly #waiting: (() => void)[] = [];
  #fetching = 0;

  constructor(
    private readonly datasets: readonly Dataset[],
    private readonly fetchTree: (subject: Subject) => Promise<TreeNode | null>,
  ) {}

  read(question: CollectionQuestion): Promise<readonly (CollectionAnswer | Error)[]> {
    const collection = this.datasets
      .find(({ key }) => key === question.dataset)
      ?.collections.find(({ name }) => name === question.collection);
    return this.#forEach(question.subjects, (tree) =>
      collection && tree ? page(tree, collection, question) : emptyPage(question),
    );
  }

  held(subjects: readonly Subject[]): Promise<readonly (boolean | Error)[]> {
    return this.#forEach(subjects, (tree) => tree !== null && collectionsOf(tree).length > 0);
  }

  #forEach<Answer>(
    subjects: readonly Subject[],
    answer: (tree: TreeNode | null) => Answer,
  ): Promise<(Answer | Error)[]> {
    return Promise.all(
      subjects.map(async (subject) => {
        try {
          return answer(await this.#tree(subject));
        } catch (error) {
          if (error instanceof HabeasError) return error;
          throw error;
        }
      }),
    );
  }

  #tree(subject: Subject): Promise<TreeNode | null> {
    const known = this.#trees.get(subject.accountId);
    if (known) return known;
    const tree = this.#inTurn(() => this.fetchTree(subject));
    this.#trees.set(subject.accountId, tree);
    return tree;
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#fetching >= AT_ONCE) await new Promise<void>((go) => this.#waiting.push(go));
    else this.#fetching += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#fetching -= 1;
    }
  }
}

function page(tree: TreeNode, collection: Collection, question: CollectionQuestion): CollectionAnswer {
  const held = collectionsOf(tree).find(({ name }) => name === snakeCase(collection.name));
  const records = held?.records.map(({ fields }) => fields) ?? [];
  const start = question.after === null ? 0 : indexAfter(question.after, records, collection);
  const wanted = collection.fields.filter(({ name }) => question.fields.includes(name));
  return {
    records: records.slice(start, start + question.first).map((record, offset) => ({
      cursor: cursorOf(start + offset, record, collection),
      record: project(record, wanted),
    })),
    hasNextPage: start + question.first < records.length,
    totalCount: question.count ? records.length : null,
  };
}

function emptyPage(question: CollectionQuestion): CollectionAnswer {
  return { records: [], hasNextPage: false, totalCount: question.count ? 0 : null };
}

/** The declared fields by their declared names; the tree calls them by their keys in snake case. */
function project(record: DataRecord, fields: readonly Field[]): DataRecord {
  return Object.fromEntries(fields.map((field) => [field.name, projectValue(record[snakeCase(field.name)], field)]));
}

function projectValue(value: Json | undefined, field: Field): Json {
  if (value === undefined || value === null || typeof value !== 'object') return value ?? null;
  if (Array.isArray(value)) return value.map((item) => projectValue(item, field));
  if (field.fields.length > 0) return project(value, field.fields);
  // What the service would not tell at this login is no value; an export shows that it did not.
  return Object.keys(value).join() === 'error' ? null : copyOf(value);
}
