import { createHash, timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { notFound } from '../errors.js';
import type { World } from '../world.js';

/**
 * `/metrics`, as Prometheus reads it: names of services, counts and times. For whoever brings the token of the
 * configuration; without one, for this machine, but not in production, where a proxy on this machine may speak for
 * anybody. To all others there is nothing at this address.
 */
export function metricsRoute(app: FastifyInstance, { config, registry: { metrics } }: World): void {
  const token = config.metricsToken;
  const mayRead = (request: FastifyRequest): boolean =>
    token === null
      ? config.environment !== 'production' && isLoopback(request.socket.remoteAddress)
      : isSame(request.headers.authorization ?? '', `Bearer ${token}`);
  app.get('/metrics', async (request, reply) => {
    if (!mayRead(request)) throw notFound('There is nothing at this address.');
    return reply.type(metrics.contentType).send(await metrics.metrics());
  });
}

const isLoopback = (address = '') => /^(::ffff:)?127\.|^::1$/.test(address);

/** In the same time, whatever was sent. */
function isSame(given: string, expected: string): boolean {
  const [first, second] = [given, expected].map((text) => createHash('sha256').update(text).digest());
  return first !== undefined && second !== undefined && timingSafeEqual(first, second);
}
