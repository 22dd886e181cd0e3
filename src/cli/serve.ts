import { setTimeout as delay } from 'node:timers/promises';
import { measureEvents } from '../events/events-metrics.js';
import { type LiveGraph, openLiveGraph } from '../graph/live-graph.js';
import { createApp } from '../server/app.js';
import { authentication } from '../server/authentication.js';
import type { Readiness } from '../server/health.js';
import type { Question } from '../server/ide.js';
import type { World } from '../world.js';

/** Requests under way when Habeas is asked to stop get this long. */
const LONGEST_ANSWER_MS = 8_000;

export interface Served {
  readonly graph: LiveGraph;
  /**
   * Says first that no more requests should come, answers those that still do, then lets those under way finish. A
   * download or client that will not end is cut off in time for the process to end within fifteen seconds.
   */
  drain(): Promise<void>;
}

/** Builds the graph and answers requests at `port`. */
export async function serve(
  world: World,
  port: number,
  readiness: Readiness,
  questions: readonly Question[],
): Promise<Served> {
  const { config, keys, sql, registry, clock, log } = world;
  measureEvents(registry.metrics, sql, clock);
  const graph = await openLiveGraph(registry, config, log);
  const authenticate = await authentication(config, keys, sql);
  const app = await createApp({ world, graph, authenticate, readiness, questions });
  try {
    await app.listen({ host: config.host, port });
  } catch (error) {
    graph.close();
    await app.close();
    throw error;
  }
  const drain = async () => {
    const wasReady = readiness.isReady;
    readiness.isReady = false;
    graph.close();
    if (wasReady) await delay(config.drainMs);
    const cutOff = setTimeout(() => app.server.closeAllConnections(), LONGEST_ANSWER_MS);
    await app.close();
    clearTimeout(cutOff);
  };
  return { graph, drain };
}
