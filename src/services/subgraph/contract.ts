import { readFile } from 'node:fs/promises';
import type { Config } from '../../config.js';
import type { OutgoingLimits } from '../outgoing.js';
import type { Connection, Service } from '../service.js';
import { asObject } from './answers.js';
import { type EntityKeys, readEntityKeys } from './entity-keys.js';
import type { GraphqlApi } from './graphql-api.js';
import { nullableFields } from './nullable-fields.js';
import { planRecords, type RecordPlan } from './record-queries.js';
import { readSchema } from './schema.js';
import { sdlAt } from './sdl-address.js';

/** What a subgraph's SDL says of it. */
export interface Contract {
  /** For composition: governed fields nullable. */
  readonly sdl: string;
  /** How to read everything it holds of an account; null where it has nothing of accounts. */
  readonly plan: RecordPlan | null;
  readonly keys: EntityKeys;
}

/** Reads a subgraph's SDL, from where its manifest says. */
export class Contracts {
  #known: Promise<Contract> | null = null;

  constructor(
    private readonly service: Service,
    private readonly connection: Connection & { kind: 'subgraph' },
    private readonly api: GraphqlApi,
    private readonly limits: OutgoingLimits,
    private readonly unclassified: Config['unclassified'],
  ) {}

  /** Reads the SDL once; where that fails it is read again next time. */
  known(): Promise<Contract> {
    this.#known ??= this.#read().catch((error: unknown) => {
      this.#known = null;
      throw error;
    });
    return this.#known;
  }

  /** Reads the SDL anew; where that fails the one known stays. */
  async refresh(): Promise<Contract> {
    const read = await this.#read();
    this.#known = Promise.resolve(read);
    return read;
  }

  async #read(): Promise<Contract> {
    const sdl = await this.#source();
    try {
      const schema = readSchema(sdl);
      return { sdl: nullableFields(sdl, this.unclassified), plan: planRecords(schema), keys: readEntityKeys(schema) };
    } catch {
      throw this.api.invalid('has an SDL that is no GraphQL schema.');
    }
  }

  #source(): Promise<string> {
    const { sdlFile, sdlUrl } = this.connection;
    if (sdlFile !== null) return this.#readFile(sdlFile);
    return sdlUrl === undefined ? this.#ask() : sdlAt(sdlUrl, this.service, this.limits);
  }

  async #ask(): Promise<string> {
    const { data } = await this.api.ask('{ _service { sdl } }', {}, this.limits);
    const sdl = asObject(data?._service)?.sdl;
    if (typeof sdl !== 'string') throw this.api.invalid('does not tell its SDL by { _service { sdl } }.');
    return sdl;
  }

  async #readFile(file: string): Promise<string> {
    try {
      return await readFile(file, 'utf8');
    } catch {
      const mend = `correct habeas.connection.subgraph.sdl in ${this.service.file}.`;
      throw this.api.invalid(`has no readable SDL at ${file}: ${mend}`);
    }
  }
}
