import { expect, test } from 'vitest';
import { dueDate } from '../../src/requests/deadline.js';
import { readPage, tableRows } from './pages.js';

test('Article 12(3): the examples of docs/subject-access.md are due when the page says', () => {
  const examples = tableRows(readPage('docs/subject-access.md')).filter(([day]) =>
    /^\d{4}-\d{2}-\d{2}$/.test(day ?? ''),
  );
  expect(examples.length).toBeGreaterThan(3);
  expect(examples.map(([received = '']) => [received, dueDate(received)])).toEqual(
    examples.map(([received, due]) => [received, due]),
  );
});
