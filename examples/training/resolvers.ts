import type { Sql } from 'postgres';
import { bookingsPage, pageQuestion } from './bookings-page.js';
import { allCourses, type Booking, type Learner, type Records } from './records.js';

export interface TrainingContext {
  readonly sql: Sql;
  readonly records: Records;
}

interface Reference {
  readonly id: string;
}

/** Accounts are known by id alone; that somebody has one is not the training service's to say. */
export const RESOLVERS = {
  Query: {
    courses: (_: unknown, { topic }: { topic?: string | null }, { sql }: TrainingContext) =>
      allCourses(sql, topic ?? null),
    course: (_: unknown, { id }: Reference, { records }: TrainingContext) => records.course.load(id),
  },
  Account: {
    __resolveReference: ({ id }: Reference) => ({ id }),
    training: ({ id }: Reference, _: unknown, { records }: TrainingContext) => records.learner.load(id),
  },
  Booking: {
    __resolveReference: ({ id }: Reference, { records }: TrainingContext) => records.booking.load(id),
    course: ({ courseId }: Booking, _: unknown, { records }: TrainingContext) => records.course.load(courseId),
  },
  Certificate: {
    __resolveReference: ({ id }: Reference, { records }: TrainingContext) => records.certificate.load(id),
  },
  Course: {
    __resolveReference: ({ id }: Reference, { records }: TrainingContext) => records.course.load(id),
  },
  TrainingRecord: {
    async bookings(
      { accountId }: Learner,
      page: { first?: number | null; after?: string | null },
      { records }: TrainingContext,
    ) {
      const question = pageQuestion(page);
      return bookingsPage(accountId, await records.bookingsOf(accountId, question), question);
    },
    certificates: ({ accountId }: Learner, _: unknown, { records }: TrainingContext) =>
      records.certificatesOf.load(accountId),
    nextCourse: ({ accountId }: Learner, _: unknown, { records }: TrainingContext) =>
      records.nextCourseOf.load(accountId),
  },
  BookingConnection: {
    totalCount: ({ accountId }: { accountId: string }, _: unknown, { records }: TrainingContext) =>
      records.bookingCountOf.load(accountId),
  },
};
