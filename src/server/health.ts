import type { FastifyInstance, FastifyReply } from 'fastify';
import type postgres from 'postgres';

/** Whether this process should get requests: false before it is up and once it is asked to stop. */
export interface Readiness {
  isReady: boolean;
  readonly sql: postgres.Sql;
  /** People a restored database has again who were erased: while there are any, nobody is served. */
  toEraseAgain: number;
}

/**
 * Takes leave of clients without cutting them off: answers while not ready ask them to come back over another
 * connection, and event streams, which would never end, end with the server.
 */
export function leaveQuietly(app: FastifyInstance, readiness: Readiness): void {
  const streams = new Set<FastifyReply>();
  app.addHook('onSend', async (_request, reply) => {
    if (!readiness.isReady) reply.header('connection', 'close');
    if (!String(reply.getHeader('content-type')).startsWith('text/event-stream')) return;
    streams.add(reply);
    reply.raw.once('close', () => streams.delete(reply));
  });
  app.addHook('preClose', async () => {
    for (const { raw } of streams) raw.end();
  });
}

/** What is wrong with a service's part of the graph. */
export interface PartProblem {
  readonly service: string;
  readonly kind: string;
  readonly messages: readonly string[];
  readonly since: Date;
}

/**
 * `/livez`: the process runs. `/readyz`: it can answer, its database included. A graph that is not as its services
 * want it is told there too, but answers, so that it counts as ready. `toEraseAgain` is told while it is not zero.
 * @param tellWhy whether what has to be mended is told to strangers; the log always says it.
 */
export function healthRoutes(
  app: FastifyInstance,
  readiness: Readiness,
  problems: () => readonly PartProblem[],
  tellWhy: boolean,
): void {
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const { toEraseAgain } = readiness;
    const isReady = readiness.isReady && toEraseAgain === 0 && (await answers(readiness.sql));
    const graph = problems().map(({ service, kind, messages, since }) => ({
      service,
      problem: kind,
      since,
      ...(tellWhy ? { messages } : {}),
    }));
    return reply.code(isReady ? 200 : 503).send({
      status: isReady ? 'ok' : 'unavailable',
      ...(toEraseAgain > 0 ? { toEraseAgain } : {}),
      ...(graph.length > 0 ? { graph } : {}),
    });
  });
}

async function answers(sql: postgres.Sql): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, 2_000, false).unref());
  return Promise.race([
    sql`select 1`.then(
      () => true,
      () => false,
    ),
    late,
  ]);
}
