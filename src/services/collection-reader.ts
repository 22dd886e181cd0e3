import type { DataRecord, Subject } from './connector.js';

/** One page of one collection, asked for many people at once. */
export interface CollectionQuestion {
  readonly dataset: string;
  readonly collection: string;
  readonly subjects: readonly Subject[];
  /** Field names (as the dataset calls them) the answer needs; the store is asked for no others. */
  readonly fields: readonly string[];
  /** Records per person, 1 to 200. */
  readonly first: number;
  /** Opaque cursor from an earlier answer; where given, records after it. */
  readonly after: string | null;
  /** Whether `totalCount` is wanted: counting costs. */
  readonly count: boolean;
}

export interface CollectionAnswer {
  readonly records: readonly { readonly cursor: string; readonly record: DataRecord }[];
  readonly hasNextPage: boolean;
  /** Null where not asked for. */
  readonly totalCount: number | null;
}

/** Reads declared collections from a store. One answer per subject, in the order asked; a bad cursor is BAD_USER_INPUT. */
export interface CollectionReader {
  read(question: CollectionQuestion): Promise<readonly CollectionAnswer[]>;
}
