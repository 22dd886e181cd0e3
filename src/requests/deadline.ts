import Holidays from 'date-holidays';
import { DateTime } from 'luxon';

/** Civil date, `YYYY-MM-DD`, in Europe/London. */
export type CivilDate = string;

export const LONDON = 'Europe/London';
/** Swedes write a day as ISO 8601 does. Made once: making it costs a hundred times what using it does. */
const DAY_IN_LONDON = new Intl.DateTimeFormat('sv-SE', {
  timeZone: LONDON,
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
});

/** The London day an instant falls on: a request at 23:30Z in summer is received the next day. */
export function londonDay(instant: Date): CivilDate {
  return DAY_IN_LONDON.format(instant);
}

/** The last millisecond of a London day: somebody who acts on the due day acts in time. */
export function endOfLondonDay(day: CivilDate): Date {
  return DateTime.fromISO(day, { zone: LONDON }).endOf('day').toJSDate();
}

export interface DeadlineOptions {
  /** Two further months, for complexity or number of requests (Article 12(3)). */
  readonly extended?: boolean;
  /** Days the clock stood still, each pause counted with its first and last day (Article 12A). */
  readonly pausedDays?: number;
  /** Part of the UK whose bank holidays count. */
  readonly region?: 'ENG' | 'SCT' | 'WLS' | 'NIR';
}

/**
 * When an answer is due: one calendar month after the start (three when extended), the last day of the month where it
 * has no such day, plus the days paused, and on to the next working day at the very end (UK GDPR Article 12(3), 12A).
 */
export function dueDate(start: CivilDate, options: DeadlineOptions = {}): CivilDate {
  const unrolled = DateTime.fromISO(start, { zone: 'utc' })
    .plus({ months: options.extended ? 3 : 1 })
    .plus({ days: options.pausedDays ?? 0 });
  return iso(nextWorkingDay(unrolled, options.region ?? 'ENG'));
}

function nextWorkingDay(day: DateTime, region: string): DateTime {
  const SATURDAY = 6;
  let candidate = day;
  while (candidate.weekday >= SATURDAY || bankHolidays(candidate.year, region).has(iso(candidate))) {
    candidate = candidate.plus({ days: 1 });
  }
  return candidate;
}

const known = new Map<string, ReadonlySet<CivilDate>>();

/** Public and bank holidays of a year, substitute days included. */
export function bankHolidays(year: number, region: string): ReadonlySet<CivilDate> {
  const key = `${region}|${year}`;
  let days = known.get(key);
  if (!days) {
    const calendar = new Holidays('GB', region);
    const closed = calendar.getHolidays(year).filter(({ type }) => type === 'public' || type === 'bank');
    days = new Set(closed.map(({ date }) => date.slice(0, 10)));
    known.set(key, days);
  }
  return days;
}

function iso(day: DateTime): CivilDate {
  return day.toFormat('yyyy-MM-dd');
}
