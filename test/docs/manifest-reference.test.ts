import { expect, test } from 'vitest';
import { habeasSchema } from '../../src/services/manifest-schema.js';
import { readPage, tableRows } from './pages.js';

test('docs/join-a-service.md has every key a manifest knows under habeas:', () => {
  const keys = new Set(tableRows(readPage('docs/join-a-service.md')).map(([key]) => key));
  const known = Object.keys(habeasSchema.shape);
  expect(known.length).toBeGreaterThan(10);
  expect(known.filter((key) => !keys.has(key))).toEqual([]);
});
