import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parse } from 'graphql';
import { signedCredentials } from '../src/services/credentials.js';
import type { Service } from '../src/services/service.js';
import { subgraphConnector } from '../src/services/subgraph/connector.js';

/**
 * What one call to a service costs Habeas: a subgraph in a process of its own that answers about 3 KB from memory, and
 * the connector alone before it, with no graph. Told are calls per second, CPU of this process for each question and
 * each HTTP call, and how many questions one call carried.
 */
const SECONDS = Number(process.env.BENCH_SECONDS ?? 3);
const PEOPLE = 5_000;

if (process.argv[2] === 'subgraph') serve();
else await bench();

async function bench(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['subgraph']);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  const { privateKey } = generateKeyPairSync('ed25519');
  const credentials = signedCredentials({ kid: 'bench', privateKey, publicJwk: {} } as never, 'http://127.0.0.1');
  const connector = subgraphConnector(serviceAt(`http://127.0.0.1:${port}/graphql`), credentials);
  const calls = async () => Number(await (await fetch(`http://127.0.0.1:${port}/calls`)).text());
  // Each text of a document makes batches of its own, so the second row is what a call costs that nothing joins.
  const rows = [];
  for (const [name, texts] of [
    ['same document', 1],
    ['64 documents', 64],
  ] as const) {
    const requests = Array.from({ length: texts }, (_, n) =>
      parse(`query Q${n}($r: [_Any!]!) {
      _entities(representations: $r) { ... on Account { orders { id total items { title price } } } } }`),
    );
    for (const concurrency of [1, 16, 64]) {
      const ask = async (n: number) => {
        const document = requests[n % texts] ?? requests[0];
        if (!document) return;
        const id = String(Math.floor(Math.random() * PEOPLE));
        await connector.execute(
          { document, variables: { r: [{ __typename: 'Account', id }] } },
          { subjects: async () => [] },
        );
      };
      await during(1.5, concurrency, ask);
      const before = await calls();
      const cpu = process.cpuUsage();
      const { questions, seconds } = await during(SECONDS, concurrency, ask);
      const { user, system } = process.cpuUsage(cpu);
      const sent = (await calls()) - before;
      rows.push({
        case: name,
        concurrency,
        'questions/s': Math.round(questions / seconds),
        'cpu ms/question': Number(((user + system) / 1000 / questions).toFixed(3)),
        'cpu ms/call': Number(((user + system) / 1000 / sent).toFixed(3)),
        'questions/call': Number((questions / sent).toFixed(1)),
      });
    }
  }
  console.table(rows);
  await connector.close();
  child.kill();
}

async function during(seconds: number, concurrency: number, ask: (n: number) => Promise<void>) {
  const began = performance.now();
  let questions = 0;
  await Promise.all(
    Array.from({ length: concurrency }, async (_, n) => {
      while (performance.now() - began < seconds * 1000) {
        await ask(n);
        questions += 1;
      }
    }),
  );
  return { questions, seconds: (performance.now() - began) / 1000 };
}

function serviceAt(url: string): Service {
  return {
    name: 'shop',
    field: 'shop',
    title: 'Shop',
    description: null,
    kind: 'SUBGRAPH',
    affiliation: 'AFFILIATED',
    country: 'GB',
    transferSafeguard: null,
    connection: { kind: 'subgraph', url, sdlFile: null, audience: 'shop' },
    declarations: [],
    datasets: [],
    erasure: new Map(),
    retention: new Map(),
    source: null,
    file: 'shop.yml',
  };
}

/** Answers each representation with the same orders, and `_service` with an SDL that has them. */
function serve(): void {
  const sdl = `type Account @key(fields: "id") { id: ID! orders: [Order] } type Order { id: ID total: Int items: [Item] }
    type Item { title: String price: Float }`;
  const items = Array.from({ length: 6 }, (_, n) => ({ title: `An item with a longer title ${n}`, price: n + 0.5 }));
  const orders = JSON.stringify(Array.from({ length: 8 }, (_, n) => ({ id: `order-${n}`, total: n * 100, items })));
  let calls = 0;
  const server = createServer(async (request, response) => {
    if (request.url === '/calls') return response.end(String(calls));
    calls += 1;
    let body = '';
    for await (const chunk of request) body += chunk;
    const { query, variables } = JSON.parse(body) as { query: string; variables: { r?: { id: string }[] } };
    if (query.includes('_service')) return response.end(JSON.stringify({ data: { _service: { sdl } } }));
    const key = /(\w+): id/.exec(query)?.[1];
    const entities = (variables.r ?? []).map(({ id }) => `{"orders":${orders}${key ? `,"${key}":"${id}"` : ''}}`);
    const text = `{"data":{"_entities":[${entities.join(',')}]}}`;
    response
      .writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
      .end(text);
  });
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
  process.on('disconnect', () => process.exit());
}
