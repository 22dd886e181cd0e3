import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bankHolidays, type DeadlineOptions, dueDate, endOfLondonDay, londonDay } from '../../src/requests/deadline.js';
import { isoOf, slowDueDate } from './slow-calendar.js';

const DAY = 86_400_000;
const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 300);
const RUNS = { numRuns: ROUNDS };
/** Every fifth day falls, in five years, on every day of the year and of the week. */
const STEP = ROUNDS < 2_000 ? 5 : 1;
const FIRST = Date.UTC(2013, 0, 1) / DAY;
const YEARS_100 = 36_524;

const day = fc.integer({ min: FIRST, max: FIRST + YEARS_100 }).map(isoOf);
const paused = fc.integer({ min: 0, max: 400 });
const options = fc.record({ extended: fc.boolean(), pausedDays: paused });
const daysBetween = (from: string, to: string) => (Date.parse(to) - Date.parse(from)) / DAY;

describe('A request is due (Article 12(3), 12A)', () => {
  test.each<[start: string, options: DeadlineOptions, due: string, why: string]>([
    ['2026-09-03', {}, '2026-10-05', 'one month on is a Saturday'],
    ['2026-01-31', {}, '2026-03-02', 'no 31 February, and the 28th is a Saturday'],
    ['2027-01-31', {}, '2027-03-01', 'no 31 February, and the 28th is a Sunday'],
    ['2028-01-31', {}, '2028-02-29', 'a leap year'],
    ['2026-03-31', {}, '2026-04-30', 'no 31 April'],
    ['2026-11-30', {}, '2026-12-30', 'nothing in the way'],
    ['2026-11-23', {}, '2026-12-23', 'nothing in the way'],
    ['2026-01-01', {}, '2026-02-02', 'a holiday is a day of receipt like any other; one month on is a Sunday'],
    ['2026-03-03', {}, '2026-04-07', 'Good Friday to Easter Monday'],
    ['2024-11-25', {}, '2024-12-27', 'Christmas Day and Boxing Day'],
    ['2026-11-25', {}, '2026-12-29', 'Christmas, a weekend and the substitute for Boxing Day'],
    ['2026-10-14', {}, '2026-11-16', 'counted from the day the proof of identity came'],
    ['2026-08-31', { extended: true }, '2026-11-30', 'no 31 November'],
    ['2026-11-30', { extended: true }, '2027-03-01', 'no 30 February, and the 28th is a Sunday'],
    ['2026-09-25', { extended: true }, '2026-12-29', 'Christmas'],
    ['2026-10-05', { extended: true }, '2027-01-05', 'nothing in the way'],
    ['2026-10-05', { pausedDays: 8 }, '2026-11-13', 'asked on 12 October, answered on the 19th'],
    ['2026-10-05', { pausedDays: 1 }, '2026-11-06', 'asked and answered on one day'],
    ['2026-10-05', { pausedDays: 6 }, '2026-11-11', 'two pauses of three days'],
  ])('from %s %j on %s: %s', (start, given, due) => {
    expect(dueDate(start, given)).toBe(due);
  });

  test('never sooner than 28 days after it came', () => {
    fc.assert(
      fc.property(day, options, (start, given) => daysBetween(start, dueDate(start, given)) >= 28),
      RUNS,
    );
  });

  test('never at a weekend or on a bank holiday', () => {
    fc.assert(
      fc.property(day, options, fc.constantFrom('ENG', 'SCT', 'WLS', 'NIR'), (start, given, region) => {
        const due = dueDate(start, { ...given, region });
        const weekday = new Date(due).getUTCDay();
        return weekday !== 0 && weekday !== 6 && !bankHolidays(Number(due.slice(0, 4)), region).has(due);
      }),
      RUNS,
    );
  });

  test('never earlier for a longer pause', () => {
    fc.assert(
      fc.property(day, options, paused, (start, given, more) => {
        const longer = { ...given, pausedDays: given.pausedDays + more };
        return dueDate(start, longer) >= dueDate(start, given);
      }),
      RUNS,
    );
  });

  test('never earlier for an extension', () => {
    fc.assert(
      fc.property(
        day,
        paused,
        (start, pausedDays) => dueDate(start, { extended: true, pausedDays }) >= dueDate(start, { pausedDays }),
      ),
      RUNS,
    );
  });

  test(`as a calendar walked day by day says, for every ${STEP === 1 ? '' : 'fifth '}day of 100 years`, () => {
    const different: unknown[] = [];
    for (let number = FIRST; number < FIRST + YEARS_100; number += STEP) {
      const start = isoOf(number);
      const pausedDays = number % 23;
      for (const [ours, theirs] of [
        [dueDate(start), slowDueDate(start, 1, 0)],
        [dueDate(start, { extended: true }), slowDueDate(start, 3, 0)],
        [dueDate(start, { pausedDays }), slowDueDate(start, 1, pausedDays)],
      ]) {
        if (ours !== theirs) different.push({ start, ours, theirs });
      }
    }
    expect(different).toEqual([]);
  });
});

describe('The day of receipt', () => {
  test.each([
    ['2026-07-01T22:59:59.999Z', '2026-07-01', 'the last moment of a summer day'],
    ['2026-07-01T23:30:00.000Z', '2026-07-02', 'half past midnight in summer time'],
    ['2026-12-01T23:30:00.000Z', '2026-12-01', 'half past eleven in winter time'],
    ['2026-03-29T00:59:59.999Z', '2026-03-29', 'the hour before the clocks go forward'],
    ['2026-10-24T23:00:00.000Z', '2026-10-25', 'the day the clocks go back, in summer time'],
    ['2026-10-25T23:59:59.999Z', '2026-10-25', 'the end of that day, in winter time'],
  ])('of %s is %s in London: %s', (instant, expected) => {
    expect(londonDay(new Date(instant))).toBe(expected);
  });

  test('ends on the last millisecond of that London day, also when the clocks change', () => {
    fc.assert(
      fc.property(day, (given) => {
        const end = endOfLondonDay(given);
        return londonDay(end) === given && londonDay(new Date(end.getTime() + 1)) > given;
      }),
      { ...RUNS, examples: [['2026-03-29'], ['2026-10-25']] },
    );
  });
});

test('Nothing of it depends on the time zone of the machine', () => {
  const [utc, auckland] = ['UTC', 'Pacific/Auckland'].map((TZ) => {
    const script = fileURLToPath(new URL('due-dates.mjs', import.meta.url));
    const { offset, ...said } = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8', env: { TZ } }));
    return { offset, said };
  });
  expect(auckland?.offset).not.toBe(utc?.offset);
  expect(auckland?.said).toEqual(utc?.said);
  expect(utc?.said.days).toHaveLength(400);
});
