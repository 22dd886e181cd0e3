import type { Faker } from '@faker-js/faker';
import { REFERENCE_DATE } from '../people/person.js';
import type { Row, TableRows } from './bulk-load.js';

const DAY = 86_400_000;

/** Does `step` between `min` and `max` times. */
export function repeat(faker: Faker, [min, max]: readonly [number, number], step: (turn: number) => void): void {
  const turns = faker.number.int({ min, max });
  for (let turn = 0; turn < turns; turn += 1) step(turn);
}

/** `columns` are parted by spaces, in the order of each row's cells. */
export const tableRows = (table: string, columns: string, rows: readonly Row[]): TableRows => ({
  table,
  columns: columns.split(' '),
  rows,
});

/** A moment up to `days` days after `date`, but never after the day the demo stands still at. */
export function soonAfter(faker: Faker, date: Date, days: number): Date {
  const later = date.getTime() + faker.number.int({ min: 60_000, max: days * DAY });
  return new Date(Math.min(later, REFERENCE_DATE.getTime()));
}

/** ISO 8601 calendar date, `years` later where given. */
export function calendarDate(date: Date, years = 0): string {
  return `${date.getUTCFullYear() + years}${date.toISOString().slice(4, 10)}`.replace(/-02-29$/, '-02-28');
}
