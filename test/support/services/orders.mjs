// A company's own subgraph beside Habeas: orders point at accounts, and it adds points to them.
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, validate } from 'graphql';
import { listen } from './listen.mjs';

const [buyers] = [process.argv.slice(2)];
const orders = buyers.map((id, index) => ({ id: `o${index}`, total: 10 + index, buyer: { id } }));

const schema = buildSubgraphSchema({
  typeDefs: parse(`
    extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
    type Query { orders: [Order!]! }
    type Order @key(fields: "id") { id: ID! total: Int! buyer: Account }
    type Account @key(fields: "id") { id: ID! points: Int }
  `),
  resolvers: {
    Query: { orders: () => orders },
    Account: { points: ({ id }) => id.length },
  },
});

listen(async (_request, response, body) => {
  const { query, variables } = JSON.parse(body);
  const document = parse(query);
  const errors = validate(schema, document);
  const result = errors.length > 0 ? { errors } : await execute({ schema, document, variableValues: variables });
  response.setHeader('content-type', 'application/json').end(JSON.stringify(result));
});
