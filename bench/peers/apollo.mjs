// Apollo's gateway in Apollo Server, with undici in place of its own way to services, which is several times slower:
// node apollo.mjs SUPERGRAPH
import { readFileSync } from 'node:fs';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import Fastify from 'fastify';
import { Pool } from 'undici';

class UndiciDataSource {
  constructor({ url }) {
    const { origin, pathname } = new URL(url);
    this.pool = new Pool(origin, { connections: 64 });
    this.path = pathname;
  }

  async process({ request }) {
    const { body } = await this.pool.request({
      method: 'POST',
      path: this.path,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: request.query, variables: request.variables }),
    });
    return body.json();
  }
}

const quiet = { debug() {}, info() {}, warn() {}, error: console.error };
const gateway = new ApolloGateway({
  supergraphSdl: readFileSync(process.argv[2], 'utf8'),
  buildService: (definition) => new UndiciDataSource(definition),
  logger: quiet,
});
const app = Fastify();
const server = new ApolloServer({
  gateway,
  logger: quiet,
  introspection: false,
  persistedQueries: false,
  csrfPrevention: false,
  plugins: [fastifyApolloDrainPlugin(app)],
});
await server.start();
await app.register(fastifyApollo(server));
const url = await app.listen({ host: '127.0.0.1', port: 0 });
process.on('disconnect', () => process.exit());
process.send({ url: `${url}/graphql` });
