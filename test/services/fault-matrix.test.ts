import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type ExecutionResult, GraphQLError, parse } from 'graphql';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../src/database/embedded.js';
import type { Connector, SubgraphContext } from '../../src/services/connector.js';
import { httpConnector } from '../../src/services/http/connector.js';
import { GRAPH_LIMITS } from '../../src/services/outgoing.js';
import { POSTGRES_LIMITS } from '../../src/services/postgres/client.js';
import { postgresConnector } from '../../src/services/postgres/connector.js';
import type { Connection, Service } from '../../src/services/service.js';
import { subgraphConnector } from '../../src/services/subgraph/connector.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { plainCredentials } from '../support/services/credentials.js';
import { FAULTS, HASTY } from '../support/services/faults.js';
import { type ProxyMode, startFaultyProxy } from '../support/services/faulty-proxy.js';
import { collection, dataset, field, service } from '../support/services/manifests.js';
import { type RunningService, startService } from '../support/services/process.js';

/** Four services as those of the demo are: two databases, a subgraph, a GDPR API. Each breaks while the others are well. */
const NAMES = ['audit', 'newsletter', 'training', 'support'] as const;
type Name = (typeof NAMES)[number];

const BUDGET_MS = HASTY.totalMs;
const LIMITS = { connectMs: 500, totalMs: 1_000 };
const AT_ONCE = 4;

const directory = mkdtempSync(path.join(tmpdir(), 'habeas-matrix-'));
const sdlFile = path.join(directory, 'training.graphql');
let database: TestDatabase;
let web: RunningService;
let nowhere: number;
beforeAll(async () => {
  writeFileSync(sdlFile, 'type Account @key(fields: "id") { id: ID! nickname: String }');
  database = await emptyDatabase();
  const sql = postgres(database.url, { max: 1 });
  await sql`create table notes (id int primary key, owner text, title text)`;
  await sql`insert into notes values (1, 'p1', 'of p1')`;
  await sql.end();
  web = await startService('faulty.mjs');
  nowhere = await freePort();
});
afterAll(async () => {
  await web.stop();
  await database.drop();
  rmSync(directory, { recursive: true });
});

const notes = dataset([
  collection('notes', [
    field('id', { primaryKey: true, dataType: 'integer' }),
    field('owner', { identity: 'external_id' }),
    field('title'),
  ]),
]);
const tickets = dataset([collection('tickets', [field('ticket_id')])]);

const named = (name: Name, connection: Connection, rest: Partial<Service> = {}) =>
  service(connection, { name, field: name, title: name, ...rest });

/** A connector whose service breaks in this way. One that is `well` gets the time a busy machine takes. */
async function connectorTo(name: Name, mode: string): Promise<Connector> {
  const graphLimits = mode === 'well' ? GRAPH_LIMITS : HASTY;
  const limits = mode === 'well' ? POSTGRES_LIMITS : LIMITS;
  const origin =
    mode === 'refuse' ? `http://127.0.0.1:${nowhere}` : mode === 'tls' ? web.url.replace('http', 'https') : web.url;
  if (name === 'training') {
    const connection = { kind: 'subgraph', url: `${origin}/${mode}/graphql`, sdlFile, audience: 'a' } as const;
    return subgraphConnector(named(name, connection), plainCredentials, { graphLimits });
  }
  if (name === 'support') {
    const url = `${origin}/${mode}/{externalId}`;
    const connection = { kind: 'http', url, audience: 'a', queryScope: 'q', deleteScope: 'd' } as const;
    return httpConnector(named(name, connection, { datasets: [tickets] }), plainCredentials, { graphLimits });
  }
  const proxy = await startFaultyProxy(Number(new URL(database.url).port));
  const url = Object.assign(new URL(database.url), { port: String(proxy.port) });
  if (mode === 'tls') url.searchParams.set('sslmode', 'require');
  const connection = { kind: 'postgres', url: url.href, schema: 'public' } as const;
  const connector = postgresConnector(named(name, connection, { kind: 'POSTGRES', datasets: [notes] }), {
    limits,
  });
  const close = connector.close.bind(connector);
  // First what hangs, so that closing has nothing to wait for.
  Object.assign(connector, { close: () => proxy.close().then(close) });
  if (mode === 'tls') return connector;
  await asking(connector, name); // sessions stand before they break
  proxy.mode = mode as ProxyMode;
  return connector;
}

const SELECTION: Readonly<Record<Name, string>> = {
  audit: 'audit { notes { nodes { title } } }',
  newsletter: 'newsletter { notes { nodes { title } } }',
  training: 'nickname',
  support: 'support { tickets { nodes { ticketId } } }',
};
const people: SubgraphContext = {
  subjects: async (ids) => ids.map((accountId) => ({ accountId, externalId: accountId, emails: [], phones: [] })),
};

/** As the graph asks: a service that fails is an error in the answer. */
async function asking(connector: Connector, name: Name): Promise<ExecutionResult> {
  const document = parse(
    `query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { ${SELECTION[name]} } } }`,
  );
  try {
    return await connector.execute({ document, variables: { r: [{ __typename: 'Account', id: 'p1' }] } }, people);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return { data: null, errors: [error] };
  }
}

async function askAll(connectors: Readonly<Record<Name, Connector>>) {
  const began = performance.now();
  const answers = NAMES.map(async (name) => {
    const answer = JSON.stringify(await asking(connectors[name], name));
    return { answer, took: performance.now() - began };
  });
  return Promise.all(answers);
}

const WEB = [...FAULTS.map(([mode]) => mode), 'refuse', 'tls'];
const STORE = ['refuse', 'silent', 'drip', 'cut', 'garbage', 'tls'];
const MODES: Readonly<Record<Name, readonly string[]>> = {
  audit: STORE,
  newsletter: STORE,
  training: [...WEB, 'other-person', 'fewer-people', 'more-people'],
  // What is wrong as GraphQL alone is nothing wrong with a tree.
  support: WEB,
};

describe('one of four services breaks (R-20, T-33, T-34)', () => {
  it.each(NAMES)('%s: the others answer within the budget, and its part is an error with its name', async (broken) => {
    const healthy = Object.fromEntries(
      await Promise.all(NAMES.map(async (name) => [name, await connectorTo(name, 'well')] as const)),
    ) as Record<Name, Connector>;
    const well = await askAll(healthy);
    expect(well.filter(({ answer }) => !answer.includes('of p1'))).toEqual([]);

    // What this process itself was kept from running, no service can be blamed for.
    const stalls = monitorEventLoopDelay({ resolution: 10 });
    stalls.enable();
    const open = [...MODES[broken]];
    const wrong: unknown[] = [];
    const worker = async () => {
      for (let mode = open.shift(); mode !== undefined; mode = open.shift()) {
        const connector = await connectorTo(broken, mode);
        const answers = await askAll({ ...healthy, [broken]: connector });
        const [{ answer: own, took } = { answer: '{}', took: Number.NaN }] = answers.splice(NAMES.indexOf(broken), 1);
        const { errors } = JSON.parse(own) as ExecutionResult;
        const isTold =
          errors?.length === 1 &&
          errors[0]?.extensions?.code === 'SERVICE_UNAVAILABLE' &&
          errors[0].extensions.service === broken;
        const isRest = answers.every(({ answer }) => answer.includes('of p1') && !answer.includes('errors'));
        const isQuiet = !/CANARY|127\.0\.0\.1|of p1/.test(own);
        if (!isTold || !isRest || !isQuiet || took > BUDGET_MS + 250 + stalls.max / 1e6) {
          wrong.push({ mode, own, isTold, isRest, isQuiet, took: Math.round(took) });
        }
        await connector.close();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    stalls.disable();
    expect(wrong).toEqual([]);
    await Promise.all(Object.values(healthy).map((connector) => connector.close()));
  });
});
