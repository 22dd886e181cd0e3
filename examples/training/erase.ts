import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Sql } from 'postgres';
import { type TokenCheck, TokenError } from '../company/habeas-token.js';

type EraseRequest = FastifyRequest<{ Params: { accountId: string }; Querystring: { dry_run?: string } }>;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** The one route beside the graph: DELETE of the GDPR API, for Habeas alone. */
export function eraseRoute(app: FastifyInstance, sql: Sql, check: TokenCheck): void {
  app.delete('/gdpr/:accountId', async (request: EraseRequest, reply) => {
    const { accountId } = request.params;
    try {
      if ((await check(request.headers.authorization, 'gdprdelete')) !== accountId) throw new TokenError(401);
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      return reply.status(error.status).send();
    }
    if (!UUID.test(accountId)) return reply.status(400).send();
    if (request.query.dry_run !== 'true') await eraseLearner(sql, accountId);
    return reply.status(204).send();
  });
}

/** Erases a learner with bookings and certificates. Who is not held, or is erased already, is left so. */
export async function eraseLearner(sql: Sql, accountId: string): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`select 1 from learners where account_id = ${accountId} for update`;
    await tx`delete from certificates where account_id = ${accountId}`;
    await tx`delete from bookings where account_id = ${accountId}`;
    await tx`delete from learners where account_id = ${accountId}`;
  });
}
