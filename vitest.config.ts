import { defineConfig } from 'vitest/config';

const postgres = 'test/support/global-setup.ts';

export default defineConfig({
  // Without the alias vitest loads two copies of graphql, and types of one are strangers to the other.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // What is waited for comes; how soon it comes on a busy machine is nothing to fail for.
    expect: { poll: { timeout: 15_000 } },
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'parts',
          include: ['test/**/*.test.ts'],
          exclude: ['test/acceptance/**'],
          globalSetup: [postgres],
        },
      },
      {
        extends: true,
        test: {
          name: 'acceptance',
          include: ['test/acceptance/**/*.test.ts'],
          globalSetup: [postgres, 'test/support/demo-setup.ts'],
        },
      },
    ],
  },
});
