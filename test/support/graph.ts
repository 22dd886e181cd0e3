import { ApolloServer } from '@apollo/server';
import type { FormattedExecutionResult } from 'graphql';
import { type Config, readConfig } from '../../src/config.js';
import type { Caller } from '../../src/gate/caller.js';
import { type LiveGraph, openLiveGraph } from '../../src/graph/live-graph.js';
import { openRegistry } from '../../src/services/registry.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import type { Logger } from '../../src/telemetry.js';
import type { RequestContext, World } from '../../src/world.js';
import { plainCredentials } from './services/credentials.js';
import { service } from './services/manifests.js';

/** A line of the log. */
export interface Logged {
  readonly level: string;
  readonly message: string;
  readonly [key: string]: unknown;
}

/** A graph over subgraphs, asked through Apollo Server without a database or a port. */
export interface AskedGraph {
  readonly graph: LiveGraph;
  readonly logged: readonly Logged[];
  /** As nobody in particular, unless told otherwise. */
  ask(query: string, variables?: Record<string, unknown>, caller?: Caller): Promise<FormattedExecutionResult>;
  /** As Prometheus reads it. */
  metrics(): Promise<string>;
  close(): Promise<void>;
}

/** @param addresses of the subgraphs, by service name. */
export async function graphOver(
  addresses: Readonly<Record<string, string>>,
  { unclassified = 'allow', graphMs = 3_600_000 }: Partial<Pick<Config, 'unclassified' | 'graphMs'>> = {},
): Promise<AskedGraph> {
  const services = Object.entries(addresses).map(([name, url]) =>
    service(
      { kind: 'subgraph', url, sdlFile: null, audience: name },
      { name, field: name, title: name, kind: 'SUBGRAPH', file: `${name}.yml`, declarations: [] },
    ),
  );
  const registry = openRegistry({ services, taxonomy }, plainCredentials, { unclassified });
  const { log, logged } = listeningLog();
  const config = { ...readConfig({ NODE_ENV: 'test' }), unclassified, graphMs };
  const graph = await openLiveGraph(registry, config, log);
  const apollo = new ApolloServer<RequestContext>({
    gateway: graph.gateway(),
    plugins: [
      {
        requestDidStart: async () => ({
          didResolveOperation: async ({ document, operation, contextValue, schema }) => {
            if (operation) graph.check(document, operation, contextValue, schema);
          },
        }),
      },
    ],
  });
  await apollo.start();
  // Nobody in particular reads no account, so that the rest of the world is not touched.
  const world = { config, registry, log } as World;
  return {
    graph,
    logged,
    ask: async (query, variables = {}, caller = { kind: 'ANONYMOUS' }) => {
      const contextValue: RequestContext = { world, caller };
      const { body } = await apollo.executeOperation({ query, variables }, { contextValue });
      if (body.kind !== 'single') throw new Error('the answer came in parts');
      return JSON.parse(JSON.stringify(body.singleResult)) as FormattedExecutionResult;
    },
    metrics: () => registry.metrics.metrics(),
    close: async () => {
      graph.close();
      await apollo.stop();
      await registry.close();
    },
  };
}

function listeningLog(): { log: Logger; logged: Logged[] } {
  const logged: Logged[] = [];
  const at =
    (level: string) =>
    (fields: object, message = '') =>
      logged.push({ level, message, ...fields });
  const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { log: log as unknown as Logger, logged };
}
