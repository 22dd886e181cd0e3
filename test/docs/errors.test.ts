import { expect, test } from 'vitest';
import { ERROR_STATUS } from '../../src/errors.js';
import { readPage, tableRows } from './pages.js';

test('docs/errors.md has every code of src/errors.ts with its HTTP status, and no other', () => {
  const rows = tableRows(readPage('docs/errors.md')).filter(([, status]) => /^\d{3}$/.test(status ?? ''));
  expect(Object.fromEntries(rows.map(([code, status]) => [code, Number(status)]))).toEqual(ERROR_STATUS);
});
