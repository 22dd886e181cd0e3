import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AskedGraph, graphOver } from '../../support/graph.js';
import { type RunningService, startService } from '../../support/services/process.js';

const SUBGRAPHS = ['catalogue', 'shelves', 'postage', 'loans', 'reviews'];

let library: RunningService;
let asked: AskedGraph;
beforeAll(async () => {
  library = await startService('library.mjs');
  asked = await graphOver(Object.fromEntries(SUBGRAPHS.map((name) => [name, `${library.url}/${name}`])));
});
afterAll(async () => {
  await asked.close();
  await library.stop();
});

/** The data of an answer that has no errors. */
async function data(query: string, variables = {}) {
  const answer = await asked.ask(query, variables);
  expect(answer.errors).toBeUndefined();
  return answer.data;
}

const questionsTo = async (subgraph: string) => (await library.calls()).filter(({ url }) => url === `/${subgraph}`);

describe('entities', () => {
  it('are followed from service to service, and back', async () => {
    const question = '{ reader(id: "ada") { name loans { due book { stars author { name books { title } } } } } }';
    expect(await data(question)).toEqual({
      reader: {
        name: 'Ada',
        loans: [
          {
            due: '2026-12-01',
            book: { stars: 4.5, author: { name: 'Ursula K. Le Guin', books: [{ title: 'The Dispossessed' }] } },
          },
          {
            due: '2026-12-05',
            book: {
              stars: null,
              author: { name: 'Jackie Kay', books: [{ title: 'Trumpet' }, { title: 'Red Dust Road' }] },
            },
          },
        ],
      },
    });
  });

  it('that a service does not know are null there, and no error', async () => {
    expect(await data('{ item(id: "b3") { ... on Book { title stars } } }')).toEqual({
      item: { title: 'Red Dust Road', stars: null },
    });
  });

  it('of a list are asked for in one call', async () => {
    await library.calls();
    await data('{ items { ... on Book { id reviews { by { id } } } } }');
    expect(await questionsTo('reviews')).toHaveLength(1);
  });
});

describe('interfaces and unions', () => {
  it('are answered by the types behind them', async () => {
    expect(await data('{ items { __typename id title ... on Film { minutes } ... on Book { grams } } }')).toEqual({
      items: [
        { __typename: 'Book', id: 'b1', title: 'The Dispossessed', grams: 300 },
        { __typename: 'Book', id: 'b2', title: 'Trumpet', grams: 250 },
        { __typename: 'Book', id: 'b3', title: 'Red Dust Road', grams: 400 },
        { __typename: 'Film', id: 'f1', title: 'Local Hero', minutes: 111 },
      ],
    });
  });

  it('lead on from members of a union to other services', async () => {
    const question =
      '{ search(text: "e") { __typename ... on Book { stars } ... on Film { shelf } ... on Author { name } } }';
    expect(await data(question)).toEqual({
      search: [
        { __typename: 'Book', stars: 4.5 },
        { __typename: 'Book', stars: 4.5 },
        { __typename: 'Book', stars: null },
        { __typename: 'Film', shelf: 'A' },
        { __typename: 'Author', name: 'Ursula K. Le Guin' },
        { __typename: 'Author', name: 'Jackie Kay' },
      ],
    });
  });

  it('take fields from a service that knows the interface alone (@interfaceObject)', async () => {
    expect(await data('{ items { id shelf } }')).toEqual({
      items: [
        { id: 'b1', shelf: 'A' },
        { id: 'b2', shelf: 'B' },
        { id: 'b3', shelf: 'B' },
        { id: 'f1', shelf: 'A' },
      ],
    });
  });

  it('are led to by such a service, whatever type they turn out to be', async () => {
    const question = '{ onShelf(shelf: "A") { __typename id title ... on Film { minutes } ... on Book { stars } } }';
    expect(await data(question)).toEqual({
      onShelf: [
        { __typename: 'Book', id: 'b1', title: 'The Dispossessed', stars: 4.5 },
        { __typename: 'Film', id: 'f1', title: 'Local Hero', minutes: 111 },
      ],
    });
    expect(await data('{ onShelf(shelf: "A") { id shelf } }')).toEqual({
      onShelf: [
        { id: 'b1', shelf: 'A' },
        { id: 'f1', shelf: 'A' },
      ],
    });
  });
});

describe('directives of Federation 2', () => {
  it('@requires: what a field needs is fetched first, near and nested, and not told', async () => {
    const question = '{ item(id: "b1") { ... on Book { postage(parcel: { country: IE }) label } } }';
    expect(await data(question)).toEqual({ item: { postage: 900, label: 'by Ursula K. Le Guin' } });
  });

  it('@provides: what a service has at hand is taken from there', async () => {
    await library.calls();
    expect(await data('{ loans { id book { title } } }')).toEqual({
      loans: [
        { id: 'l1', book: { title: 'The Dispossessed' } },
        { id: 'l2', book: { title: 'Red Dust Road' } },
      ],
    });
    expect((await library.calls()).map(({ url }) => url)).toEqual(['/loans']);
  });

  it('@shareable: one of the services that have a field is asked', async () => {
    await library.calls();
    expect(await data('{ opensAt }')).toEqual({ opensAt: '09:00' });
    expect(await library.calls()).toHaveLength(1);
  });

  it('@override: the field comes from the service that took it over', async () => {
    expect(await data('{ item(id: "b2") { ... on Book { stars } } }')).toEqual({ item: { stars: 4.5 } });
  });

  it('@inaccessible: fields and values are not in the public graph', async () => {
    const { errors } = await asked.ask('{ internalCount }');
    expect(errors).toMatchObject([{ message: expect.stringMatching(/Cannot query field "internalCount"/) }]);
    const { __type: genre } = (await data('{ __type(name: "Genre") { enumValues { name } } }')) ?? {};
    expect(genre).toEqual({ enumValues: [{ name: 'FICTION' }, { name: 'FACT' }] });
    const { data: kinds } = await asked.ask('{ items { ... on Book { genre } } }');
    expect(kinds).toEqual({ items: [{ genre: 'FICTION' }, { genre: 'FICTION' }, { genre: null }, {}] });
  });
});

describe('questions', () => {
  it('use fragments, aliases, @skip and @include', async () => {
    const question = `
      query ($brief: Boolean!) {
        first: item(id: "b1") { ...Named isbn: id @skip(if: $brief) }
        second: item(id: "b2") { ...Named ... on Book @include(if: $brief) { by: author { name } } }
      }
      fragment Named on Item { called: title ... on Book { ...Rated @skip(if: $brief) } }
      fragment Rated on Book { stars }`;
    expect(await data(question, { brief: true })).toEqual({
      first: { called: 'The Dispossessed' },
      second: { called: 'Trumpet', by: { name: 'Jackie Kay' } },
    });
    expect(await data(question, { brief: false })).toEqual({
      first: { called: 'The Dispossessed', stars: 4.5, isbn: 'b1' },
      second: { called: 'Trumpet', stars: 4.5 },
    });
  });

  it('get a field that they want in one place and skip in another', async () => {
    const question = `
      query ($a: Boolean!, $b: Boolean!) {
        item(id: "b1") { title ... on Book { stars ... @skip(if: $a) { stars grams @skip(if: $b) } } }
        ... @include(if: $b) { opensAt }
      }`;
    expect(await data(question, { a: true, b: false })).toEqual({ item: { title: 'The Dispossessed', stars: 4.5 } });
    expect(await data(question, { a: false, b: false })).toEqual({
      item: { title: 'The Dispossessed', stars: 4.5, grams: 300 },
    });
    expect(await data(question, { a: false, b: true })).toEqual({
      item: { title: 'The Dispossessed', stars: 4.5 },
      opensAt: '09:00',
    });
  });

  it('about the schema stand beside those about data, or alone', async () => {
    const about = '__schema { queryType { name } } __type(name: "Film") { name }';
    const told = { __schema: { queryType: { name: 'Query' } }, __type: { name: 'Film' } };
    expect(await data(`{ ${about} }`)).toEqual(told);
    expect(await data(`{ opensAt ...About } fragment About on Query { ${about} }`)).toEqual({
      ...told,
      opensAt: '09:00',
    });
  });

  it('give input types as literals and variables, with their defaults', async () => {
    const question = `
      query ($parcel: Parcel!, $filter: LoanFilter) {
        item(id: "b1") { ... on Book { given: postage(parcel: $parcel) usual: postage(parcel: {}) } }
        loans(filter: $filter) { id }
      }`;
    const variables = { parcel: { insured: true }, filter: { readers: ['ada'], dueBefore: '2026-12-02' } };
    expect(await data(question, variables)).toEqual({
      item: { given: 400, usual: 300 },
      loans: [{ id: 'l1' }],
    });
    const { errors } = await asked.ask(question, { parcel: { country: 'FR' } });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
  });

  it('change things one after the other, and read on in other services', async () => {
    const question = `
      mutation {
        lent: lend(book: "b2", to: "ada") { id book { title stars } }
        back: giveBack(id: "l3") { id reader { name } }
      }`;
    expect(await data(question)).toEqual({
      lent: { id: 'l3', book: { title: 'Trumpet', stars: 4.5 } },
      back: { id: 'l3', reader: { name: 'Ada' } },
    });
  });

  it('are told of what failed where it is in the answer, without a word of the service', async () => {
    const answer = await asked.ask('{ items { id ... on Book { told: reviews { text } } } }');
    expect(answer.data).toMatchObject({
      items: [
        { id: 'b1', told: [{ text: 'Good: b1' }, { text: 'Good: b1' }] },
        { id: 'b2', told: [{ text: 'Good: b2' }, { text: null }] },
        { id: 'b3' },
        { id: 'f1' },
      ],
    });
    expect(answer.errors).toContainEqual(
      expect.objectContaining({
        path: ['items', 1, 'told', 1, 'text'],
        extensions: expect.objectContaining({ code: 'SERVICE_UNAVAILABLE', service: 'reviews' }),
      }),
    );
    expect(JSON.stringify(answer)).not.toContain('CANARY');
  });
});
