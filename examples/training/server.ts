import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { buildSubgraphSchema } from '@apollo/subgraph';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import { tokenCheck } from '../company/habeas-token.js';
import { runService } from '../company/service-process.js';
import { authorisation } from './authorisation.js';
import { eraseRoute } from './erase.js';
import { recordsOf } from './records.js';
import { RESOLVERS, type TrainingContext } from './resolvers.js';
import { TYPE_DEFINITIONS } from './sdl.js';
import { trainingStore } from './store.js';

/** The training service: a Federation 2 subgraph, and one route that erases. */
await runService({
  name: 'training',
  store: trainingStore,
  async routes(app, sql, setting) {
    const check = tokenCheck(setting);
    eraseRoute(app, sql, check);
    const apollo = new ApolloServer<TrainingContext>({
      schema: buildSubgraphSchema([{ typeDefs: TYPE_DEFINITIONS, resolvers: RESOLVERS }]),
      introspection: true,
      includeStacktraceInErrorResponses: false,
      stopOnTerminationSignals: false,
      formatError: (formatted) =>
        formatted.extensions?.code === 'INTERNAL_SERVER_ERROR'
          ? { ...formatted, message: 'It failed here.' }
          : formatted,
      plugins: [authorisation(check), fastifyApolloDrainPlugin(app), ApolloServerPluginInlineTraceDisabled()],
    });
    await apollo.start();
    await app.register(fastifyApollo(apollo), {
      path: '/graphql',
      context: async () => ({ sql, records: recordsOf(sql) }),
    });
  },
});
