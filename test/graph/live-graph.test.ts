import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AskedGraph, graphOver } from '../support/graph.js';
import { type RunningService, startService } from '../support/services/process.js';

const SUBGRAPHS = ['catalogue', 'shelves', 'postage', 'loans', 'reviews'];

let library: RunningService;
let asked: AskedGraph;
beforeAll(async () => {
  library = await startService('library.mjs');
});
afterAll(() => library.stop());
afterEach(async () => {
  await asked.close();
  await library.told({ delay: 0 });
  for (const subgraph of SUBGRAPHS) await library.told({ subgraph, sdl: '' });
});

const addresses = (names: readonly string[] = SUBGRAPHS) =>
  Object.fromEntries(names.map((name) => [name, `${library.url}/${name}`]));

const REVIEWS = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override"])
  type Query { opening: String }
  type Book @key(fields: "id") { id: ID! stars: Float @override(from: "catalogue") mood: String }`;

const told = (level: string) =>
  asked.logged.filter((line) => line.level === level).map(({ message, service, kind }) => [message, service, kind]);

describe('an SDL that changes', () => {
  it('changes the graph at the next look, and back', async () => {
    asked = await graphOver(addresses());
    const before = asked.graph.schema;
    expect((await asked.ask('{ item(id: "b1") { ... on Book { mood } } }')).errors).toHaveLength(1);

    await library.told({ subgraph: 'reviews', sdl: REVIEWS });
    await asked.graph.refresh();
    expect(asked.graph.schema).not.toBe(before);
    expect(await asked.ask('{ item(id: "b1") { ... on Book { mood stars } } }')).toEqual({
      data: { item: { mood: null, stars: 4.5 } },
    });
    expect((await asked.ask('{ item(id: "b1") { ... on Book { reviews { text } } } }')).errors).toHaveLength(1);
    expect(asked.graph.problems()).toEqual([]);

    await library.told({ subgraph: 'reviews', sdl: '' });
    await asked.graph.refresh();
    expect((await asked.ask('{ item(id: "b1") { ... on Book { reviews { text } } } }')).errors).toBeUndefined();
    expect(told('info')).toEqual([
      ['graph changed', undefined, undefined],
      ['graph changed', undefined, undefined],
    ]);
  });

  it('is seen without being told, as often as was configured', async () => {
    asked = await graphOver(addresses(), { graphMs: 100 });
    await library.told({ subgraph: 'reviews', sdl: REVIEWS });
    await expect.poll(() => asked.graph.supergraphSdl).toContain('mood');
  });

  it('fails no question that is asked meanwhile', async () => {
    asked = await graphOver(addresses());
    await library.told({ delay: 20 });
    const question = '{ items { id title ... on Book { stars author { name } } } reader(id: "ada") { loans { due } } }';
    const answers = new Set<string>();
    let count = 0;
    const asking = async (until: () => boolean) => {
      while (!until()) {
        answers.add(JSON.stringify(await asked.ask(question)));
        count += 1;
      }
    };
    let swaps = 0;
    const swapping = (async () => {
      for (; swaps < 6; swaps += 1) {
        await library.told({ subgraph: 'reviews', sdl: swaps % 2 === 0 ? REVIEWS : '' });
        const before = asked.graph.schema;
        await asked.graph.refresh();
        expect(asked.graph.schema).not.toBe(before);
      }
    })();
    await Promise.all([swapping, ...Array.from({ length: 8 }, () => asking(() => swaps === 6))]);
    expect(count).toBeGreaterThan(20);
    expect([...answers]).toHaveLength(1);
    expect([...answers][0]).not.toContain('"errors"');
  });
});

describe('an SDL that is broken', () => {
  const question = '{ item(id: "b1") { ... on Book { stars reviews { text } } } }';

  it('leaves the last good one serving, says so once, and is taken up when it is mended', async () => {
    asked = await graphOver(addresses());
    const answer = await asked.ask(question);
    const schema = asked.graph.schema;

    await library.told({ subgraph: 'reviews', sdl: 'type Query { opening: String' });
    for (let look = 0; look < 3; look += 1) await asked.graph.refresh();
    expect(asked.graph.schema).toBe(schema);
    expect(await asked.ask(question)).toEqual(answer);
    expect(asked.graph.problems()).toMatchObject([
      { service: 'reviews', kind: 'UNREAD', isServed: true, messages: [expect.stringMatching(/no GraphQL schema/)] },
    ]);
    expect(told('error')).toEqual([['service has no new part in the graph', 'reviews', 'UNREAD']]);
    const measured = 'habeas_graph_problems{service="reviews",problem="UNREAD",served="yes"} 1';
    expect(await asked.metrics()).toContain(measured);

    await library.told({ subgraph: 'reviews', sdl: REVIEWS });
    await asked.graph.refresh();
    expect(asked.graph.problems()).toEqual([]);
    expect(await asked.metrics()).not.toContain('habeas_graph_problems{');
    expect(asked.graph.supergraphSdl).toContain('mood');
    expect(told('info').at(-1)).toEqual(['service is in the graph', 'reviews', undefined]);
  });

  it('is told by service, coordinate and mend where it does not compose, while other services change', async () => {
    asked = await graphOver(addresses());
    const answer = await asked.ask(question);
    const clash = `${REVIEWS.replace('mood: String', 'grams: Int! reviews: [Review!]')} type Review { text: String }`;
    await library.told({ subgraph: 'reviews', sdl: clash });
    await library.told({
      subgraph: 'loans',
      sdl: 'type Query { reader(id: ID!): Reader } type Reader @key(fields: "id") { id: ID! card: String }',
    });
    await asked.graph.refresh();
    expect(asked.graph.problems()).toEqual([
      {
        service: 'reviews',
        kind: 'UNFIT',
        isServed: true,
        since: expect.any(Date),
        messages: [expect.stringMatching(/reviews.*: Book\.grams: .*@shareable.*INVALID_FIELD_SHARING/)],
      },
    ]);
    expect(await asked.ask(question)).toEqual(answer);
    expect(await asked.ask('{ reader(id: "ada") { card } }')).toEqual({ data: { reader: { card: null } } });
  });

  it('keeps its service out at the start, and nothing else', async () => {
    await library.told({ subgraph: 'reviews', sdl: 'type Query {' });
    asked = await graphOver(addresses());
    expect(asked.graph.missing).toEqual([{ service: 'reviews', reason: expect.stringMatching(/no GraphQL schema/) }]);
    expect((await asked.ask('{ opensAt items { id } }')).errors).toBeUndefined();
    await library.told({ subgraph: 'reviews', sdl: '' });
    await asked.graph.refresh();
    expect(asked.graph.missing).toEqual([]);
    expect((await asked.ask(question)).errors).toBeUndefined();
  });
});

describe('a service that is down', () => {
  /** A port nobody listens at, so that a service can come, die and return there. */
  async function port(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    server.close();
    await once(server, 'close');
    return typeof address === 'object' && address ? address.port : 0;
  }

  it('joins when it comes, keeps its part when it dies, and answers when it returns', async () => {
    const at = await port();
    const start = () => startService('library.mjs', String(at));
    const without = SUBGRAPHS.filter((name) => name !== 'reviews');
    asked = await graphOver({ ...addresses(without), reviews: `http://127.0.0.1:${at}/reviews` });
    expect(asked.graph.missing).toEqual([{ service: 'reviews', reason: expect.stringMatching(/cannot be reached/) }]);
    expect(await asked.ask('{ item(id: "b1") { ... on Book { stars } } }')).toEqual({ data: { item: { stars: 1 } } });

    const born = await start();
    await asked.graph.refresh();
    expect(asked.graph.problems()).toEqual([]);
    expect(await asked.ask('{ item(id: "b1") { ... on Book { stars } } }')).toEqual({ data: { item: { stars: 4.5 } } });

    await born.stop();
    await asked.graph.refresh();
    expect(asked.graph.problems()).toMatchObject([{ service: 'reviews', kind: 'UNREAD', isServed: true }]);
    expect(asked.graph.missing).toEqual([]);
    expect(await asked.ask('{ item(id: "b1") { title ... on Book { stars } } }')).toMatchObject({
      data: { item: { title: 'The Dispossessed', stars: null } },
      errors: [{ extensions: { code: 'SERVICE_UNAVAILABLE', service: 'reviews' } }],
    });

    const reborn = await start();
    await asked.graph.refresh();
    expect(asked.graph.problems()).toEqual([]);
    await expect
      .poll(() => asked.ask('{ item(id: "b1") { ... on Book { stars } } }'))
      .toEqual({ data: { item: { stars: 4.5 } } });
    await reborn.stop();
  });
});
