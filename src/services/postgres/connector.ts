import type { Connector } from '../connector.js';
import { type GeneratedSubgraph, generateSubgraph } from '../generated-subgraph.js';
import type { Service } from '../service.js';
import { type ColumnTypes, PostgresStore } from './store.js';
import { graphqlTypeOf } from './types.js';

/** A service that is its Postgres database: typed in the graph and streamed into exports, by its manifest alone. */
export function postgresConnector(service: Service): Connector {
  const store = new PostgresStore(service);
  let made: Promise<GeneratedSubgraph> | undefined;
  const generate = (types: ColumnTypes) =>
    generateSubgraph(service, (_dataset, _collection, field) => types.get(field) ?? graphqlTypeOf(field, null), store);
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
    health: () => store.health(),
    close: () => store.close(),
  };
}
