import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parse } from 'graphql';
import { Registry as PrometheusRegistry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Connector } from '../../src/services/connector.js';
import { ServiceMetrics } from '../../src/services/metrics.js';
import { Outgoing } from '../../src/services/outgoing.js';
import { subgraphConnector } from '../../src/services/subgraph/connector.js';
import { plainCredentials } from '../support/services/credentials.js';
import { FAULTS } from '../support/services/faults.js';
import { service } from '../support/services/manifests.js';
import { type RunningService, startService } from '../support/services/process.js';

/** Calls of each measurement; 10,000 for the figures of docs/performance.md. */
const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 300);

const directory = mkdtempSync(path.join(tmpdir(), 'habeas-unwell-'));
const sdlFile = path.join(directory, 'shop.graphql');
let shop: RunningService;
let opened: Connector[];
beforeAll(async () => {
  writeFileSync(sdlFile, 'type Account @key(fields: "id") { id: ID! nickname: String }');
  shop = await startService('faulty.mjs');
  opened = [];
});
afterAll(async () => {
  await Promise.all(opened.map((connector) => connector.close()));
  await shop.stop();
  rmSync(directory, { recursive: true });
});

const metrics = new PrometheusRegistry();
const measured = new ServiceMetrics(metrics);
const document = parse('query ($r: [_Any!]!) { _entities(representations: $r) { ... on Account { nickname } } }');
const nobody = { subjects: () => Promise.reject(new Error('not asked of a subgraph')) };

function asker(name: string): { connector: Connector; ask: () => Promise<boolean> } {
  const connection = { kind: 'subgraph', url: `${shop.url}/now/graphql`, sdlFile, audience: 'a' } as const;
  const connector = subgraphConnector(service(connection, { name }), plainCredentials, {
    metrics: measured.of(name),
  });
  opened.push(connector);
  let asked = 0;
  const ask = async () => {
    const variables = { r: [{ __typename: 'Account', id: `a${asked++}` }] };
    return connector.execute({ document, variables }, nobody).then(
      ({ errors }) => errors === undefined,
      () => false,
    );
  };
  return { connector, ask };
}

async function mode(name: string): Promise<void> {
  shop.tell({ mode: name });
  await delay(20);
  await shop.calls();
}

const PATIENCE = { timeout: 30_000 + ROUNDS * 30 };

describe('a service that is not well', PATIENCE, () => {
  it('is asked for less than one in twenty once it is dead, and again within ten seconds of its healing (R-22)', async () => {
    const { connector, ask } = asker('dead');
    expect(await ask()).toBe(true);
    await mode('500');
    for (let call = 0; call < ROUNDS; call += 1) {
      expect(await ask()).toBe(false);
      await delay(2);
    }
    const outgoing = (await shop.calls()).length;
    expect(connector.state().breaker).toBe('open');
    expect(outgoing).toBeLessThanOrEqual(Math.max(ROUNDS / 20, 12));
    await mode('well');
    const healed = performance.now();
    while (!(await ask())) await delay(10);
    const took = performance.now() - healed;
    expect(took).toBeLessThan(10_000);
    expect(connector.state()).toMatchObject({ breaker: 'closed', failures: 0 });
    report(`R-22: ${outgoing} of ${ROUNDS} calls to a dead service; asked again ${Math.round(took)} ms after healing`);
  });

  it('gets no more than a tenth of its calls once more, however it fails (R-23)', async () => {
    const { ask } = asker('storm');
    // Alternating, so that the breaker stays out of it and the budget alone counts.
    let asked = 0;
    await mode('well');
    for (let call = 0; call < ROUNDS / 2; call += 1) {
      const failing = call % 3 === 0;
      shop.tell({ mode: failing ? 'cut' : 'well' });
      await ask();
      asked += 1;
    }
    const seen = (await shop.calls()).length;
    expect(seen).toBeGreaterThan(asked); // some were asked again
    expect(seen).toBeLessThanOrEqual(asked * 1.1);
    report(`R-23: ${seen} calls seen for ${asked} questions, a third of which failed`);
  });

  it('is told of in the metrics, without a word about anybody', async () => {
    const text = await metrics.metrics();
    expect(text).toMatch(/habeas_service_calls_total\{service="dead",outcome="not_asked"\} \d\d/);
    expect(text).toMatch(/habeas_service_calls_total\{service="dead",outcome="invalid"\} 1\d/);
    expect(text).toMatch(/habeas_service_retries_total\{service="storm"\} [1-9]/);
    expect(text).toContain('habeas_service_breaker_state{service="dead"} 0');
    expect(text).toMatch(/habeas_service_call_seconds_count\{service="storm"\} \d+/);
    expect(text).not.toMatch(/127\.0\.0\.1|CANARY|a\d+"/);
  });
});

describe('calls that failed (R-24)', PATIENCE, () => {
  it.runIf(process.platform === 'linux')('leave no socket, timer, listener or memory behind', async () => {
    const quick = FAULTS.map(([name]) => name).filter((name) => !['big', 'bomb', 'abyss'].includes(name));
    const limits = { firstByteMs: 40, totalMs: 80, maxBytes: 64 * 1024 };
    const round = async (calls: number) => {
      const outgoing = new Outgoing({ name: 'shop', title: 'Shop' }, shop.url);
      const { connector, ask } = asker('leaks');
      let left = calls;
      const worker = async (first: number) => {
        for (let nth = first; left > 0; nth += 1) {
          left -= 1;
          const headers = { accept: 'application/json' };
          const call = outgoing.send({ method: 'GET', path: `/${quick[nth % quick.length]}/x`, headers, limits });
          await Promise.allSettled([call.then((answer) => outgoing.json(answer)), left % 10 === 0 ? ask() : null]);
        }
      };
      await Promise.all(Array.from({ length: 24 }, (_, first) => worker(first)));
      await connector.close();
      await outgoing.close();
    };
    await mode('500');
    await round(200); // what is opened once stays
    await settled();
    const before = held();
    await round(ROUNDS);
    await settled();
    await expect.poll(() => held().files - before.files, { timeout: 5_000 }).toBeLessThanOrEqual(5);
    await expect.poll(() => held().resources - before.resources, { timeout: 5_000 }).toBeLessThanOrEqual(5);
    const { heap, listeners } = held();
    expect(listeners).toBe(before.listeners);
    expect(heap - before.heap).toBeLessThan(10);
    const grown = (heap - before.heap).toFixed(1);
    report(`R-24: after ${ROUNDS} failed calls ${held().files - before.files} files more, ${grown} MB of heap more`);
  });
});

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function settled(): Promise<void> {
  await delay(200);
  collectGarbage();
  await delay(20);
  collectGarbage();
}

const held = () => ({
  files: readdirSync('/proc/self/fd').length,
  resources: process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length,
  listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
  heap: process.memoryUsage().heapUsed / 1024 / 1024,
});

/** Figures are told where they were asked for. */
function report(line: string): void {
  if (process.env.HABEAS_ROUNDS) process.stdout.write(`${line}\n`);
}
