import { GraphQLError } from 'graphql';
import { HabeasError, ServiceError } from '../errors.js';
import type { CollectionAnswer } from './collection-reader.js';
import type { DataRecord, Json, Subject } from './connector.js';
import type {
  AccountPart,
  CollectionPart,
  ConnectionPart,
  EdgePart,
  RecordPart,
  ServicePart,
} from './generated-subgraph-compile.js';
import type { FieldFace } from './generated-subgraph-faces.js';
import type { Reads } from './generated-subgraph-reads.js';
import { fitValue, UnfitValue } from './generated-subgraph-values.js';
import type { Service } from './service.js';

type Built = { [key: string]: Json };

export interface Person {
  readonly id: string;
  readonly subject: Subject;
  /** Where this person's answers stand in what was read. */
  readonly place: number;
}

/** Builds the answer about people out of what was read. What is not there is null, and an error says why. */
export class AnswerBuilder {
  readonly errors: GraphQLError[] = [];
  /** Where the value being built stands in the answer. */
  readonly #here: (string | number)[] = [];

  constructor(private readonly service: Pick<Service, 'name' | 'title'>) {}

  /** One `_entities` field. */
  entities(key: string, people: readonly (Person | null)[], account: readonly AccountPart[], reads: Reads): Json[] {
    return this.#each(key, people, (person) => person && this.#account(person, account, reads));
  }

  #account(person: Person, parts: readonly AccountPart[], reads: Reads): Built {
    const built: Built = {};
    for (const part of parts) {
      if (part.kind === 'constant') built[part.key] = part.value;
      else if (part.kind === 'id') built[part.key] = person.id;
      else built[part.key] = this.#below(part.key, () => this.#service(person, part.parts, reads));
    }
    return built;
  }

  #service(person: Person, parts: readonly ServicePart[], reads: Reads): Built {
    const built: Built = {};
    for (const part of parts) {
      if (part.kind === 'constant') built[part.key] = part.value;
      else built[part.key] = this.#below(part.key, () => this.#part(person, part, reads));
    }
    return built;
  }

  #part(person: Person, part: Exclude<ServicePart, { kind: 'constant' }>, { pages, held }: Reads): Json {
    if (part.kind === 'held') {
      const answer = held instanceof Error ? held : held[person.place];
      return answer instanceof Error ? this.#failed(answer) : (answer ?? null);
    }
    const page = pages.get(part);
    const answer = page?.answers instanceof Error ? page.answers : page?.answers[person.place];
    if (!page || !answer) return this.#failed(new Error('A page was not read.'));
    return answer instanceof Error ? this.#failed(answer) : this.#connection(answer, page.after, part);
  }

  #connection(answer: CollectionAnswer, after: string | null, { parts }: CollectionPart): Built {
    const built: Built = {};
    for (const part of parts) built[part.key] = this.#connectionPart(answer, after, part);
    return built;
  }

  #connectionPart(answer: CollectionAnswer, after: string | null, part: ConnectionPart): Json {
    switch (part.kind) {
      case 'constant':
        return part.value;
      case 'total':
        return answer.totalCount;
      case 'nodes':
        return this.#each(part.key, answer.records, ({ record }) => this.#record(record, part.record));
      case 'edges':
        return this.#each(part.key, answer.records, (edge) => this.#edge(edge, part.parts));
      case 'page': {
        const about: Built = {
          __typename: 'PageInfo',
          hasNextPage: answer.hasNextPage,
          hasPreviousPage: after !== null,
          startCursor: answer.records[0]?.cursor ?? null,
          endCursor: answer.records.at(-1)?.cursor ?? null,
        };
        return Object.fromEntries(part.parts.map(([key, name]) => [key, about[name] ?? null]));
      }
    }
  }

  #edge({ cursor, record }: CollectionAnswer['records'][number], parts: readonly EdgePart[]): Built {
    const built: Built = {};
    for (const part of parts) {
      if (part.kind === 'constant') built[part.key] = part.value;
      else if (part.kind === 'cursor') built[part.key] = cursor;
      else built[part.key] = this.#below(part.key, () => this.#record(record, part.record));
    }
    return built;
  }

  #record(record: DataRecord, parts: readonly RecordPart[]): Built {
    const built: Built = {};
    for (const part of parts) {
      built[part.key] = part.kind === 'constant' ? part.value : this.#field(record[part.field.source], part);
    }
    return built;
  }

  #field(value: Json | undefined, { key, field, place, inside }: RecordPart & { kind: 'field' }): Json {
    let fitted: Json;
    try {
      fitted = inside === null ? fitValue(value, scalarOf(field), field.list) : objects(value, field.list);
    } catch (error) {
      return this.#below(key, () => this.#failed(this.#unfit(error, place)));
    }
    if (inside === null || fitted === null) return fitted;
    if (!Array.isArray(fitted)) {
      const object = fitted as DataRecord;
      return this.#below(key, () => this.#record(object, inside));
    }
    return this.#each(key, fitted, (object) => object && this.#record(object as DataRecord, inside));
  }

  #each<Item>(key: string, items: readonly Item[], build: (item: Item) => Json): Json[] {
    const last = this.#here.push(key, 0) - 1;
    const built = items.map((item, index) => {
      this.#here[last] = index;
      return build(item);
    });
    this.#here.length = last - 1;
    return built;
  }

  #below<Result>(key: string, build: () => Result): Result {
    this.#here.push(key);
    const built = build();
    this.#here.pop();
    return built;
  }

  /** Only errors written for callers pass; whatever else broke is told in our words. */
  #failed(error: Error): null {
    const told =
      error instanceof HabeasError
        ? error
        : new HabeasError('INTERNAL_SERVER_ERROR', `${this.service.title} could not be asked.`);
    const { message, extensions } = told;
    this.errors.push(new GraphQLError(message, { path: [...this.#here], extensions, originalError: error }));
    return null;
  }

  #unfit(error: unknown, place: string): Error {
    if (!(error instanceof UnfitValue)) return error instanceof Error ? error : new Error('no value');
    const { name, title } = this.service;
    const mend = `a value that is no ${error.scalar} in ${place}: correct data_type in its dataset.`;
    return new ServiceError(name, 'SERVICE_ANSWER_INVALID', `${title} holds ${mend}`);
  }
}

const scalarOf = ({ type }: FieldFace): string => (typeof type === 'string' ? type : 'JSON');

function objects(value: Json | undefined, list: boolean): Json {
  const found = fitValue(value, 'JSON', list);
  const all = list && Array.isArray(found) ? found : [found];
  if (all.some((item) => Array.isArray(item) || typeof item !== 'object')) throw new UnfitValue('object');
  return found;
}
