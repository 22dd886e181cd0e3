import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../src/database/embedded.js';
import { type Bench, type BenchOptions, Ends } from '../bench.js';
import { type Child, startChild } from '../child.js';
import { ask, type Case, type MeasureOptions, measure, type Subject, warmUp } from '../measure.js';
import { type Report, ratiosOf } from '../report.js';
import { startHabeas } from './habeas.js';
import { startIssuer } from './issuer.js';
import { writeManifests } from './manifests.js';
import { HIVE_MODES, installPeers, startApollo, startHive, writeSupergraph } from './peers.js';
import { SERVICES } from './services.js';
import { makeStores } from './stores.js';

export const gateway: Bench = {
  name: 'gateway',
  about: 'one question over four services, through Habeas with every check on, other gateways, and by hand',
  async run(options) {
    const ends = new Ends();
    try {
      return await run(options, ends);
    } finally {
      await ends.all();
    }
  },
};

async function run(options: BenchOptions, ends: Ends): Promise<Report> {
  const { accounts, say } = options;
  const wanted = chosen(options.cases);
  if (options.peers) await installPeers(say);
  const directory = ends.with(mkdtempSync(path.join(tmpdir(), 'habeas-bench-')), (made) =>
    rmSync(made, { recursive: true, force: true }),
  );
  const start = (file: string, ...args: string[]) =>
    ends.with(startChild(new URL(file, import.meta.url), { args }), (child) => child.stop());

  say(`starting four services and Postgres, and registering ${accounts} people`);
  const services = SERVICES.map(({ name }) => start('subgraph.js', name, String(accounts)));
  const urls = await Promise.all(services.map(urlOf));
  const postgres = ends.with(await startEmbeddedPostgres({ directory: path.join(directory, 'postgres') }), (server) =>
    server.stop(),
  );
  const storeUrl = await makeStores(postgres.url, accounts);
  const issuer = ends.with(await startIssuer(), (started) => started.close());
  const running = await startHabeas({
    directory,
    serverUrl: postgres.url,
    manifests: writeManifests(directory, urls, storeUrl),
    issuer,
    accounts,
    profile: options.profile,
  });
  ends.with(running.child, (child) => child.stop());
  const habeas: Subject = {
    name: 'habeas',
    url: running.url,
    headers: running.headers,
    processes: [
      { name: 'habeas', pid: running.child.pid },
      { name: 'Postgres', pid: postgres.pid },
    ],
  };
  const limit = await subject('limit', start('limit.js', ...urls));
  const driver = await subject('driver', start('driver.js', storeUrl));

  const measuring: MeasureOptions = {
    ...options,
    asker: start('../load/asker.js'),
    subrequests: () => requestsOf(services),
  };
  const peers = options.peers ? await startPeers(writeSupergraph(urls, directory), measuring, ends) : [];
  const cases = wanted.map((each) => ({
    ...each,
    subjects: each.question === 'postgres' ? [habeas, driver] : [habeas, ...peers, limit],
  }));
  say('warming up');
  await warmUp(cases, measuring);
  const runs = await measure(cases, measuring);
  return { ratios: ratiosOf(runs), runs };
}

/** Everything of one person and of fifty, from four services; and of one from four tables, which Habeas reads itself. */
const CASES: readonly Omit<Case, 'subjects'>[] = [
  ...(['one', 'fifty'] as const).flatMap((question) =>
    [64, 16, 1].map((concurrency) => ({ name: `${question}@${concurrency}`, question, concurrency })),
  ),
  { name: 'postgres@64', question: 'postgres', concurrency: 64 },
];

function chosen(names: BenchOptions['cases']): typeof CASES {
  const unknown = names?.filter((name) => !CASES.some((each) => each.name === name)) ?? [];
  if (unknown.length === 0) return names ? CASES.filter(({ name }) => names.includes(name)) : CASES;
  throw new Error(`--cases: there is no ${unknown.join(', ')}, only ${CASES.map(({ name }) => name).join(', ')}.`);
}

async function subject(name: string, child: Child): Promise<Subject> {
  return { name, url: await urlOf(child), headers: {}, processes: [{ name, pid: child.pid }] };
}

async function urlOf(child: Child): Promise<string> {
  return (await child.hear<{ url: string }>()).url;
}

async function requestsOf(services: readonly Child[]): Promise<number> {
  const counts = await Promise.all(services.map((service) => service.ask<{ requests: number }>('count')));
  return counts.reduce((sum, { requests }) => sum + requests, 0);
}

/** The other gateways, each at its best. */
async function startPeers(supergraph: string, options: MeasureOptions, ends: Ends): Promise<Subject[]> {
  options.say('starting the other gateways');
  const apollo = ends.with(startApollo(supergraph), (child) => child.stop());
  const hives = await Promise.all(
    Object.entries(HIVE_MODES).map(async ([mode, settings]) => {
      const child = ends.with(await startHive(supergraph, settings), (started) => started.stop());
      return { mode, child, subject: await subject('hive-gateway', child) };
    }),
  );
  const tried = [];
  for (const hive of hives) {
    await ask({ question: 'one', concurrency: 16 }, hive.subject, 'warm-up', options);
    const { rps } = await ask({ question: 'one', concurrency: 64 }, hive.subject, 'trial', options);
    options.say(`Hive Gateway with ${hive.mode}: ${rps.toFixed(0)}/s`);
    tried.push({ ...hive, rps });
  }
  const [best, ...others] = tried.sort((a, b) => b.rps - a.rps);
  await Promise.all(others.map(({ child }) => child.stop()));
  return [...(best ? [best.subject] : []), await subject('apollo-gateway', apollo)];
}
