// A real Federation 2 subgraph. "busy" has more than any page holds; others have their oddities in their names.
import { readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, validate } from 'graphql';
import { listen } from './listen.mjs';

const MOST = 200;
const count = (length, make) => Array.from({ length }, (_, index) => make(index));

/** Pages of a list; answers at most 60 however many are asked for, as services do. */
function page(items, { first = 10, after }) {
  if (first > MOST) throw new Error('CANARY: at most 200');
  const start = after ? Number(Buffer.from(after, 'base64').toString()) + 1 : 0;
  const end = Math.min(start + Math.min(first, 60), items.length);
  const cursor = (index) => Buffer.from(String(index)).toString('base64');
  return {
    edges: items
      .slice(start, end)
      .map((node, offset) => ({ node, cursor: cursor(start + offset), giftFrom: node.giftFrom })),
    pageInfo: {
      hasNextPage: end < items.length,
      hasPreviousPage: start > 0,
      startCursor: start < end ? cursor(start) : null,
      endCursor: start < end ? cursor(end - 1) : null,
    },
    totalCount: items.length,
  };
}

const product = (id) => ({ id, name: `Product ${id}`, origin: { street: 'Mill Lane' }, related: () => [product('r')] });
const order = (index) => ({
  id: `o${index}`,
  total: index + 0.5,
  giftFrom: index === 0 ? 'Jo' : null,
  buyer: { id: 'busy' },
  lines: [{ quantity: 2, product: product(`p${index % 3}`) }],
});
const message = (ticket, index) =>
  index % 2 === 0
    ? {
        __typename: 'Mail',
        text: `${ticket}-${index}`,
        address: 'a@example.com',
        files: count(index === 70 ? 130 : 1, (file) => ({ name: `${ticket}-${index}-f${file}` })),
      }
    : { __typename: 'Chat', text: `${ticket}-${index}`, room: 'r' };
const ticket = (name, messages) => ({ subject: name, list: count(messages, (index) => message(name, index)) });

const BUSY = {
  memberSince: '2020',
  tags: ['a', 'b'],
  settings: { theme: 'dark', contact: { byPhone: true } },
  favourite: product('p9'),
  payment: { __typename: 'Invoice', label: 7, address: { street: 'High Street' } },
  list: {
    orders: count(450, order),
    tickets: [ticket('t0', 0), ticket('t1', 3), ticket('t2', 150), ...count(130, (index) => ticket(`u${index}`, 1))],
  },
  reviews: count(3, (number) => ({ number, text: `Review ${number}`, product: product('p1') })),
  visits: count(12, (index) => ({ at: `v${index}` })),
  owner: { id: 'busy' },
};
const QUIET = {
  ...BUSY,
  settings: null,
  favourite: null,
  payment: { __typename: 'Card', label: 'Visa', expires: null },
  list: { orders: [], tickets: [] },
  reviews: [],
  visits: [],
};
const PEOPLE = {
  busy: { nickname: 'Bee', shop: BUSY },
  quiet: { nickname: null, shop: QUIET },
  none: { nickname: null, shop: null },
  swapped: { nickname: 'CANARY of somebody else', shop: QUIET, id: 'other' },
  visitor: { nickname: null, shop: { ...QUIET, visits: count(5_000, (index) => ({ at: `v${index}` })) } },
  broken: {
    nickname: 'Bo',
    shop: {
      ...QUIET,
      get memberSince() {
        throw new Error('CANARY: select * from members');
      },
    },
  },
};
for (let index = 0; index < 200; index += 1) PEOPLE[`p${index}`] = { nickname: `N${index}`, shop: QUIET };

const schema = buildSubgraphSchema({
  typeDefs: parse(readFileSync(new URL('shop.graphql', import.meta.url), 'utf8')),
  resolvers: {
    Account: {
      __resolveReference: ({ id }) => {
        return PEOPLE[id] ? { id, ...PEOPLE[id] } : null;
      },
    },
    Product: { __resolveReference: ({ id }) => product(id) },
    Shop: {
      orders: ({ list }, args) => page(list.orders, args),
      tickets: ({ list }, args) => page(list.tickets, args),
      visits: ({ visits }, { limit }) => visits.slice(0, limit),
    },
    Ticket: { messages: ({ list }, args) => page(list, args) },
    Mail: { attachments: ({ files }, args) => page(files, args) },
  },
});

listen(async (request, response, body) => {
  response.setHeader('content-type', 'application/json');
  if (request.headers.authorization?.includes('refuse-us')) return response.writeHead(401).end('CANARY');
  const { query, variables } = JSON.parse(body);
  const document = parse(query);
  const errors = validate(schema, document);
  if (errors.length > 0) return response.writeHead(400).end(JSON.stringify({ errors }));
  response.end(JSON.stringify(await execute({ schema, document, variableValues: variables })));
});
