import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expect, it } from 'vitest';
import { monthsAfter } from '../../src/consents/term.js';

it('the term of a consent ends as a calendar says it does', () => {
  expect(monthsAfter(new Date('2026-01-31T10:00:00.123Z'), 1)).toEqual(new Date('2026-02-28T10:00:00.123Z'));
  expect(monthsAfter(new Date('2024-02-29T23:59:59.999Z'), 24)).toEqual(new Date('2026-02-28T23:59:59.999Z'));
  const instant = fc.date({ min: new Date('1970-01-01'), max: new Date('2400-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(instant, fc.integer({ min: 1, max: 120 }), (at, months) => {
      expect(monthsAfter(at, months)).toEqual(DateTime.fromJSDate(at, { zone: 'utc' }).plus({ months }).toJSDate());
    }),
    { numRuns: 1_000 },
  );
});
