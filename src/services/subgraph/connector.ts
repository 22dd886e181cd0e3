import { readFile } from 'node:fs/promises';
import type { Config } from '../../config.js';
import type { ServiceError } from '../../errors.js';
import type { Connector } from '../connector.js';
import type { ServiceCredentials } from '../credentials.js';
import { EXPORT_LIMITS, GRAPH_LIMITS, Outgoing, type OutgoingLimits, type OutgoingOptions } from '../outgoing.js';
import { UnreadableAnswer } from '../outgoing-json.js';
import type { Service } from '../service.js';
import { asObject, type JsonObject, prepare, releasedAnswer } from './answers.js';
import { GraphqlApi } from './graphql-api.js';
import { nullableFields } from './nullable-fields.js';
import { recordPages } from './record-pages.js';
import { planRecords, type RecordPlan } from './record-queries.js';
import type { RecordQuery } from './record-text.js';
import { readSchema } from './schema.js';
import { sdlAt } from './sdl-address.js';

export interface SubgraphConnectorOptions extends OutgoingOptions {
  /** Whether fields without a category can be read, and so are left as the SDL has them. */
  readonly unclassified?: Config['unclassified'];
  readonly graphLimits?: OutgoingLimits;
  readonly exportLimits?: OutgoingLimits;
}

interface Contract {
  /** For composition: governed fields nullable. */
  readonly sdl: string;
  /** Null where the subgraph has nothing of accounts. */
  readonly plan: RecordPlan | null;
}

/**
 * A Federation 2 subgraph. The graph asks it as it is; an export asks for all that its SDL contributes to `Account`,
 * by the account's id, and fails rather than leave something out that the SDL has.
 */
export function subgraphConnector(
  service: Service,
  credentials: ServiceCredentials,
  {
    unclassified = 'refuse',
    graphLimits = GRAPH_LIMITS,
    exportLimits = EXPORT_LIMITS,
    ...pool
  }: SubgraphConnectorOptions = {},
): Connector {
  const { connection } = service;
  if (connection.kind !== 'subgraph') throw new Error(`${service.file}: ${service.name} has no subgraph connection.`);
  const outgoing = new Outgoing(service, connection.url, pool);
  const api = new GraphqlApi(service, connection, credentials, outgoing);
  let contract: Promise<Contract> | null = null;

  const readContract = async (): Promise<Contract> => {
    const sdl = await source();
    try {
      return { sdl: nullableFields(sdl, unclassified), plan: planRecords(readSchema(sdl)) };
    } catch {
      throw api.invalid('has an SDL that is no GraphQL schema.');
    }
  };
  const source = (): Promise<string> => {
    if (connection.sdlFile !== null) return readSdl(connection.sdlFile);
    return connection.sdlUrl === undefined ? fetchSdl() : sdlAt(connection.sdlUrl, service, graphLimits);
  };
  const fetchSdl = async (): Promise<string> => {
    const { data } = await api.ask('{ _service { sdl } }', {}, graphLimits);
    const sdl = asObject(data?._service)?.sdl;
    if (typeof sdl !== 'string') throw api.invalid('does not tell its SDL by { _service { sdl } }.');
    return sdl;
  };
  const readSdl = async (file: string): Promise<string> => {
    try {
      return await readFile(file, 'utf8');
    } catch {
      throw unreadable(file);
    }
  };
  const unreadable = (file: string): ServiceError =>
    api.invalid(`has no readable SDL at ${file}: correct habeas.connection.subgraph.sdl in ${service.file}.`);
  const known = (): Promise<Contract> => {
    contract ??= readContract().catch((error: unknown) => {
      contract = null; // asked again next time
      throw error;
    });
    return contract;
  };

  return {
    sdl: async () => (await known()).sdl,
    async refresh() {
      const read = await readContract();
      contract = Promise.resolve(read);
      return read.sdl;
    },
    async execute({ document, variables = {} }) {
      const ready = prepare(document);
      const used = Object.fromEntries(
        ready.variables.flatMap((name) => (name in variables ? [[name, variables[name]]] : [])),
      );
      const answer = await api.ask(ready.text, used, graphLimits);
      return api.understood(() => releasedAnswer(answer, ready, used, service));
    },
    async *records(subject, signal) {
      const { plan } = await known();
      if (!plan) return;
      const account = { __typename: 'Account', id: subject.accountId };
      const ask = async ({ text, variables }: RecordQuery): Promise<JsonObject | null> => {
        const { data, errors } = await api.ask(
          text,
          { ...variables, representations: [account] },
          exportLimits,
          signal,
        );
        if (errors.length > 0) throw api.invalid('answered a question for an export with errors.');
        const [entity] = Array.isArray(data?._entities) ? data._entities : [];
        if (entity === null) return null;
        const found = asObject(entity);
        if (found?.id !== account.id) throw api.invalid('answered for another account than was asked for.');
        return found;
      };
      try {
        yield* recordPages(plan, ask);
      } catch (error) {
        throw error instanceof UnreadableAnswer
          ? api.invalid(`gave an answer against its contract: ${error.message}.`)
          : error;
      }
    },
    health: () => api.health(),
    close: () => outgoing.close(),
  };
}
