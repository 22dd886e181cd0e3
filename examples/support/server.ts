import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Scope, type TokenCheck, TokenError, tokenCheck } from '../company/habeas-token.js';
import { runService } from '../company/service-process.js';
import { eraseCustomer } from './erase.js';
import { takeEvents } from './events.js';
import { supportStore } from './store.js';
import { customerTree } from './tree.js';

type GdprRequest = FastifyRequest<{ Params: { externalId: string }; Querystring: { dry_run?: string } }>;

const EXTERNAL_ID = /^SUP-[0-9A-HJKMNP-TV-Z]{8}$/;

/** The support desk, with the GDPR API of the City of Helsinki's profile: GET answers everything, DELETE erases. */
await runService({
  name: 'support',
  store: supportStore,
  async routes(app, sql, setting) {
    const check = tokenCheck(setting);
    await takeEvents(app, sql);

    app.get('/gdpr/:externalId', async (request: GdprRequest, reply) => {
      if (!(await mayAsk(check, request, reply, 'gdprquery'))) return reply;
      const tree = await customerTree(sql, request.params.externalId);
      return tree ? reply.send(tree) : reply.status(204).send();
    });

    app.delete('/gdpr/:externalId', async (request: GdprRequest, reply) => {
      if (!(await mayAsk(check, request, reply, 'gdprdelete'))) return reply;
      const dryRun = request.query.dry_run ?? 'false';
      if (!['true', 'false'].includes(dryRun)) return refuse(reply, 400, 'BAD_REQUEST', 'dry_run: send true or false.');
      const refusal = await eraseCustomer(sql, request.params.externalId, dryRun === 'true');
      return refusal ? reply.status(403).send({ errors: [refusal] }) : reply.status(204).send();
    });
  },
});

/** Whether the token is Habeas' own, made for this person and this scope. Where not, the answer has been sent. */
async function mayAsk(check: TokenCheck, request: GdprRequest, reply: FastifyReply, scope: Scope): Promise<boolean> {
  const { externalId } = request.params;
  try {
    const subject = await check(request.headers.authorization, scope);
    if (subject !== externalId) throw new TokenError(401);
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    refuse(reply, error.status, error.status === 401 ? 'UNAUTHORISED' : 'KEYS_UNAVAILABLE', error.message);
    return false;
  }
  if (EXTERNAL_ID.test(externalId)) return true;
  refuse(reply, 400, 'MALFORMED_ID', 'The customer number is not one of ours.');
  return false;
}

const refuse = (reply: FastifyReply, status: number, code: string, text: string): FastifyReply =>
  reply.status(status).send({ errors: [{ code, message: { en: text } }] });
