import type { Connector, RecordPage, Subject } from '../connector.js';
import type { ServiceCredentials } from '../credentials.js';
import { generateSubgraph } from '../generated-subgraph.js';
import { type CallMetrics, UNMEASURED } from '../metrics.js';
import { EXPORT_LIMITS, GRAPH_LIMITS, Outgoing, type OutgoingLimits, type OutgoingOptions } from '../outgoing.js';
import { Guard } from '../resilience/guard.js';
import type { Field, Service } from '../service.js';
import { addressOf } from './address.js';
import { gdprErasure } from './erasure.js';
import { GdprApi } from './gdpr-api.js';
import { SharedTrees } from './shared-trees.js';
import { collectionsOf, exportedRecords } from './tree.js';
import { TreeReader } from './tree-reader.js';

export interface HttpConnectorOptions extends OutgoingOptions {
  readonly graphLimits?: OutgoingLimits;
  readonly exportLimits?: OutgoingLimits;
  readonly metrics?: CallMetrics;
}

const PAGE = 500;
/** Each call is for everything held of one person: the service has some work with it. */
const CONNECTIONS = 16;

/**
 * A service with the GDPR API of City of Helsinki's profile. The graph shows the collections its datasets declare; an
 * export holds everything the service sends, declared or not (Article 15). A person without an external id at the
 * service has nothing there, and the service is not asked.
 */
export function httpConnector(
  service: Service,
  credentials: ServiceCredentials,
  {
    graphLimits = GRAPH_LIMITS,
    exportLimits = EXPORT_LIMITS,
    metrics = UNMEASURED,
    connections = CONNECTIONS,
    ...pool
  }: HttpConnectorOptions = {},
): Connector {
  const { connection } = service;
  if (connection.kind !== 'http') throw new Error(`${service.file}: ${service.name} has no http connection.`);
  const address = addressOf(service, connection.url);
  const outgoing = new Outgoing(service, connection.url, { connections, ...pool });
  const api = new GdprApi(service, connection, address, credentials, outgoing);
  const guard = new Guard(service, metrics, { atOnce: connections, patienceMs: graphLimits.firstByteMs });
  const trees = new SharedTrees(api, guard, graphLimits);
  const reader = () => new TreeReader(service.datasets, (subject) => trees.of(subject));
  const subgraph = generateSubgraph(service, (_dataset, _collection, field) => scalarOf(field), reader());
  async function* records(subject: Subject, signal: AbortSignal): AsyncGenerator<RecordPage> {
    const tree = await api.everything(subject, exportLimits, signal);
    for (const collection of tree ? collectionsOf(tree) : []) {
      const records = exportedRecords(collection);
      for (let start = 0; start < records.length; start += PAGE) {
        signal.throwIfAborted();
        yield { collection: collection.name, records: records.slice(start, start + PAGE) };
      }
    }
  }
  return {
    // It follows from the manifest alone.
    sdl: async () => subgraph.sdl,
    refresh: async () => subgraph.sdl,
    execute: (request, context) => subgraph.execute(request, context, reader()),
    records,
    erasure: gdprErasure({ service, api, limits: exportLimits, idOf: ({ externalId }) => externalId, records }),
    health: () => api.health(),
    state: () => guard.state(),
    close: () => outgoing.close(),
  };
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 'String',
  object_id: 'String',
  integer: 'Int',
  float: 'Float',
  boolean: 'Boolean',
  datetime: 'DateTime',
  date: 'Date',
};

/** A field of unknown type may hold anything a tree can. */
function scalarOf({ dataType }: Field): string {
  const list = dataType?.endsWith('[]') ?? false;
  const scalar = SCALARS[dataType?.replace('[]', '') ?? ''] ?? 'JSON';
  return list ? `[${scalar}]` : scalar;
}
