import { defineConfig } from 'vitest/config';
import { LateDemo } from './test/support/late-demo.js';

// Without the alias vitest loads two copies of graphql, and types of one are strangers to the other.
const resolve = { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] };
const shared = {
  // What is waited for comes; how soon it comes on a busy machine is nothing to fail for.
  testTimeout: 120_000,
  hookTimeout: 240_000,
  expect: { poll: { timeout: 30_000 } },
  // Loading the product anew for each file takes longer than most files do.
  isolate: false,
  // A test may begin with any file of types; those need it before their first line.
  setupFiles: ['reflect-metadata'],
};

/** They share one running demo company. */
const acceptance = [
  'test/acceptance/**/*.test.ts',
  'test/cli/start.test.ts',
  'test/examples/company.test.ts',
  'test/server/ide.test.ts',
];

export default defineConfig({
  test: {
    // One more than the cores of a small machine: some always wait for processes, clocks and disks.
    maxWorkers: 3,
    // One Postgres for all.
    globalSetup: ['test/support/global-setup.ts'],
    sequence: { sequencer: LateDemo },
    projects: [
      { resolve, test: { ...shared, name: 'parts', include: ['test/**/*.test.ts'], exclude: acceptance } },
      {
        resolve,
        test: {
          ...shared,
          name: 'acceptance',
          include: acceptance,
          globalSetup: ['test/support/demo-setup.ts'],
        },
      },
    ],
  },
});
