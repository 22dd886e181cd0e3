import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { register } from '../../src/accounts/accounts.js';
import { readConfig } from '../../src/config.js';
import { give } from '../../src/consents/consents.js';
import { type Keys, loadKeys } from '../../src/crypto/keys.js';
import { createDatabase, openDatabase } from '../../src/database/database.js';
import { freePort, startEmbeddedPostgres } from '../../src/database/embedded.js';
import { projectRoot } from '../../src/database/project-root.js';
import { newSecret } from '../../src/events/secrets.js';
import { publishPolicy } from '../../src/policies/policies.js';
import { developmentToken } from '../../src/server/development-issuer.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { type Bench, type BenchOptions, Ends } from '../bench.js';
import { type Child, startChild } from '../child.js';
import { cpuMs } from '../cpu.js';
import { median, type Report, type Run, rounded } from '../report.js';

/**
 * How soon a service is told: `habeas start` in a process of its own, people who withdraw their consent over HTTP with
 * their own tokens at an even pace, and a service that is told of it. What counts runs from sending the withdrawal until
 * the service has the event.
 */
export const events: Bench = {
  name: 'events',
  about: 'withdrawals at 200 a second: until they are answered, and until a service has been told of them',
  async run(options) {
    const ends = new Ends();
    try {
      return await run(options, ends);
    } finally {
      await ends.all();
    }
  },
};

const PER_SECOND = 200;
/** Within which 99 of 100 are meant to be told. */
const LIMIT_MS = 2_000;
const USE = 'analytics.reporting';
const DATABASE = 'habeas';
const READY_WITHIN_MS = 60_000;
const TOLD_WITHIN_MS = 60_000;
const AT_ONCE = 4;
const QUERY = `mutation { withdrawConsent(input: { purpose: "${USE}" }) { consent { status } } }`;

interface Person {
  readonly id: string;
  readonly token: string;
}

/** Latencies of one round, milliseconds. */
interface Sample {
  readonly perSecond: number;
  readonly answered: readonly number[];
  readonly told: readonly number[];
  /** Of the process of Habeas, for one withdrawal; null where the system does not tell. */
  readonly cpuMs: number | null;
}

async function run(options: BenchOptions, ends: Ends): Promise<Report> {
  const folder = ends.with(mkdtempSync(path.join(tmpdir(), 'habeas-bench-')), (it) =>
    rmSync(it, { recursive: true, force: true }),
  );
  const receiver = ends.with(startChild(new URL('receiver.js', import.meta.url)), (it) => it.stop());
  const { url } = await receiver.hear<{ url: string }>();
  const server = ends.with(await startEmbeddedPostgres({ directory: path.join(folder, 'postgres') }), (it) =>
    it.stop(),
  );
  await createDatabase(server.url, DATABASE);
  const port = await freePort();
  const env = {
    NODE_ENV: 'test',
    DATABASE_URL: Object.assign(new URL(server.url), { pathname: `/${DATABASE}` }).href,
    HABEAS_DATA: folder,
    HABEAS_SERVICES: writeManifest(folder, url),
    HABEAS_PORT: String(port),
    HABEAS_DRAIN_SECONDS: '0',
    HABEAS_LOG_LEVEL: 'error',
  };
  const config = readConfig(env);
  const keys = await loadKeys(config.keysFile, { create: true });
  const each = Math.max(1, Math.round(PER_SECOND * options.seconds));
  options.say(`registering ${each * (options.rounds + 1)} people`);
  const people = await populate(config, keys, each * (options.rounds + 1));

  const habeas = ends.with(startChild(new URL('dist/src/main.js', projectRoot()), { args: ['start'], env }), (it) =>
    it.stop(),
  );
  const origin = `http://127.0.0.1:${port}`;
  await ready(`${origin}/readyz`, habeas);
  const pool = ends.with(new Pool(origin, { connections: 64 }), (it) => it.destroy());
  await round(people.splice(0, each), pool, receiver, habeas); // code is compiled, connections stand
  const samples: Sample[] = [];
  for (let n = 1; n <= options.rounds; n += 1) {
    const sample = await round(people.splice(0, each), pool, receiver, habeas);
    samples.push(sample);
    options.say(
      `round ${n}  told after ${at(sample.told, 0.5).toFixed(1)} ms, p99 ${at(sample.told, 0.99).toFixed(1)} ms`,
    );
  }
  const runs = [summary('answered', samples), summary('told', samples)];
  const p99 = runs[1]?.p99_ms ?? Number.NaN;
  return { ratios: { told: { limit: rounded(LIMIT_MS / p99) } }, runs };
}

function writeManifest(folder: string, url: string): string {
  const directory = path.join(folder, 'services');
  mkdirSync(directory);
  writeFileSync(
    path.join(directory, 'shop.yml'),
    `habeas:
  affiliation: affiliated
  country: GB
  connection:
    http: { url: "${url}/{externalId}" }
  notify: { url: "${url}", secret: "${newSecret()}" }
system:
  - fides_key: shop
    name: Shop
    system_type: Application
    privacy_declarations:
      - data_use: ${USE}
        data_categories: [user]
        data_subjects: [customer]
        legal_basis_for_processing: Consent
        retention_period: P1Y
dataset:
  - fides_key: shop
    name: Shop
    collections:
      - name: orders
        fields:
          - { name: order_id, data_categories: [user.content], fides_meta: { data_type: string, primary_key: true } }
`,
  );
  return directory;
}

/** People the shop knows, who have agreed. Nobody is to be told of that: there is no subscription yet. */
async function populate(config: ReturnType<typeof readConfig>, keys: Keys, count: number): Promise<Person[]> {
  const database = await openDatabase(config);
  const { db } = database;
  try {
    const purpose = {
      ...{ purpose: USE, title: USE, description: 'We count.', lawfulBasis: 'CONSENT' as const, categories: ['user'] },
      ...{ retention: null, recipients: [], material: false, marketing: false },
    };
    const policy = { version: 1, effectiveFrom: '2018-05-25', title: 'Policy', text: 'Text.', purposes: [purpose] };
    await db.transaction((tx) => publishPolicy(tx, new Date(), taxonomy, policy, 'staff (dps)'));
    const rules = { age: 13, months: 24, taxonomy };
    const people: Person[] = [];
    const worker = async () => {
      while (people.length < count) {
        const accountId = crypto.randomUUID();
        people.push({ id: accountId, token: await developmentToken(config, keys, { kind: 'subject', accountId }) });
        await db.transaction(async (tx) => {
          await register(tx, keys, new Date(), { id: accountId, links: [{ service: 'shop', externalId: accountId }] });
          const act = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;
          await give(tx, keys, new Date(), rules, { ...act, accountId, purpose: USE, policyVersion: 1 });
        });
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return people.slice(0, count);
  } finally {
    await database.close();
  }
}

async function ready(address: string, child: Child): Promise<void> {
  const isReady = () =>
    fetch(address).then(
      (answer) => answer.ok,
      () => false,
    );
  for (let waited = 0; waited < READY_WITHIN_MS; waited += 100) {
    if (await isReady()) return;
    child.requireAlive();
    await delay(100);
  }
  throw new Error('Habeas did not come up.');
}

/** Everybody withdraws, at an even pace whatever the answers take. */
async function round(people: readonly Person[], pool: Pool, receiver: Child, habeas: Child): Promise<Sample> {
  const cpu = cpuMs(habeas.pid);
  const began = performance.now();
  const sent = new Map<string, number>();
  const answered = await Promise.all(
    people.map(async ({ id, token }, index) => {
      await delay(Math.max(0, began + (index * 1_000) / PER_SECOND - performance.now()));
      const start = performance.now();
      sent.set(id, performance.timeOrigin + start);
      await withdraw(pool, token);
      return performance.now() - start;
    }),
  );
  const perSecond = people.length / ((performance.now() - began) / 1_000);
  const told: number[] = [];
  for (const late = performance.now() + TOLD_WITHIN_MS; told.length < people.length; await delay(50)) {
    const { came } = await receiver.ask<{ came: [string, number][] }>('came');
    for (const [id, at] of came) told.push(at - (sent.get(id) ?? Number.NaN));
    if (performance.now() > late) throw new Error(`${told.length} of ${people.length} withdrawals were told`);
  }
  const after = cpuMs(habeas.pid);
  return { perSecond, answered, told, cpuMs: cpu === null || after === null ? null : (after - cpu) / people.length };
}

async function withdraw(pool: Pool, token: string): Promise<void> {
  const { body } = await pool.request({
    method: 'POST',
    path: '/graphql',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify({ query: QUERY }),
  });
  const answer = (await body.json()) as { data?: { withdrawConsent: { consent: { status: string } } } };
  if (answer.data?.withdrawConsent.consent.status !== 'WITHDRAWN') throw new Error('a withdrawal was refused');
}

const at = (latencies: readonly number[], share: number): number => {
  const sorted = latencies.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
};

function summary(name: 'answered' | 'told', samples: readonly Sample[]): Run {
  const of = (value: (sample: Sample) => number) => rounded(median(samples.map(value)));
  const isKnown = samples.every(({ cpuMs: own }) => own !== null);
  return {
    case: name,
    subject: 'habeas',
    rps: of(({ perSecond }) => perSecond),
    p50_ms: of((sample) => at(sample[name], 0.5)),
    p99_ms: of((sample) => at(sample[name], 0.99)),
    cpu_ms: isKnown ? of(({ cpuMs: own }) => own ?? 0) : null,
    subrequests: name === 'told' ? 1 : 0,
  };
}
