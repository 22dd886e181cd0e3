import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import type { RequestContext } from '../world.js';
import type { Graph } from './graph.js';

/** What Apollo Server takes in place of a schema of its own. */
export type Gateway = ApolloServerOptionsWithGateway<RequestContext>['gateway'];

/** A graph that Apollo Server can serve. */
export interface ServedGraph extends Graph {
  gateway(): Gateway;
}

/** A graph that never changes. */
export const unchanging = (graph: Graph): ServedGraph => ({
  ...graph,
  gateway: () => gatewayOver(graph, () => () => {}),
});

/**
 * A graph as Apollo Server takes it. Each question is answered by the generation it was checked with.
 * @param onChange calls back with each new generation, until what it gives is called.
 */
export function gatewayOver(graph: Graph, onChange: (tell: (newest: Graph) => void) => () => void): Gateway {
  const listeners = new Set<Parameters<Gateway['onSchemaLoadOrUpdate']>[0]>();
  const tell = ({ schema, supergraphSdl }: Graph) => {
    for (const listener of listeners) listener({ apiSchema: schema, coreSupergraphSdl: supergraphSdl });
  };
  const stop = onChange(tell);
  return {
    onSchemaLoadOrUpdate: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    load: async () => {
      tell(graph);
      return {
        executor: async ({ document, request, operation, context }) => {
          const result = await graph.execute({
            document,
            variables: request.variables,
            operation,
            context: context as unknown as RequestContext,
          });
          if (Symbol.asyncIterator in result) throw new Error('a subscription came over plain HTTP');
          return result as Awaited<ReturnType<Awaited<ReturnType<Gateway['load']>>['executor'] & object>>;
        },
      };
    },
    stop: async () => stop(),
  };
}
