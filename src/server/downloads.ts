import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { unauthenticated } from '../errors.js';
import { download, type ExportPackage, findPackage } from '../exports/exports.js';
import { londonDay } from '../requests/deadline.js';
import type { World } from '../world.js';
import type { Authenticate } from './authentication.js';

/** Where packages are fetched. */
export const DOWNLOAD = '/exports/:token';

type DownloadRequest = FastifyRequest<{ Params: { token: string } }>;

/**
 * `GET /exports/:token`: a person fetches their package, with the link and their own token. `HEAD` tells about it and
 * counts as no fetch.
 */
export function downloadRoute(app: FastifyInstance, world: World, authenticate: Authenticate): void {
  const { db, keys, config, clock } = world;
  app.head(DOWNLOAD, async (request: DownloadRequest, reply) => {
    const accountId = await owner(authenticate, request);
    return describe(reply, await findPackage(db, config, clock.now(), request.params.token, accountId)).send();
  });
  app.get(DOWNLOAD, { exposeHeadRoute: false }, async (request: DownloadRequest, reply) => {
    const accountId = await owner(authenticate, request);
    const { package: found, stream } = await download(db, keys, config, clock.now(), request.params.token, accountId);
    return describe(reply, found).send(stream);
  });
}

async function owner(authenticate: Authenticate, { headers }: DownloadRequest): Promise<string> {
  const caller = await authenticate(headers);
  if (caller.kind === 'SUBJECT' && caller.accountId !== null) return caller.accountId;
  throw unauthenticated('A package is handed to the person it belongs to: send their own token.');
}

/** A package is sealed as one stream, so no ranges of it can be had. */
function describe(reply: FastifyReply, { sizeBytes, createdAt }: ExportPackage): FastifyReply {
  return reply
    .type('application/zip')
    .header('content-length', sizeBytes)
    .header('accept-ranges', 'none')
    .header('content-disposition', `attachment; filename="my-data-${londonDay(createdAt)}.zip"`);
}
