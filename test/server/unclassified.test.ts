import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { type RunningService, startService } from '../support/services/process.js';

const SUBGRAPHS = ['catalogue', 'shelves', 'postage', 'loans', 'reviews'];

let library: RunningService;
let database: TestDatabase;
let services: string;
let habeas: Habeas;
beforeAll(async () => {
  library = await startService('library.mjs');
  database = await migratedDatabase();
  services = mkdtempSync(path.join(tmpdir(), 'habeas-library-'));
  for (const name of SUBGRAPHS) {
    const address = `${library.url}/${name}`;
    const sdl = name === 'postage' ? `, sdl: "${address}"` : '';
    const manifest = `habeas: { connection: { subgraph: { url: "${address}"${sdl} } } }\nsystem: [{ fides_key: ${name} }]\n`;
    writeFileSync(path.join(services, `${name}.yml`), manifest);
  }
  const env = { HABEAS_UNCLASSIFIED: 'allow', HABEAS_GRAPH_SECONDS: '0.2', HABEAS_DRAIN_SECONDS: '0' };
  habeas = await startHabeas({ services, databaseUrl: database.url, env });
});
afterAll(async () => {
  await habeas.stop();
  await database.drop();
  await library.stop();
  rmSync(services, { recursive: true, force: true });
});

async function ask(query: string) {
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const reply = await fetch(habeas.url, { method: 'POST', headers, body: JSON.stringify({ query }) });
  return { status: reply.status, ...((await reply.json()) as { data?: unknown; errors?: { message: string }[] }) };
}

const ready = async () => (await (await fetch(new URL('/readyz', habeas.url))).json()) as Record<string, unknown>;

const REVIEWS = (mood: string) =>
  `extend schema
     @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override", "@composeDirective"])
     @link(url: "https://habeas.dev/personal-data/v1.0", import: ["@personalData"])
     @composeDirective(name: "@personalData")
   directive @personalData(category: String!, purposes: [String!]! = [], subject: String = "customer") on FIELD_DEFINITION
   type Book @key(fields: "id") { id: ID! stars: Float @override(from: "catalogue") ${mood} }`;

describe('with unclassified fields allowed, Habeas', () => {
  it('serves any subgraphs to anybody, and its own part beside them', async () => {
    expect(await ask('{ reader(id: "ada") { loans { book { title shelf stars postage(parcel: {}) } } } }')).toEqual({
      status: 200,
      data: {
        reader: {
          loans: [
            { book: { title: 'The Dispossessed', shelf: 'A', stars: 4.5, postage: 300 } },
            { book: { title: 'Red Dust Road', shelf: 'B', stars: null, postage: 400 } },
          ],
        },
      },
    });
    expect(await ask('mutation { giveBack(id: "l2") { id } }')).toEqual({
      status: 200,
      data: { giveBack: { id: 'l2' } },
    });
    expect((await ask('{ viewer { kind } }')).data).toEqual({ viewer: { kind: 'ANONYMOUS' } });
  });

  it('still gives personal data to nobody in particular', async () => {
    await library.told({ subgraph: 'reviews', sdl: REVIEWS('mood: String @personalData(category: "user.content")') });
    const personal = () => ask('{ item(id: "b1") { ... on Book { mood } } }');
    await expect.poll(personal).toMatchObject({ status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  it('tells in /readyz whose SDL is broken, and is ready all the same', async () => {
    await library.told({ subgraph: 'reviews', sdl: REVIEWS('grams: Int!') });
    await expect.poll(ready).toEqual({
      status: 'ok',
      graph: [
        {
          service: 'reviews',
          problem: 'UNFIT',
          since: expect.any(String),
          messages: [expect.stringMatching(/reviews.*: Book\.grams: .*@shareable/)],
        },
      ],
    });
    expect(habeas.output()).toMatch(/"service":"reviews","kind":"UNFIT","isServed":true/);
    await library.told({ subgraph: 'reviews', sdl: '' });
    await expect.poll(ready).toEqual({ status: 'ok' });
  });

  it('leaves its own part out where a service uses its names', async () => {
    const sdl = 'type Query { viewer: Onlooker } type Onlooker { of: String }';
    await library.told({ subgraph: 'shelves', sdl });
    await expect.poll(() => ask('{ viewer { of } }')).toEqual({ status: 200, data: { viewer: null } });
    expect(habeas.output()).toMatch(/"names":\["Query.viewer"\].*own part is left out/);
    expect((await ask('{ account(id: "1") { id } }')).errors).toMatchObject([{ message: /Cannot query field/ }]);
  });
});
