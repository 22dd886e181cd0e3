import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { ServiceMetrics } from '../../src/services/metrics.js';
import { CONNECT_MS, CONNECTIONS, GRAPH_LIMITS } from '../../src/services/outgoing.js';
import { POSTGRES_LIMITS, CONNECTIONS as SESSIONS } from '../../src/services/postgres/client.js';
import { readPage, tableRows } from './pages.js';

const rows = new Map(tableRows(readPage('docs/operate.md')).map(([name = '', ...cells]) => [name, cells]));
const seconds = (ms: number) => `${ms / 1_000} s`;

test('docs/operate.md tells how long services are waited for, and how many calls they get', () => {
  const connect = [CONNECT_MS, CONNECT_MS, POSTGRES_LIMITS.connectMs].map(seconds);
  expect(rows.get('a connection or session stands within')).toEqual(connect);
  expect(rows.get('the first byte comes within')).toEqual([...Array(2).fill(seconds(GRAPH_LIMITS.firstByteMs)), '–']);
  const total = [GRAPH_LIMITS.totalMs, GRAPH_LIMITS.totalMs, POSTGRES_LIMITS.totalMs].map(seconds);
  expect(rows.get('all has come within')).toEqual(total);
  expect(rows.get('an answer is at most')?.[0]).toBe(`${GRAPH_LIMITS.maxBytes / 2 ** 20} MiB, 100 levels`);
  expect(rows.get('calls at once')?.[0]).toBe(String(CONNECTIONS));
  expect(rows.get('calls at once')?.[2]).toMatch(new RegExp(`over ${SESSIONS} connections$`));
});

test('docs/operate.md has every metric of services, and no other', async () => {
  const registry = new Registry();
  new ServiceMetrics(registry);
  const told = [...rows.keys()].flatMap((name) => name.split(', ')).filter((name) => name.startsWith('habeas_service'));
  expect(told.sort()).toEqual((await registry.getMetricsAsJSON()).map(({ name }) => name).sort());
});
