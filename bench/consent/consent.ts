import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { register } from '../../src/accounts/accounts.js';
import { give } from '../../src/consents/consents.js';
import { readStandings } from '../../src/consents/standing.js';
import { type Keys, loadKeys } from '../../src/crypto/keys.js';
import { createDatabase, type Database, openDatabase } from '../../src/database/database.js';
import { startEmbeddedPostgres } from '../../src/database/embedded.js';
import { publishPolicy } from '../../src/policies/policies.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { type Bench, type BenchOptions, Ends } from '../bench.js';
import { diceOf } from '../gateway/people.js';
import { median, type Report, type Run, ratiosOf, rounded } from '../report.js';
import { fillLedger, PURPOSES, personAt } from './ledger.js';
import { recorder } from './recorder.js';

/**
 * What a consent costs beside the statements it comes to: Habeas' own functions, and the driver alone, which sends
 * the very statements Habeas has sent, prepared; on one Postgres, in turns. And what reading costs once the ledger is
 * large, beside a small one.
 */
export const consent: Bench = {
  name: 'consent',
  about: 'giving consent and reading it for many people: Habeas, and the driver alone with the same statements',
  async run(options) {
    const ends = new Ends();
    try {
      return await run(options, ends);
    } finally {
      await ends.all();
    }
  },
};

const SMALL_LEDGER = 10_000;
const LARGE_LEDGER = 5_000_000;
/** People a read asks about, as one question about a list does. */
const AT_ONCE = 50;
/** People who are asked about at all. */
const ACTIVE = 1_000;
const WRITERS = 200;
const CONNECTIONS = 10;
const RULES = { age: 13, months: 24, taxonomy };
const ACT = { channel: 'APP', actor: 'data subject', by: 'PERSON' } as const;

/** Does something once. */
type Act = () => Promise<unknown>;

interface Case {
  readonly name: string;
  readonly concurrency: number;
  readonly subjects: Readonly<Record<string, Act>>;
  /** Throws where not every act did what it should. */
  readonly check?: () => Promise<void>;
}

async function run(options: BenchOptions, ends: Ends): Promise<Report> {
  const folder = ends.with(mkdtempSync(path.join(tmpdir(), 'habeas-bench-')), (it) => rmSync(it, { recursive: true }));
  const server = ends.with(await startEmbeddedPostgres({ directory: path.join(folder, 'postgres') }), (it) =>
    it.stop(),
  );
  const keys = await loadKeys(path.join(folder, 'keys.json'), { create: true });
  const stores: Store[] = [];
  for (const rows of [SMALL_LEDGER, options.rows ?? LARGE_LEDGER]) {
    stores.push(ends.with(await openStore(server.url, folder, rows, keys, options.say), (it) => it.database.close()));
  }
  const [small, large] = stores as [Store, Store];
  for (const store of stores) await warm(store);
  const cases: Case[] = [
    { name: 'write', concurrency: CONNECTIONS, ...(await writers(small, ends)) },
    { name: 'read', concurrency: 4, subjects: await readers(small, ends) },
    { name: 'growth', concurrency: 1, subjects: { habeas: readerOf(large), small: readerOf(small) } },
  ];
  const runs: Run[] = [];
  for (const each of cases) {
    if (options.cases && !options.cases.includes(each.name)) continue;
    runs.push(...(await measure(each, options)));
    await each.check?.();
  }
  return { ratios: ratiosOf(runs), runs };
}

interface Store {
  readonly database: Database;
  /** How many people the ledger is about. */
  readonly people: number;
  readonly keys: Keys;
  /** Real accounts, who can agree. */
  readonly writers: readonly string[];
}

async function openStore(
  serverUrl: string,
  folder: string,
  rows: number,
  keys: Keys,
  say: BenchOptions['say'],
): Promise<Store> {
  const name = `ledger_${rows}`;
  await createDatabase(serverUrl, name);
  const databaseUrl = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  const database = await openDatabase({ databaseUrl, dataDirectory: folder });
  await publish(database);
  say(`filling a ledger of ${rows} rows`);
  const people = await fillLedger(database.sql, rows);
  const ids: string[] = [];
  for (let n = 0; n < WRITERS; n += 1) {
    const { id } = await database.db.transaction((tx) => register(tx, keys, new Date(), {}));
    ids.push(id);
  }
  await database.sql`vacuum analyze`;
  return { database, people, keys, writers: ids };
}

async function publish({ db }: Database): Promise<void> {
  const purposes = PURPOSES.map((purpose) => ({
    ...{ purpose, title: purpose, description: 'What it means.', lawfulBasis: 'CONSENT' as const },
    ...{ categories: ['user.contact.email'], retention: null, recipients: [], material: false },
    marketing: purpose.startsWith('marketing'),
  }));
  const publication = { version: 1, effectiveFrom: '2018-05-25', title: 'Policy', text: 'Text.', purposes };
  await db.transaction((tx) => publishPolicy(tx, new Date(), taxonomy, publication, 'staff (dps)'));
}

/** Gives a consent: by Habeas, and by sending what Habeas sent with the person and the moment put in their places. */
async function writers({ database, keys, writers: ids }: Store, ends: Ends): Promise<Pick<Case, 'subjects' | 'check'>> {
  const [purpose = ''] = PURPOSES;
  const [first = ''] = ids;
  const giveAt = (accountId: string, now: Date) =>
    database.db.transaction((tx) => give(tx, keys, now, RULES, { ...ACT, accountId, purpose, policyVersion: 1 }));
  await giveAt(first, new Date());
  const moment = new Date(Date.now() + 1_000);
  const recorded = ends.with(await recorder(database.url), (it) => it.close());
  const statements = await recorded.statementsOf((db) =>
    db.transaction((tx) => give(tx, keys, moment, RULES, { ...ACT, accountId: first, purpose, policyVersion: 1 })),
  );
  const driver = ends.with(postgres(database.url, { max: CONNECTIONS, onnotice: () => {} }), (it) => it.end());
  let count = 0;
  // Later than all that was said, so that each is an act of its own.
  const next = () => {
    count += 1;
    return { accountId: ids[count % ids.length] ?? '', now: new Date(Date.now() + 10_000 + count) };
  };
  const said = async () => {
    const [row] = await database.sql<{ acts: number }[]>`
      select count(*)::int as acts from consent_events where account_id = any(${[...ids]}::uuid[])`;
    return row?.acts ?? 0;
  };
  const before = await said();
  const subjects = {
    habeas: () => {
      const { accountId, now } = next();
      return giveAt(accountId, now);
    },
    driver: () => {
      const { accountId, now } = next();
      return driver.begin(async (tx) => {
        for (const { text, parameters } of statements) {
          const values = parameters.map((value) =>
            typeof value === 'string'
              ? value.replaceAll(first, accountId).replaceAll(moment.toISOString(), now.toISOString())
              : value,
          );
          await tx.unsafe(text, values as never[], { prepare: true });
        }
      });
    },
  };
  const check = async () => {
    const written = (await said()) - before;
    if (written !== count) throw new Error(`${written} consents are on the ledger of ${count} that were given`);
  };
  return { subjects, check };
}

/** Reads where many people stand, as the gate does: by Habeas, and by sending what it sent. */
async function readers(store: Store, ends: Ends): Promise<Case['subjects']> {
  const { url } = store.database;
  const connection = { plan_cache_mode: 'force_generic_plan' };
  const driver = ends.with(postgres(url, { max: 4, onnotice: () => {}, connection }), (it) => it.end());
  const recorded = ends.with(await recorder(url), (it) => it.close());
  await recorded.statementsOf((_db, sql) => readStandings(sql, [personAt(0)], PURPOSES));
  const [statement] = await recorded.statementsOf((_db, sql) => readStandings(sql, [personAt(0)], PURPOSES));
  if (!statement) throw new Error('reading sent no statement');
  const [, ...rest] = statement.parameters as string[];
  const pick = picker(store);
  return {
    habeas: readerOf(store),
    driver: async () => {
      const rows = await driver.unsafe(statement.text, [`{${pick().join(',')}}`, ...rest], { prepare: true });
      requireAll(rows.length);
    },
  };
}

function readerOf(store: Store): Act {
  const pick = picker(store);
  return async () => requireAll((await readStandings(store.database.sql, pick(), PURPOSES)).size);
}

/**
 * Picks from as many people in a large ledger as in a small one, spread over all of it: how the statement grows is
 * measured, not how much of a database the machine's memory holds.
 */
function picker({ people }: Store): () => string[] {
  const dice = diceOf('consent');
  const active = Math.min(ACTIVE, people);
  return () => {
    const picked = new Set<number>();
    while (picked.size < AT_ONCE) picked.add(dice(active));
    return [...picked].map((n) => activeOf(people, n));
  };
}

const activeOf = (people: number, n: number) => personAt(Math.floor((n * people) / Math.min(ACTIVE, people)));

/** Reads each of those once. */
async function warm({ database, people }: Store): Promise<void> {
  for (let n = 0; n < Math.min(ACTIVE, people); n += 1) {
    await readStandings(database.sql, [activeOf(people, n)], PURPOSES);
  }
}

function requireAll(found: number): void {
  if (found !== AT_ONCE) throw new Error(`${found} people were found where ${AT_ONCE} were asked for`);
}

type Sample = Omit<Run, 'case' | 'subject' | 'subrequests'>;

/** All subjects in every round, each round beginning with another, so that what else happens falls on all alike. */
async function measure({ name, concurrency, subjects }: Case, options: BenchOptions): Promise<Run[]> {
  const entries = Object.entries(subjects);
  const samples = new Map<string, Sample[]>(entries.map(([subject]) => [subject, []]));
  for (const [, act] of entries) await stretch(act, concurrency, options.seconds);
  for (let round = 0; round < options.rounds; round += 1) {
    const rotated = entries.map((_entry, index) => entries[(index + round) % entries.length] ?? entries[0]);
    for (const entry of rotated) {
      if (!entry) continue;
      const sample = await stretch(entry[1], concurrency, options.seconds);
      samples.get(entry[0])?.push(sample);
      options.say(
        `round ${round + 1}  ${name} ${entry[0]}: ${sample.rps.toFixed(0)}/s, ${sample.p50_ms.toFixed(2)} ms`,
      );
    }
  }
  return entries.map(([subject]) => {
    const of = (key: keyof Sample) => rounded(median((samples.get(subject) ?? []).map((each) => each[key] ?? 0)));
    const figures = { rps: of('rps'), p50_ms: of('p50_ms'), p99_ms: of('p99_ms'), cpu_ms: of('cpu_ms') };
    return { case: name, subject, ...figures, subrequests: 0 };
  });
}

async function stretch(act: Act, concurrency: number, seconds: number): Promise<Sample> {
  const latencies: number[] = [];
  const cpu = process.cpuUsage();
  const began = performance.now();
  const worker = async () => {
    for (let now = performance.now(); now - began < seconds * 1_000; now = performance.now()) {
      await act();
      latencies.push(performance.now() - now);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  const { user, system } = process.cpuUsage(cpu);
  const sorted = latencies.sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? 0;
  return {
    rps: sorted.length / ((performance.now() - began) / 1_000),
    p50_ms: at(0.5),
    p99_ms: at(0.99),
    cpu_ms: (user + system) / 1_000 / sorted.length,
  };
}
