/**
 * The due day worked out the slow way: day by day, with the bank holidays of England and Wales from the Banking and
 * Financial Dealings Act 1971, its custom of substitute days, and the proclamations since 2013. Shares no code and no
 * library with `src/requests/deadline.ts`. Days are counted from 1 January 1970.
 */
const DAY = 86_400_000;

const dayOf = (year: number, month: number, day: number) => Date.UTC(year, month - 1, day) / DAY;
const monthOf = (day: number) => new Date(day * DAY).getUTCMonth() + 1;
const weekday = (day: number) => new Date(day * DAY).getUTCDay();
export const isoOf = (day: number) => new Date(day * DAY).toISOString().slice(0, 10);

/** Days a proclamation added. */
const EXTRA = ['2022-06-03', '2022-09-19', '2023-05-08'];
/** Holidays a proclamation moved: to VE Day, and to join the Platinum Jubilee. */
const MOVED: Readonly<Record<string, string>> = { '2020-05-04': '2020-05-08', '2022-05-30': '2022-06-02' };

const known = new Map<number, Set<string>>();

/** For years from 2013 on. */
export function slowHolidays(year: number): Set<string> {
  const days = known.get(year) ?? workOut(year);
  known.set(year, days);
  return days;
}

function workOut(year: number): Set<string> {
  const days = new Set(EXTRA.filter((day) => day.startsWith(String(year))));
  const easter = easterSunday(year);
  const mondays = [firstMonday(year, 5), lastMonday(year, 5), lastMonday(year, 8)];
  for (const day of [easter - 2, easter + 1, ...mondays]) days.add(MOVED[isoOf(day)] ?? isoOf(day));
  for (const day of [dayOf(year, 1, 1), dayOf(year, 12, 25), dayOf(year, 12, 26)]) {
    let observed = day;
    while (weekday(observed) % 6 === 0 || days.has(isoOf(observed))) observed += 1;
    days.add(isoOf(observed));
  }
  return days;
}

/** Gauss, as corrected by Lichtenberg. */
function easterSunday(year: number): number {
  const century = Math.floor(year / 100);
  const moon = 15 + Math.floor((3 * century + 3) / 4) - Math.floor((8 * century + 13) / 25);
  const sun = 2 - Math.floor((3 * century + 3) / 4);
  const golden = year % 19;
  const seed = (19 * golden + moon) % 30;
  const correction = Math.floor((seed + Math.floor(golden / 11)) / 29);
  const full = 21 + seed - correction;
  const firstSunday = 7 - ((year + Math.floor(year / 4) + sun) % 7);
  return dayOf(year, 3, 1) - 1 + full + (7 - ((((full - firstSunday) % 7) + 7) % 7));
}

function firstMonday(year: number, month: number): number {
  let day = dayOf(year, month, 1);
  while (weekday(day) !== 1) day += 1;
  return day;
}

function lastMonday(year: number, month: number): number {
  let day = dayOf(year, month, 31);
  while (weekday(day) !== 1) day -= 1;
  return day;
}

/** One calendar month, or three, then the paused days, then on to a working day. `start`: `YYYY-MM-DD`. */
export function slowDueDate(start: string, months: number, pausedDays: number): string {
  const [year = 0, month = 0, dayOfMonth = 0] = start.split('-').map(Number);
  const target = ((month - 1 + months) % 12) + 1;
  const targetYear = year + Math.floor((month - 1 + months) / 12);
  let day = dayOf(targetYear, target, 1);
  for (let number = 1; number < dayOfMonth && monthOf(day + 1) === target; number += 1) day += 1;
  day += pausedDays;
  while (weekday(day) % 6 === 0 || slowHolidays(Number(isoOf(day).slice(0, 4))).has(isoOf(day))) day += 1;
  return isoOf(day);
}
