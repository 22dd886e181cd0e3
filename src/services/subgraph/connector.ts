import type { Config } from '../../config.js';
import type { Connector, Incident, RecordPage, Subject } from '../connector.js';
import type { ServiceCredentials } from '../credentials.js';
import { addressOf } from '../http/address.js';
import { gdprErasure, noErasure } from '../http/erasure.js';
import { GdprApi } from '../http/gdpr-api.js';
import { type CallMetrics, UNMEASURED } from '../metrics.js';
import {
  CONNECTIONS,
  EXPORT_LIMITS,
  GRAPH_LIMITS,
  Outgoing,
  type OutgoingLimits,
  type OutgoingOptions,
} from '../outgoing.js';
import { UnreadableAnswer } from '../outgoing-json.js';
import { Guard } from '../resilience/guard.js';
import type { Service } from '../service.js';
import { asObject, type JsonObject } from './answers.js';
import { type Contract, Contracts } from './contract.js';
import { GraphqlApi } from './graphql-api.js';
import { PreparedQuestions } from './prepared.js';
import { Questions } from './questions.js';
import { recordPages } from './record-pages.js';
import type { RecordQuery } from './record-text.js';

export interface SubgraphConnectorOptions extends OutgoingOptions {
  /** Whether fields without a category can be read, and so are left as the SDL has them. */
  readonly unclassified?: Config['unclassified'];
  readonly graphLimits?: OutgoingLimits;
  readonly exportLimits?: OutgoingLimits;
  readonly metrics?: CallMetrics;
  readonly onIncident?: (incident: Incident) => void;
}

/** Connections kept for erasures: they are few. */
const ERASURES = 4;

/**
 * A Federation 2 subgraph. The graph asks it as it is, many at once; an export asks for all that its SDL contributes to
 * `Account`, by the account's id, and fails rather than leave something out that the SDL has.
 */
export function subgraphConnector(
  service: Service,
  credentials: ServiceCredentials,
  {
    unclassified = 'refuse',
    graphLimits = GRAPH_LIMITS,
    exportLimits = EXPORT_LIMITS,
    metrics = UNMEASURED,
    onIncident = () => {},
    connections = CONNECTIONS,
    ...pool
  }: SubgraphConnectorOptions = {},
): Connector {
  const { connection } = service;
  if (connection.kind !== 'subgraph') throw new Error(`${service.file}: ${service.name} has no subgraph connection.`);
  const { audience } = connection;
  const outgoing = new Outgoing(service, connection.url, { connections, ...pool });
  const api = new GraphqlApi(service, connection, credentials, outgoing);
  const contracts = new Contracts(service, connection, api, graphLimits, unclassified);
  const guard = new Guard(service, metrics, { atOnce: connections, patienceMs: graphLimits.firstByteMs });
  const questions = new Questions({ service, api, guard, metrics, limits: graphLimits, onIncident });
  const prepared = new WeakMap<Contract, PreparedQuestions>();
  const preparedFor = (contract: Contract): PreparedQuestions => {
    const known = prepared.get(contract) ?? new PreparedQuestions(contract.keys);
    prepared.set(contract, known);
    return known;
  };

  async function* records(subject: Subject, signal: AbortSignal): AsyncGenerator<RecordPage> {
    const { plan } = await contracts.known();
    if (!plan) return;
    const account = { __typename: 'Account', id: subject.accountId };
    const ask = async ({ text, variables }: RecordQuery): Promise<JsonObject | null> => {
      const { data, errors } = await api.ask(text, { ...variables, representations: [account] }, exportLimits, signal);
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
  }
  /** The endpoint is the GDPR API's, with the account's own id: a mutation would be everybody's, in the graph. */
  function eraserAt(url: string) {
    const template = url.replaceAll('{accountId}', '{externalId}');
    const elsewhere = new Outgoing(service, template, { connections: ERASURES, ...pool });
    const http = { kind: 'http', url: template, audience, queryScope: 'gdprquery', deleteScope: 'gdprdelete' } as const;
    const gdpr = new GdprApi(service, http, addressOf(service, template), credentials, elsewhere);
    const idOf = ({ accountId }: Subject) => accountId;
    return {
      outgoing: elsewhere,
      erasing: gdprErasure({ service, api: gdpr, limits: exportLimits, idOf, records }),
    };
  }
  const eraser = connection.eraseUrl === undefined ? null : eraserAt(connection.eraseUrl);

  return {
    sdl: async () => (await contracts.known()).sdl,
    refresh: async () => (await contracts.refresh()).sdl,
    execute: async (request) => questions.ask(preparedFor(await contracts.known()), request),
    records,
    erasure:
      eraser?.erasing ??
      noErasure(
        service,
        records,
        `${service.title} has no way to erase: it needs an endpoint, named in connection.subgraph.erase_url.`,
      ),
    health: () => api.health(),
    state: () => guard.state(),
    close: async () => {
      await Promise.all([outgoing.close(), eraser?.outgoing.close()]);
    },
  };
}
