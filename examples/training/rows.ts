import type { Faker } from '@faker-js/faker';
import type { Row, TableRows } from '../company/bulk-load.js';
import { calendarDate, repeat, soonAfter, tableRows } from '../company/invented-rows.js';
import { fakerOf, type Person, REFERENCE_DATE } from '../people.js';
import { ACCESS_NEEDS, COURSES, FEEDBACK, FORMATS } from './wording.js';

const BOOKINGS = { light: [1, 5], moderate: [14, 14], heavy: [90, 140] } as const;
const RUNS_OF_EACH_COURSE = 36;

interface Course {
  readonly id: number;
  readonly startsOn: Date;
  readonly row: Row;
}

/** The training service's first day, always the same for the same people. */
export function trainingRows(people: readonly Person[]): TableRows[] {
  const faker = fakerOf(2);
  const courses = courseRuns(faker);
  const learners: Row[] = [];
  const bookings: Row[] = [];
  const certificates: Row[] = [];
  for (const person of people) {
    const accountId = person.externalIds.training;
    if (accountId === undefined) continue;
    const needs = faker.datatype.boolean(0.08) ? faker.helpers.arrayElement(ACCESS_NEEDS) : null;
    learners.push([accountId, person.displayName, person.emails[0] ?? null, needs, person.registeredAt]);
    repeat(faker, BOOKINGS[person.volume], (turn) => {
      // The first booking is for a course still to come, so that everybody has a next one.
      const open = courses.filter(({ startsOn }) => startsOn > (turn === 0 ? REFERENCE_DATE : person.registeredAt));
      const course = faker.helpers.arrayElement(open);
      addBooking(faker, accountId, course, { bookings, certificates });
    });
  }
  return [
    tableRows('learners', 'account_id name email access_needs registered_at', learners),
    tableRows(
      'courses',
      'id title summary topic format starts_on places',
      courses.map(({ row }) => row),
    ),
    tableRows('bookings', 'id account_id course_id booked_at status attended feedback', bookings),
    tableRows('certificates', 'id account_id booking_id serial issued_on expires_on', certificates),
  ];
}

/** Each course runs about every two months, from autumn 2020 until summer 2027. */
function courseRuns(faker: Faker): Course[] {
  const days = { from: '2020-10-01T00:00:00Z', to: '2027-07-10T00:00:00Z' };
  const runs = COURSES.flatMap((course) =>
    faker.date.betweens({ ...days, count: RUNS_OF_EACH_COURSE }).map((startsOn) => ({ ...course, startsOn })),
  );
  return runs
    .sort((a, b) => a.startsOn.getTime() - b.startsOn.getTime())
    .map(({ title, summary, topic, startsOn }, i) => {
      const format = faker.helpers.arrayElement(FORMATS);
      const places = faker.helpers.arrayElement([12, 16, 24, 100]);
      return { id: i + 1, startsOn, row: [i + 1, title, summary, topic, format, calendarDate(startsOn), places] };
    });
}

interface Booked {
  readonly bookings: Row[];
  readonly certificates: Row[];
}

function addBooking(faker: Faker, accountId: string, course: Course, { bookings, certificates }: Booked): void {
  const booking = bookings.length + 1;
  const past = course.startsOn < REFERENCE_DATE;
  const cancelled = faker.datatype.boolean(0.1);
  const attended = past && !cancelled ? faker.datatype.boolean(0.92) : null;
  const bookedAt = new Date(Math.min(course.startsOn.getTime(), REFERENCE_DATE.getTime()) - 30 * 86_400_000);
  bookings.push([
    booking,
    accountId,
    course.id,
    soonAfter(faker, bookedAt, 20),
    cancelled ? 'cancelled' : past ? 'completed' : 'confirmed',
    attended,
    attended && faker.datatype.boolean(0.5) ? faker.helpers.arrayElement(FEEDBACK) : null,
  ]);
  if (attended && faker.datatype.boolean(0.8)) {
    const serial = `LE-${course.startsOn.getUTCFullYear()}-${String(booking).padStart(6, '0')}`;
    const expires = faker.datatype.boolean(0.5) ? calendarDate(course.startsOn, 3) : null;
    certificates.push([certificates.length + 1, accountId, booking, serial, calendarDate(course.startsOn), expires]);
  }
}
