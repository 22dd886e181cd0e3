// A lending library as five subgraphs, each at a path of its own, which answers its SDL to GET. A message { subgraph, sdl } changes an SDL: one that
// cannot be built is told all the same, while questions go on being answered as before. { delay } slows all answers.
import { setTimeout as wait } from 'node:timers/promises';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { execute, parse, validate } from 'graphql';
import { listen } from './listen.mjs';

const head = (...imports) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ${JSON.stringify(imports)})`;

const AUTHORS = [
  { id: 'le-guin', name: 'Ursula K. Le Guin' },
  { id: 'kay', name: 'Jackie Kay' },
];
const BOOKS = [
  { id: 'b1', title: 'The Dispossessed', grams: 300, genre: 'FICTION', authorId: 'le-guin' },
  { id: 'b2', title: 'Trumpet', grams: 250, genre: 'FICTION', authorId: 'kay' },
  { id: 'b3', title: 'Red Dust Road', grams: 400, genre: 'RESERVED', authorId: 'kay' },
];
const FILMS = [{ id: 'f1', title: 'Local Hero', minutes: 111 }];
const LOANS = [
  { id: 'l1', bookId: 'b1', due: '2026-12-01', readerId: 'ada' },
  { id: 'l2', bookId: 'b3', due: '2026-12-05', readerId: 'ada' },
];

const book = (found) => found && { __typename: 'Book', ...found };
const film = (found) => found && { __typename: 'Film', ...found };
const item = (id) => book(BOOKS.find((each) => each.id === id)) ?? film(FILMS.find((each) => each.id === id)) ?? null;
const author = (id) => AUTHORS.find((each) => each.id === id);
const titled = ({ id, bookId }) => ({
  id: bookId ?? id,
  title: BOOKS.find((each) => each.id === (bookId ?? id)).title,
});

const SUBGRAPHS = {
  catalogue: {
    sdl: `${head('@key', '@shareable', '@inaccessible')}
      type Query {
        item(id: ID!): Item
        items: [Item!]!
        search(text: String!): [Hit!]!
        opensAt: String @shareable
        internalCount: Int @inaccessible
      }
      interface Item @key(fields: "id") { id: ID! title: String! }
      type Book implements Item @key(fields: "id") {
        id: ID! title: String! @shareable grams: Int! genre: Genre author: Author! stars: Float
      }
      type Film implements Item @key(fields: "id") { id: ID! title: String! minutes: Int! }
      type Author @key(fields: "id") { id: ID! name: String! books: [Book!]! }
      union Hit = Book | Film | Author
      enum Genre { FICTION FACT RESERVED @inaccessible }`,
    resolvers: {
      Query: {
        item: (_, { id }) => item(id),
        items: () => [...BOOKS.map(book), ...FILMS.map(film)],
        search: (_, { text }) => [
          ...BOOKS.map(book).filter(({ title }) => title.includes(text)),
          ...FILMS.map(film).filter(({ title }) => title.includes(text)),
          ...AUTHORS.filter(({ name }) => name.includes(text)).map((each) => ({ __typename: 'Author', ...each })),
        ],
        opensAt: () => '09:00',
        internalCount: () => 42,
      },
      Item: { __resolveReference: ({ id }) => item(id) },
      Book: {
        __resolveReference: ({ id }) => item(id),
        author: ({ authorId }) => author(authorId),
        stars: () => 1,
      },
      Film: { __resolveReference: ({ id }) => item(id) },
      Author: {
        __resolveReference: ({ id }) => author(id),
        books: ({ id }) => BOOKS.filter(({ authorId }) => authorId === id).map(book),
      },
    },
  },
  shelves: {
    sdl: `${head('@key', '@shareable', '@interfaceObject')}
      type Query { opensAt: String @shareable onShelf(shelf: String!): [Item!]! }
      type Item @key(fields: "id") @interfaceObject { id: ID! shelf: String! }`,
    resolvers: {
      Query: {
        opensAt: () => '09:00',
        onShelf: (_, { shelf }) => (shelf === 'A' ? [{ id: 'b1' }, { id: 'f1' }] : []),
      },
      Item: { __resolveReference: ({ id }) => ({ id }), shelf: ({ id }) => (['b1', 'f1'].includes(id) ? 'A' : 'B') },
    },
  },
  postage: {
    sdl: `${head('@key', '@external', '@requires')}
      type Book @key(fields: "id") {
        id: ID!
        grams: Int! @external
        postage(parcel: Parcel!): Int @requires(fields: "grams")
        label: String @requires(fields: "author { name }")
        author: Author! @external
      }
      type Author @key(fields: "id") { id: ID! name: String! @external }
      input Parcel { country: Country! = GB insured: Boolean = false }
      enum Country { GB IE }`,
    resolvers: {
      Book: {
        __resolveReference: (reference) => reference,
        postage: ({ grams }, { parcel }) => grams * (parcel.country === 'GB' ? 1 : 3) + (parcel.insured ? 100 : 0),
        label: ({ author: by }) => `by ${by.name}`,
      },
    },
  },
  loans: {
    sdl: `${head('@key', '@external', '@provides', '@shareable')}
      type Query { reader(id: ID!): Reader loans(filter: LoanFilter): [Loan!]! }
      type Mutation { lend(book: ID!, to: ID!): Loan! giveBack(id: ID!): Loan! }
      type Reader @key(fields: "id") { id: ID! name: String loans: [Loan!]! }
      type Loan @key(fields: "id") { id: ID! due: String reader: Reader! book: Book! @provides(fields: "title") }
      type Book @key(fields: "id") { id: ID! title: String! @external }
      input LoanFilter { readers: [ID!] dueBefore: String }`,
    resolvers: {
      Query: {
        reader: (_, { id }) => (id === 'ada' ? { id, name: 'Ada' } : null),
        loans: (_, { filter }) =>
          LOANS.filter(({ readerId, due }) => {
            const { readers, dueBefore } = filter ?? {};
            return (!readers || readers.includes(readerId)) && (!dueBefore || due < dueBefore);
          }),
      },
      Mutation: {
        lend: (_, { book: bookId, to }) => {
          const loan = { id: `l${LOANS.length + 1}`, bookId, due: '2026-12-24', readerId: to };
          LOANS.push(loan);
          return loan;
        },
        giveBack: (_, { id }) =>
          LOANS.splice(
            LOANS.findIndex((loan) => loan.id === id),
            1,
          )[0],
      },
      Reader: { loans: ({ id }) => LOANS.filter(({ readerId }) => readerId === id) },
      Loan: { reader: ({ readerId }) => ({ id: readerId, name: 'Ada' }), book: titled },
    },
  },
  reviews: {
    sdl: `${head('@key', '@override', '@shareable')}
      type Query { opensAt: String @shareable }
      type Book @key(fields: "id") { id: ID! stars: Float @override(from: "catalogue") reviews: [Review!] }
      type Review { text: String by: Reader! }
      type Reader @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: { opensAt: () => '09:00' },
      Book: {
        __resolveReference: ({ id }) => (id === 'b3' ? null : { id }),
        stars: () => 4.5,
        reviews: ({ id }) => [{ id }, { id, spoilt: id === 'b2' }],
      },
      Review: {
        text: ({ id, spoilt }) => {
          if (spoilt) throw new Error('CANARY: illegible');
          return `Good: ${id}`;
        },
        by: () => ({ id: 'ada' }),
      },
    },
  },
};

const served = new Map();
const serve = (name, sdl) => {
  const before = served.get(name);
  try {
    served.set(name, {
      sdl,
      schema: buildSubgraphSchema({ typeDefs: parse(sdl), resolvers: SUBGRAPHS[name].resolvers }),
    });
  } catch {
    served.set(name, { sdl, schema: before.schema });
  }
};
for (const [name, { sdl }] of Object.entries(SUBGRAPHS)) serve(name, sdl);

let delay = 0;
process.on('message', (message) => {
  if ('delay' in message) delay = message.delay;
  if ('subgraph' in message) serve(message.subgraph, message.sdl || SUBGRAPHS[message.subgraph].sdl);
  process.send({ done: true });
});

listen(
  async (request, response, body) => {
    const { sdl, schema } = served.get(request.url.slice(1));
    if (request.method === 'GET') {
      response.end(sdl);
      return;
    }
    const { query, variables } = JSON.parse(body);
    const document = parse(query);
    const errors = validate(schema, document);
    const answer =
      errors.length > 0 ? { errors } : await execute({ schema, document, variableValues: variables, contextValue: {} });
    if (answer.data?._service) answer.data = { _service: { sdl } };
    await wait(delay);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answer));
  },
  Number(process.argv[2] ?? 0),
);
