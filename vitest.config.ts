import { defineConfig } from 'vitest/config';

const postgres = 'test/support/global-setup.ts';

export default defineConfig({
  // Without the alias vitest loads two copies of graphql, and types of one are strangers to the other.
  resolve: { alias: [{ find: /^graphql$/, replacement: 'graphql/index.js' }] },
  test: {
    testTimeout: 30_000,
    hookTimeout: 120_000,
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
