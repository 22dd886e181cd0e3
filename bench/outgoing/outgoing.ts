import { generateKeyPairSync } from 'node:crypto';
import { type DocumentNode, parse, print } from 'graphql';
import { Pool } from 'undici';
import { signedCredentials } from '../../src/services/credentials.js';
import type { Service } from '../../src/services/service.js';
import { subgraphConnector } from '../../src/services/subgraph/connector.js';
import { type Bench, type BenchOptions, Ends } from '../bench.js';
import { startChild } from '../child.js';
import { accountId, diceOf } from '../gateway/people.js';
import { selectionAt } from '../gateway/questions.js';
import { SERVICES } from '../gateway/services.js';
import { median, type Report, type Run, ratiosOf, rounded } from '../report.js';

/**
 * What asking a service costs: Habeas' connector alone, with no graph before it, and one call by hand for each
 * question, both in this process; the service runs in one of its own. Questions of one text are asked together,
 * those of sixty-four texts mostly apart, so that the one shows what joining gives and the other what a call costs.
 */
export const outgoing: Bench = {
  name: 'outgoing',
  about: 'one question to one service: the connector of Habeas alone, and a call by hand',
  async run(options) {
    const ends = new Ends();
    try {
      return await run(options, ends);
    } finally {
      await ends.all();
    }
  },
};

/** Asks one question, by number, about one person. */
type Ask = (n: number, id: string) => Promise<unknown>;

const CASES = (['together', 'apart'] as const).flatMap((kind) =>
  [1, 16, 64].map((concurrency) => ({ name: `${kind}@${concurrency}`, texts: kind === 'apart' ? 64 : 1, concurrency })),
);

async function run(options: BenchOptions, ends: Ends): Promise<Report> {
  const [service] = SERVICES;
  if (!service) throw new Error('There is no service to ask.');
  const args = [service.name, String(options.accounts)];
  const child = ends.with(startChild(new URL('../gateway/subgraph.js', import.meta.url), { args }), (it) => it.stop());
  const { url } = await child.hear<{ url: string }>();
  const calls = async () => (await child.ask<{ requests: number }>('count')).requests;
  const documents = Array.from({ length: 64 }, (_, n) =>
    parse(
      `query Q${n}($of: [_Any!]!) { _entities(representations: $of) { ... on Account { ${selectionAt(service)} } } }`,
    ),
  );
  const subjects = { habeas: throughConnector(url, documents, ends), undici: byHand(url, documents, ends) };

  // The service makes its answers when it first sees a question, which takes it a moment.
  for (const ask of Object.values(subjects)) for (const n of documents.keys()) await ask(n, accountId(0));

  const runs: Run[] = [];
  for (const each of CASES) {
    if (options.cases && !options.cases.includes(each.name)) continue;
    for (const [subject, ask] of Object.entries(subjects)) {
      await stretch(ask, each, 'warm-up', options, calls);
      const samples = [];
      for (let round = 0; round < options.rounds; round += 1) {
        samples.push(await stretch(ask, each, `round ${round}`, options, calls));
      }
      runs.push(summary(each.name, subject, samples));
      options.say(`${each.name} ${subject}: ${runs.at(-1)?.cpu_ms} ms of processor time for each question`);
    }
  }
  return { ratios: ratiosOf(runs), runs };
}

function throughConnector(url: string, documents: readonly DocumentNode[], ends: Ends): Ask {
  const { privateKey } = generateKeyPairSync('ed25519');
  const credentials = signedCredentials({ kid: 'bench', privateKey, publicJwk: {} } as never, 'http://127.0.0.1');
  const connector = ends.with(subgraphConnector(serviceAt(url), credentials), (made) => made.close());
  return (n, id) => {
    const document = documents[n % documents.length] as DocumentNode;
    const variables = { of: [{ __typename: 'Account', id }] };
    return connector.execute({ document, variables }, { subjects: async () => [] });
  };
}

function byHand(url: string, documents: readonly DocumentNode[], ends: Ends): Ask {
  const { origin, pathname } = new URL(url);
  const pool = ends.with(new Pool(origin, { connections: 64 }), (made) => made.close());
  const texts = documents.map(print);
  return async (n, id) => {
    const { body } = await pool.request({
      method: 'POST',
      path: pathname,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: texts[n % texts.length], variables: { of: [{ __typename: 'Account', id }] } }),
    });
    return body.json();
  };
}

type Sample = Omit<Run, 'case' | 'subject'>;

async function stretch(
  ask: Ask,
  { texts, concurrency }: (typeof CASES)[number],
  seed: string,
  { seconds, accounts }: BenchOptions,
  calls: () => Promise<number>,
): Promise<Sample> {
  const dice = diceOf(seed);
  const latencies: number[] = [];
  const callsBefore = await calls();
  const cpu = process.cpuUsage();
  const began = performance.now();
  const asker = async (_: unknown, n: number) => {
    for (let now = performance.now(); now - began < seconds * 1_000; now = performance.now()) {
      const answer = (await ask(n % texts, accountId(dice(accounts)))) as { data?: { _entities?: unknown[] } };
      if (!answer.data?._entities?.[0]) throw new Error(`an answer is not whole: ${JSON.stringify(answer)}`);
      latencies.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, asker));
  const { user, system } = process.cpuUsage(cpu);
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return {
    rps: sorted.length / ((performance.now() - began) / 1_000),
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    cpu_ms: (user + system) / 1_000 / sorted.length,
    subrequests: ((await calls()) - callsBefore) / sorted.length,
  };
}

function summary(name: string, subject: string, samples: readonly Sample[]): Run {
  const of = (key: keyof Sample) => rounded(median(samples.map((sample) => sample[key] ?? 0)));
  const figures = { rps: of('rps'), p50_ms: of('p50_ms'), p99_ms: of('p99_ms') };
  return { case: name, subject, ...figures, cpu_ms: of('cpu_ms'), subrequests: of('subrequests') };
}

function serviceAt(url: string): Service {
  return {
    name: 'orders',
    field: 'orders',
    title: 'Orders',
    description: null,
    kind: 'SUBGRAPH',
    affiliation: 'AFFILIATED',
    country: 'GB',
    transferSafeguard: null,
    connection: { kind: 'subgraph', url, sdlFile: null, audience: 'orders' },
    declarations: [],
    datasets: [],
    erasure: new Map(),
    retention: new Map(),
    source: null,
    file: 'orders.yml',
  };
}
