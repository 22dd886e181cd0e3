import { execFile } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import type { Report } from '../../bench/report.js';
import { projectRoot } from '../../src/database/project-root.js';

const MAIN = path.join(fileURLToPath(projectRoot()), 'dist/bench/main.js');

const BUSY_MACHINE_MS = 120_000;

/** Runs a measurement as `npm run bench` does. */
async function bench(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(process.execPath, [MAIN, ...args], { timeout: BUSY_MACHINE_MS });
}

it(
  'the gateway is measured beside what is written by hand, consent read, and reported as one object',
  async () => {
    const cases = ['one@64', 'postgres@64'];
    const small = ['--rounds', '1', '--seconds', '0.3', '--accounts', '100'];
    const { stdout, stderr } = await bench('gateway', '--json', '--no-peers', ...small, '--cases', cases.join());
    const { ratios, runs, ...rest } = JSON.parse(stdout) as Report;

    expect(rest).toEqual({});
    expect(runs.map((run) => `${run.case} ${run.subject}`)).toEqual([
      'one@64 habeas',
      'one@64 limit',
      'postgres@64 habeas',
      'postgres@64 driver',
    ]);
    for (const run of runs) {
      const { case: _case, subject: _subject, cpu_ms, ...figures } = run;
      expect(Object.keys(figures)).toEqual(['rps', 'p50_ms', 'p99_ms', 'subrequests']);
      expect(figures.rps).toBeGreaterThan(0);
      expect(figures.p99_ms).toBeGreaterThanOrEqual(figures.p50_ms);
      if (process.platform === 'linux') expect(cpu_ms).toBeGreaterThanOrEqual(0);
    }
    expect(Object.keys(ratios)).toEqual(cases);
    for (const [name, other] of [
      ['one@64', 'limit'],
      ['postgres@64', 'driver'],
    ] as const) {
      const rps = (subject: string) => runs.find((run) => run.case === name && run.subject === subject)?.rps ?? 0;
      expect(ratios[name]?.[other]).toBeCloseTo(rps('habeas') / rps(other), 1);
    }
    expect(runs.find((run) => run.case === 'one@64' && run.subject === 'limit')?.subrequests).toBeCloseTo(4, 0);
    expect(stderr).toContain('Postgres took');
  },
  BUSY_MACHINE_MS,
);

it(
  'a case there is none of is refused with those there are, and nothing on stdout',
  async () => {
    const failure = await bench('gateway', '--no-peers', '--accounts', '10', '--cases', 'two@2').catch(
      (error) => error,
    );
    expect(failure).toMatchObject({ code: 1, stdout: '' });
    expect(failure.stderr).toContain('there is no two@2, only one@64');
  },
  BUSY_MACHINE_MS,
);
