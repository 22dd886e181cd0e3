import { fstatSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import Fastify, { type FastifyInstance } from 'fastify';
import postgres, { type Sql } from 'postgres';
import { fillOnFirstStart, type Store } from './bulk-load.js';

/** What every service of the demo is told from outside. */
export interface Setting {
  /** TCP port on 127.0.0.1; 0 takes a free one. */
  readonly port: number;
  readonly databaseUrl: string;
  /** Where Habeas publishes the keys its tokens are signed with, and how it names itself in them. */
  readonly jwksUrl: URL;
  readonly issuer: string;
  /** The `aud` a token for this service carries. */
  readonly audience: string;
}

export interface ServiceProcess {
  /** As Habeas names it. */
  readonly name: string;
  readonly store: Store;
  /** Adds the service's routes. */
  routes(app: FastifyInstance, sql: Sql, setting: Setting): void | Promise<void>;
}

/**
 * Runs one service until it is told to stop: fills its store on the first start, listens, says where in one line of
 * JSON, and ends on SIGTERM or when the process that started it is gone.
 */
export async function runService({ name, store, routes }: ServiceProcess): Promise<void> {
  const setting = readSetting(name);
  const sql = postgres(setting.databaseUrl, { max: 6, onnotice: () => {} });
  const app = Fastify({ forceCloseConnections: true });
  app.setErrorHandler((error: { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    const [code, text] = status < 500 ? ['BAD_REQUEST', 'The request is not valid.'] : ['INTERNAL', 'It failed here.'];
    return reply.status(status).send({ errors: [{ code, message: { en: text } }] });
  });
  app.get('/healthz', async (_request, reply) => {
    await sql`select 1`;
    return reply.send({ service: name, healthy: true });
  });
  const stop = async () => {
    await app.close();
    await sql.end({ timeout: 2 });
    process.exit(0);
  };
  process.once('SIGTERM', stop);
  endWithParent(stop);

  await fillOnFirstStart(sql, store);
  await routes(app, sql, setting);
  await app.listen({ host: '127.0.0.1', port: setting.port });
  const { port } = app.server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ service: name, url: `http://127.0.0.1:${port}` })}\n`);
}

function readSetting(name: string): Setting {
  return {
    port: Number(process.env.PORT ?? '0'),
    databaseUrl: required('DATABASE_URL'),
    jwksUrl: new URL(required('HABEAS_JWKS_URL')),
    issuer: required('HABEAS_ISSUER'),
    audience: process.env.AUDIENCE ?? name,
  };
}

function required(key: string): string {
  const value = process.env[key];
  if (!value) throw new Error(`${key}: must be set.`);
  return value;
}

/**
 * A parent that starts us keeps our standard input open; it closes when the parent ends, however it ends. Ctrl-C in a
 * terminal reaches us too, and is then the parent's to answer: it may still need us for work in hand.
 */
function endWithParent(stop: () => Promise<void>): void {
  const input = fstatSync(0);
  if (input.isFIFO() || input.isSocket()) {
    process.stdin.on('close', () => process.exit(0)).resume();
    process.on('SIGINT', () => {});
  } else {
    process.once('SIGINT', stop);
  }
}
