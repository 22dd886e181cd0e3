import { randomBytes } from 'node:crypto';
import type { CollectionAnswer, CollectionQuestion } from '../collection-reader.js';
import type { Connector } from '../connector.js';
import { ConnectionLost } from '../failures.js';
import { type GeneratedSubgraph, generateSubgraph } from '../generated-subgraph.js';
import { type CallMetrics, UNMEASURED } from '../metrics.js';
import { Guard } from '../resilience/guard.js';
import type { Service } from '../service.js';
import { POSTGRES_LIMITS, type PostgresLimits } from './client.js';
import { PostgresErasure } from './erasure.js';
import { MergedReads } from './merged-reads.js';
import { type ColumnTypes, PostgresStore } from './store.js';
import { graphqlTypeOf } from './types.js';

export interface PostgresConnectorOptions {
  readonly limits?: PostgresLimits;
  readonly metrics?: CallMetrics;
  /** Keys the hashes an erasure writes over values. Left out: random, so that each start writes others. */
  readonly maskingSecret?: Uint8Array;
}

/** Statements at once. The driver sends several down each connection, one after the other. */
const AT_ONCE = 32;

/** A service that is its Postgres database: typed in the graph and streamed into exports, by its manifest alone. */
export function postgresConnector(
  service: Service,
  { limits = POSTGRES_LIMITS, metrics = UNMEASURED, maskingSecret = randomBytes(32) }: PostgresConnectorOptions = {},
): Connector {
  const store = new PostgresStore(service, limits);
  const guard = new Guard(service, metrics, { atOnce: AT_ONCE, patienceMs: limits.connectMs });
  const readOnce = (question: CollectionQuestion) => guard.run(() => store.read(question));
  const reads = new MergedReads(async (question): Promise<readonly CollectionAnswer[]> => {
    try {
      return await readOnce(question);
    } catch (error) {
      if (!(error instanceof ConnectionLost && (await guard.mayRetry(1)))) throw error;
      return readOnce(question);
    }
  }, metrics);
  const erasure = new PostgresErasure(service, maskingSecret);
  let made: Promise<GeneratedSubgraph> | undefined;
  const generate = (types: ColumnTypes) =>
    generateSubgraph(service, (_dataset, _collection, field) => types.get(field) ?? graphqlTypeOf(field, null), reads);
  const subgraph = () => {
    made ??= store.columnTypes().then(generate);
    return made;
  };
  return {
    sdl: async () => (await subgraph()).sdl,
    async refresh() {
      const known = await subgraph();
      const read = generate(await store.changedColumnTypes());
      if (read.sdl === known.sdl) return known.sdl;
      made = Promise.resolve(read);
      return read.sdl;
    },
    execute: async (request, context) => (await subgraph()).execute(request, context),
    records: (subject, signal) => store.records(subject, signal),
    erasure,
    health: () => store.health(),
    state: () => guard.state(),
    close: async () => {
      await Promise.all([store.close(), erasure.close()]);
    },
  };
}
