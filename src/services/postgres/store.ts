import type { Sql } from 'postgres';
import { ServiceError } from '../../errors.js';
import type { CollectionAnswer, CollectionQuestion, CollectionReader } from '../collection-reader.js';
import type { Health, RecordPage, Subject } from '../connector.js';
import { referenceGraph, type Step } from '../reference-graph.js';
import type { Field, Service } from '../service.js';
import { type Catalogue, readCatalogue } from './catalogue.js';
import { openPool, POSTGRES_LIMITS, type PostgresLimits } from './client.js';
import { badCursor, decodeCursor } from './cursor.js';
import { sqlState, toServiceError } from './failure.js';
import { type StatementRow, toAnswers, toRecord } from './rows.js';
import { Snapshot } from './snapshot.js';
import { personRow, readStatement, type Statement, type StatementOptions } from './statement.js';
import { type GraphqlScalarName, graphqlTypeOf } from './types.js';

const HEALTH_TIMEOUT = 2000;

export type ColumnTypes = ReadonlyMap<Field, GraphqlScalarName>;

/** A service's Postgres database, read by the reference graph of its datasets and never written to. */
export class PostgresStore implements CollectionReader {
  readonly #graph;
  #pool: Sql;
  #opened: Promise<{ catalogue: Catalogue; statements: Map<string, Statement> }> | undefined;

  constructor(
    private readonly service: Service,
    private readonly limits: PostgresLimits = POSTGRES_LIMITS,
  ) {
    this.#graph = referenceGraph(service.datasets);
    this.#pool = openPool(service, limits);
  }

  /** One statement for all people asked about. A collection no identity reaches is never asked for. */
  async read(question: CollectionQuestion): Promise<readonly CollectionAnswer[]> {
    const { subjects, first, after, count } = question;
    const step = this.#step(question);
    const fields = question.fields.map((name) => this.#field(step, name));
    if (subjects.length === 0) return [];
    return this.#guarded(async () => {
      const statement = await this.#statement(step, { fields, paged: true, after: after !== null, count });
      const keys = after === null ? [] : decodeCursor(after, statement.keyCount);
      const people = JSON.stringify(subjects.map((subject, n) => personRow(n, subject)));
      try {
        const rows = await this.#inTime((pool) =>
          pool.unsafe<StatementRow[]>(statement.text, [people, first + 1, ...keys], { prepare: true }).values(),
        );
        return toAnswers(statement, rows, question);
      } catch (error) {
        // Class 22: a key of the cursor is not of its column's type.
        throw after !== null && sqlState(error).startsWith('22') ? badCursor() : error;
      }
    });
  }

  /**
   * Everything the database holds about one person: every field of the datasets, also those without a category, as
   * Article 15 gives the person all of it. One snapshot, one statement for each collection in the order of the walk;
   * pages come as they are asked for, so memory does not grow with the records.
   */
  async *records(subject: Subject, signal: AbortSignal): AsyncIterable<RecordPage> {
    const snapshot = new Snapshot(this.service);
    const stop = () => snapshot.stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      signal.throwIfAborted();
      for (const step of this.#graph.steps) {
        const { fields } = step.collection;
        const statement = await this.#statement(step, { fields, paged: false, after: false, count: false });
        const people = JSON.stringify([personRow(0, subject)]);
        for await (const rows of snapshot.pages(statement.text, people)) {
          yield { collection: this.#publicName(step), records: rows.map((row) => toRecord(statement, row)) };
        }
      }
    } catch (error) {
      signal.throwIfAborted();
      this.#forgetIfChanged(error);
      throw toServiceError(this.service, error);
    } finally {
      signal.removeEventListener('abort', stop);
      await snapshot.end();
    }
  }

  /** The scalars of all fields. While the database cannot be reached, as well as the datasets alone tell them. */
  async columnTypes(): Promise<ColumnTypes> {
    const catalogue = await this.#open().then(
      (opened) => opened.catalogue,
      () => null,
    );
    return this.#typesIn(catalogue);
  }

  /** The same, read anew: statements are made again only where a type has changed. */
  async changedColumnTypes(): Promise<ColumnTypes> {
    return this.#guarded(async () => {
      const known = await this.columnTypes();
      const catalogue = await readCatalogue(this.#pool, this.service);
      const types = this.#typesIn(catalogue);
      if ([...types].every(([field, type]) => known.get(field) === type)) return known;
      this.#opened = Promise.resolve({ catalogue, statements: new Map<string, Statement>() });
      return types;
    });
  }

  #typesIn(catalogue: Catalogue | null): ColumnTypes {
    return new Map(
      this.service.datasets.flatMap((dataset) =>
        dataset.collections.flatMap((collection) =>
          collection.fields.map((field) => {
            const column = catalogue?.table(dataset, collection)?.columns.get(field.name);
            return [field, graphqlTypeOf(field, column ?? null)] as const;
          }),
        ),
      ),
    );
  }

  async health(): Promise<Health> {
    const unwell = (reason: string): Health => ({ healthy: false, reason });
    const query = this.#pool`select 1`;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Health>((resolve) => {
      timer = setTimeout(() => {
        query.cancel();
        resolve(unwell(`${this.service.title} did not answer within two seconds.`));
      }, HEALTH_TIMEOUT);
    });
    const answer = query.then(
      (): Health => ({ healthy: true }),
      (error) => unwell(toServiceError(this.service, error).message),
    );
    return Promise.race([answer, late]).finally(() => clearTimeout(timer));
  }

  async close(): Promise<void> {
    // Nobody asks any more; what still waits for the database would wait for good.
    await this.#pool.end({ timeout: 1 });
  }

  /**
   * A database ends a statement that takes too long itself; one that says nothing at all does not, and its connections
   * would be taken for good. So all of them are given up, for new ones.
   */
  #inTime<Answer>(ask: (pool: Sql) => Promise<Answer>): Promise<Answer> {
    const pool = this.#pool;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        reject(
          new ServiceError(this.service.name, 'SERVICE_UNREACHABLE', `${this.service.title} did not answer in time.`),
        );
        if (this.#pool !== pool) return;
        this.#pool = openPool(this.service, this.limits);
        void pool.end({ timeout: 0 });
      }, this.limits.totalMs);
      ask(pool)
        .then(resolve, reject)
        .finally(() => clearTimeout(timer));
    });
  }

  #open() {
    this.#opened ??= this.#inTime((pool) => readCatalogue(pool, this.service)).then(
      (catalogue) => ({ catalogue, statements: new Map<string, Statement>() }),
      (error) => {
        this.#opened = undefined;
        throw error;
      },
    );
    return this.#opened;
  }

  async #statement(step: Step, options: StatementOptions): Promise<Statement> {
    const { catalogue, statements } = await this.#open();
    const { fields, paged, after, count } = options;
    const key = JSON.stringify([step.key, paged, after, count, ...fields.map(({ name }) => name)]);
    const known = statements.get(key);
    if (known) return known;
    const made = readStatement(this.#graph, catalogue, step, options);
    statements.set(key, made);
    return made;
  }

  async #guarded<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      return await ask();
    } catch (error) {
      this.#forgetIfChanged(error);
      throw toServiceError(this.service, error);
    }
  }

  /** After a migration of the service the catalogue is read again. */
  #forgetIfChanged(error: unknown): void {
    const failure = toServiceError(this.service, error);
    if (failure instanceof ServiceError && failure.failure === 'SERVICE_ANSWER_INVALID') this.#opened = undefined;
  }

  #step({ dataset, collection }: CollectionQuestion): Step {
    const key = `${dataset}.${collection}`;
    const step = this.#graph.steps.find((candidate) => candidate.key === key);
    if (!step) throw new Error(`${this.service.name} has no way to a collection ${key}.`);
    return step;
  }

  #field(step: Step, name: string): Field {
    const field = step.collection.fields.find((candidate) => candidate.name === name);
    if (!field) throw new Error(`${step.key} has no field ${name}.`);
    return field;
  }

  /** A collection's name, with its dataset's where two datasets have one of that name. */
  #publicName({ key, collection: { name } }: Step): string {
    return this.#graph.steps.filter((step) => step.collection.name === name).length === 1 ? name : key;
  }
}
