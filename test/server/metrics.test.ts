import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config.js';
import { metricsRoute } from '../../src/server/metrics.js';
import { openRegistry } from '../../src/services/registry.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import type { World } from '../../src/world.js';
import { plainCredentials } from '../support/services/credentials.js';
import { service } from '../support/services/manifests.js';

const TOKEN = 'a-token-of-sixteen-characters';

let app: FastifyInstance;
afterEach(() => app.close());

async function metrics(env: NodeJS.ProcessEnv, remoteAddress: string, authorization?: string) {
  const connection = {
    kind: 'http',
    url: 'http://127.0.0.1:9',
    audience: 'a',
    queryScope: 'q',
    deleteScope: 'd',
  } as const;
  const registry = openRegistry({ services: [service(connection)], taxonomy }, plainCredentials);
  app = Fastify();
  app.addHook('onClose', () => registry.close());
  metricsRoute(app, { config: readConfig({ NODE_ENV: 'test', ...env }), registry } as World);
  const headers = authorization === undefined ? {} : { authorization };
  return app.inject({ url: '/metrics', remoteAddress, headers });
}

const production = (config: NodeJS.ProcessEnv): NodeJS.ProcessEnv => ({
  NODE_ENV: 'production',
  HABEAS_SERVICES: '/services',
  HABEAS_OIDC_ISSUER: 'https://login.example',
  HABEAS_KEYS_FILE: '/keys.json',
  HABEAS_CONTROLLER_NAME: 'Example Ltd',
  HABEAS_CONTROLLER_ADDRESS: '1 Example Street',
  HABEAS_DPS_EMAIL: 'dps@example.com',
  HABEAS_DPS_ADDRESS: '1 Example Street',
  ...config,
});

describe('/metrics', () => {
  it('tells this machine how services are doing', async () => {
    for (const address of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
      const { statusCode, headers, body } = await metrics({}, address);
      expect(statusCode).toBe(200);
      expect(headers['content-type']).toMatch(/^text\/plain; version=0\.0\.4/);
      expect(body).toContain('habeas_service_breaker_state{service="support"} 0');
    }
  });

  it('is not there for another machine, nor in production for this one, where anybody may come through a proxy', async () => {
    expect((await metrics({}, '10.0.0.1')).statusCode).toBe(404);
    expect((await metrics(production({}), '127.0.0.1')).statusCode).toBe(404);
  });

  it('asks for its token where it has one', async () => {
    const env = production({ HABEAS_METRICS_TOKEN: TOKEN });
    expect((await metrics(env, '10.0.0.1', `Bearer ${TOKEN}`)).statusCode).toBe(200);
    for (const given of [undefined, TOKEN, 'Bearer ', `Bearer ${TOKEN}x`]) {
      expect((await metrics(env, '127.0.0.1', given)).statusCode).toBe(404);
    }
  });
});
