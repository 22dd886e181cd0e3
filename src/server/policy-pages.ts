import { createHash } from 'node:crypto';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { notFound } from '../errors.js';
import { PAGE_STYLE, policyPage } from '../policies/page.js';
import { allPolicies, findPolicy, type Policy, policyInForce, purposesOf } from '../policies/policies.js';
import type { World } from '../world.js';

const FILE = /^([1-9]\d{0,6})(\.md|\.txt)?$/;

/** Nothing but the page's own style: no script, no image, no form, in nobody's frame. */
const CONTENT_SECURITY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(PAGE_STYLE.toString()).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** `/policy`, `/policy/2`, `/policy/2.md` and `/policy/2.txt`: for everybody, without a token. */
export function policyRoutes(app: FastifyInstance, world: World): void {
  app.get('/policy', async (_request, reply) => {
    const policy = await policyInForce(world.db);
    if (!policy) throw notFound('No version of the privacy policy is in force.');
    return sendPage(reply, policy);
  });
  app.get<{ Params: { file: string } }>('/policy/:file', async ({ params }, reply) => {
    const [, version, suffix] = FILE.exec(params.file) ?? [];
    const policy = version === undefined ? null : await findPolicy(world.db, Number(version));
    if (!policy) throw notFound('There is no such version of the privacy policy: see /policy.');
    if (suffix === undefined) return sendPage(reply, policy);
    const name = `privacy-policy-${policy.version}${suffix}`;
    return reply
      .type(suffix === '.md' ? 'text/markdown; charset=utf-8' : 'text/plain; charset=utf-8')
      .header('content-disposition', `${suffix === '.md' ? 'attachment' : 'inline'}; filename="${name}"`)
      .send(policy.text);
  });

  async function sendPage(reply: FastifyReply, policy: Policy): Promise<FastifyReply> {
    const { db, config, registry } = world;
    const [purposes, versions, inForce] = await Promise.all([
      purposesOf(db, policy.version),
      allPolicies(db),
      policyInForce(db),
    ]);
    const { controller, dps } = config;
    const { taxonomy } = registry;
    const page = policyPage({
      ...{ policy, purposes, versions, controller, dps, taxonomy },
      inForce: inForce?.version ?? null,
    });
    return reply.type('text/html; charset=utf-8').header('content-security-policy', CONTENT_SECURITY).send(page);
  }
}
