import { collectSubFields } from '@graphql-tools/utils';
import DataLoader from 'dataloader';
import { type FieldNode, type GraphQLObjectType, type GraphQLResolveInfo, getNamedType, isObjectType } from 'graphql';
import { badInput } from '../errors.js';
import type { CollectionAnswer, CollectionQuestion } from './collection-reader.js';
import type { Subject } from './connector.js';
import type { CollectionFace } from './generated-subgraph-faces.js';

export const MOST_RECORDS = 200;

/** A `CollectionReader`, or one that tells apart whose records could not be read: an error in place of an answer. */
export interface SubgraphSource {
  read(question: CollectionQuestion): Promise<readonly (CollectionAnswer | Error)[]>;
  /** Whether anything is held about each person, in order. Where given, a service without classified data shows it. */
  held?(subjects: readonly Subject[]): Promise<readonly (boolean | Error)[]>;
}

export interface PageArguments {
  readonly first?: number | null;
  readonly after?: string | null;
}

/**
 * The reads of one request: one for each collection, arguments and set of fields, for all people together. Only the
 * fields the question selects are read, fragments and directives minded.
 */
export class RequestLoads {
  readonly #byQuestion = new Map<string, DataLoader<Subject, CollectionAnswer, string>>();
  /** graphql-js hands the same nodes for each person, so most people need no look at the selection again. */
  readonly #byNodes = new WeakMap<readonly FieldNode[], DataLoader<Subject, CollectionAnswer, string>>();
  readonly #held: DataLoader<Subject, boolean | null, string>;

  constructor(private readonly source: SubgraphSource) {
    this.#held = new DataLoader<Subject, boolean | null, string>(
      async (subjects) => (await source.held?.(subjects)) ?? subjects.map(() => null),
      { cacheKeyFn: byAccount },
    );
  }

  held(subject: Subject): Promise<boolean | null> {
    return this.#held.load(subject);
  }

  page(subject: Subject, face: CollectionFace, page: PageArguments, info: GraphQLResolveInfo) {
    const known = this.#byNodes.get(info.fieldNodes);
    if (known) return known.load(subject);
    const loader = this.#loader(question(face, page, info));
    this.#byNodes.set(info.fieldNodes, loader);
    return loader.load(subject);
  }

  #loader(asked: Omit<CollectionQuestion, 'subjects'>): DataLoader<Subject, CollectionAnswer, string> {
    const key = JSON.stringify(asked);
    const known = this.#byQuestion.get(key);
    if (known) return known;
    const loader = new DataLoader<Subject, CollectionAnswer, string>(
      (subjects) => this.source.read({ ...asked, subjects }),
      { cacheKeyFn: byAccount },
    );
    this.#byQuestion.set(key, loader);
    return loader;
  }
}

const byAccount = (subject: Subject) => subject.accountId;

function question(
  face: CollectionFace,
  { first, after }: PageArguments,
  info: GraphQLResolveInfo,
): Omit<CollectionQuestion, 'subjects'> {
  if (typeof first !== 'number' || first < 1 || first > MOST_RECORDS) {
    throw badInput('first', `ask for 1 to ${MOST_RECORDS} records, and for the next ones with "after".`);
  }
  const sources = new Map(face.record.fields.map(({ name, source }) => [name, source]));
  const connection = selections(info, getNamedType(info.returnType), info.fieldNodes);
  const records = connection.flatMap(({ name, nodes, type }) => {
    if (name === 'nodes') return selections(info, type, nodes);
    if (name !== 'edges') return [];
    return selections(info, type, nodes)
      .filter((inner) => inner.name === 'node')
      .flatMap((inner) => selections(info, inner.type, inner.nodes));
  });
  const fields = new Set(records.flatMap(({ name }) => sources.get(name) ?? []));
  return {
    dataset: face.dataset.key,
    collection: face.collection.name,
    fields: [...fields].sort(),
    first,
    after: after ?? null,
    count: connection.some(({ name }) => name === 'totalCount'),
  };
}

interface Selected {
  readonly name: string;
  readonly type: unknown;
  readonly nodes: FieldNode[];
}

function selections(info: GraphQLResolveInfo, type: unknown, nodes: readonly FieldNode[]): Selected[] {
  if (!isObjectType(type)) return [];
  const { fields } = collectSubFields(info.schema, info.fragments, info.variableValues, type, [...nodes]);
  return [...fields.values()].flatMap((same) => {
    const name = same[0]?.name.value;
    return name === undefined ? [] : [{ name, type: fieldType(type, name), nodes: same }];
  });
}

function fieldType(type: GraphQLObjectType, name: string): unknown {
  const field = type.getFields()[name];
  return field && getNamedType(field.type);
}
