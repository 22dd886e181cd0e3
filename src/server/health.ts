import type { FastifyInstance } from 'fastify';
import type postgres from 'postgres';

/** Whether this process should get requests: false before it is up and once it is asked to stop. */
export interface Readiness {
  isReady: boolean;
  readonly sql: postgres.Sql;
}

/** `/livez`: the process runs. `/readyz`: it can answer, its database included. */
export function healthRoutes(app: FastifyInstance, readiness: Readiness): void {
  app.get('/livez', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const database = readiness.isReady && (await answers(readiness.sql));
    return reply.code(database ? 200 : 503).send({ status: database ? 'ok' : 'unavailable' });
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
