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
  'consent is measured beside the driver alone, and a large ledger beside a small one',
  async () => {
    const small = ['--rows', '20000', '--rounds', '1', '--seconds', '0.2'];
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, 'consent', '--json', ...small], {
      timeout: BUSY_MACHINE_MS,
    });
    const { ratios, runs } = JSON.parse(stdout) as Report;
    expect(runs.map((run) => `${run.case} ${run.subject}`)).toEqual([
      ...['write habeas', 'write driver', 'read habeas', 'read driver', 'growth habeas', 'growth small'],
    ]);
    for (const { rps, p50_ms, p99_ms } of runs) {
      expect(rps).toBeGreaterThan(0);
      expect(p99_ms).toBeGreaterThanOrEqual(p50_ms);
    }
    for (const ratio of [ratios.write?.driver, ratios.read?.driver, ratios.growth?.small])
      expect(ratio).toBeGreaterThan(0);
  },
  BUSY_MACHINE_MS,
);
