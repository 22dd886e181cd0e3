import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Report } from '../../bench/report.js';
import { projectRoot } from '../../src/database/project-root.js';

const MAIN = path.join(fileURLToPath(projectRoot()), 'dist/bench/main.js');
const BUSY_MACHINE_MS = 120_000;

it(
  'telling a service of withdrawals is measured over HTTP, from sending one until the service has the event',
  async () => {
    const small = ['--rounds', '1', '--seconds', '0.2'];
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'events', '--json', ...small], {
      timeout: BUSY_MACHINE_MS,
    });
    const { ratios, runs, ...rest } = JSON.parse(stdout) as Report;
    expect(rest).toEqual({});
    expect(runs.map((run) => `${run.case} ${run.subject}`)).toEqual(['answered habeas', 'told habeas']);
    for (const { rps, p50_ms, p99_ms } of runs) {
      expect(rps).toBeGreaterThan(0);
      expect(p50_ms).toBeGreaterThan(0);
      expect(p99_ms).toBeGreaterThanOrEqual(p50_ms);
    }
    expect(((ratios.told?.limit ?? 0) * (runs[1]?.p99_ms ?? 0)) / 2_000).toBeCloseTo(1, 1);
  },
  BUSY_MACHINE_MS,
);
