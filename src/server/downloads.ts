import type { FastifyInstance } from 'fastify';
import { unauthenticated } from '../errors.js';
import { download } from '../exports/exports.js';
import { londonDay } from '../requests/deadline.js';
import type { World } from '../world.js';
import type { Authenticate } from './authentication.js';

/** `GET /exports/:token`: a person fetches their package, with the link and their own token. */
export function downloadRoute(app: FastifyInstance, world: World, authenticate: Authenticate): void {
  app.get<{ Params: { token: string } }>('/exports/:token', async (request, reply) => {
    const caller = await authenticate(request.headers);
    if (caller.kind !== 'SUBJECT' || caller.accountId === null) {
      throw unauthenticated('A package is handed to the person it belongs to: send their own token.');
    }
    const { db, keys, config, clock } = world;
    const { package: found, stream } = await download(
      db,
      keys,
      config,
      clock.now(),
      request.params.token,
      caller.accountId,
    );
    return reply
      .type('application/zip')
      .header('content-length', found.sizeBytes)
      .header('content-disposition', `attachment; filename="my-data-${londonDay(found.createdAt)}.zip"`)
      .send(stream);
  });
}
