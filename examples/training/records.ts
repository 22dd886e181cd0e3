import DataLoader from 'dataloader';
import type { Sql } from 'postgres';

export interface Learner {
  readonly accountId: string;
  readonly accessNeeds: string | null;
  readonly registeredAt: Date;
}

export interface Course {
  readonly id: string;
  readonly title: string;
  readonly summary: string;
  readonly topic: string;
  readonly format: string;
  readonly startsOn: string;
  readonly places: number;
}

export interface Booking {
  readonly id: string;
  readonly accountId: string;
  readonly courseId: string;
  readonly bookedAt: Date;
  readonly status: string;
  readonly attended: boolean | null;
  readonly feedback: string | null;
}

export interface Certificate {
  readonly id: string;
  readonly accountId: string;
  readonly serial: string;
  readonly issuedOn: string;
  readonly expiresOn: string | null;
}

export interface PageQuestion {
  readonly first: number;
  /** The last booking's id of the page before; '0' for the first page. */
  readonly after: string;
}

/** One request's way to the store: however many people a question names, each kind of record is one statement. */
export type Records = ReturnType<typeof recordsOf>;

export function recordsOf(sql: Sql) {
  const pages = new Map<string, DataLoader<string, Booking[]>>();
  return {
    learner: new DataLoader((ids: readonly string[]) => learners(sql, ids)),
    booking: new DataLoader((ids: readonly string[]) => bookings(sql, ids)),
    certificate: new DataLoader((ids: readonly string[]) => certificates(sql, ids)),
    course: new DataLoader((ids: readonly string[]) => courses(sql, ids)),
    certificatesOf: new DataLoader((accountIds: readonly string[]) => certificatesOf(sql, accountIds)),
    bookingCountOf: new DataLoader((accountIds: readonly string[]) => bookingCountsOf(sql, accountIds)),
    nextCourseOf: new DataLoader((accountIds: readonly string[]) => nextCoursesOf(sql, accountIds)),
    /** Answers one booking more than asked for where there is one: whether a next page exists. */
    bookingsOf(accountId: string, page: PageQuestion): Promise<Booking[]> {
      const key = `${page.first} ${page.after}`;
      const loader = pages.get(key) ?? new DataLoader((ids: readonly string[]) => bookingsOf(sql, ids, page));
      pages.set(key, loader);
      return loader.load(accountId);
    },
  };
}

const COURSE = (sql: Sql) => sql`c.id, c.title, c.summary, c.topic, c.format, c.starts_on::text "startsOn", c.places`;
const BOOKING = (sql: Sql) =>
  sql`b.id, b.account_id "accountId", b.course_id "courseId", b.booked_at "bookedAt", b.status, b.attended, b.feedback`;
const CERTIFICATE = (sql: Sql) =>
  sql`c.id, c.account_id "accountId", c.serial, c.issued_on::text "issuedOn", c.expires_on::text "expiresOn"`;

/** Every run, or those about one topic, soonest first. */
export const allCourses = (sql: Sql, topic: string | null): Promise<Course[]> =>
  sql<Course[]>`
    select ${COURSE(sql)} from courses c where ${topic}::text is null or c.topic = ${topic} order by c.starts_on, c.id`;

async function learners(sql: Sql, ids: readonly string[]): Promise<(Learner | null)[]> {
  const rows = await sql<Learner[]>`
    select account_id "accountId", access_needs "accessNeeds", registered_at "registeredAt"
      from learners where account_id = any(${uuids(ids)}::uuid[])`;
  return inOrder(ids, rows, ({ accountId }) => accountId);
}

async function courses(sql: Sql, ids: readonly string[]): Promise<(Course | null)[]> {
  const rows = await sql<Course[]>`select ${COURSE(sql)} from courses c where c.id = any(${numbers(ids)}::bigint[])`;
  return inOrder(ids, rows, ({ id }) => id);
}

async function bookings(sql: Sql, ids: readonly string[]): Promise<(Booking | null)[]> {
  const rows = await sql<Booking[]>`select ${BOOKING(sql)} from bookings b where b.id = any(${numbers(ids)}::bigint[])`;
  return inOrder(ids, rows, ({ id }) => id);
}

async function certificates(sql: Sql, ids: readonly string[]): Promise<(Certificate | null)[]> {
  const rows = await sql<Certificate[]>`
    select ${CERTIFICATE(sql)} from certificates c where c.id = any(${numbers(ids)}::bigint[])`;
  return inOrder(ids, rows, ({ id }) => id);
}

async function bookingsOf(sql: Sql, accountIds: readonly string[], page: PageQuestion): Promise<Booking[][]> {
  const rows = await sql<Booking[]>`
    select ${BOOKING(sql)}
      from unnest(${[...accountIds]}::uuid[]) as asked (account_id)
     cross join lateral (
           select * from bookings
            where account_id = asked.account_id and id > ${page.after}::bigint
            order by id
            limit ${page.first + 1}) b`;
  return grouped(accountIds, rows);
}

async function certificatesOf(sql: Sql, accountIds: readonly string[]): Promise<Certificate[][]> {
  const rows = await sql<Certificate[]>`
    select ${CERTIFICATE(sql)} from certificates c where c.account_id = any(${[...accountIds]}::uuid[]) order by c.id`;
  return grouped(accountIds, rows);
}

async function bookingCountsOf(sql: Sql, accountIds: readonly string[]): Promise<number[]> {
  const rows = await sql<{ accountId: string; bookings: number }[]>`
    select account_id "accountId", count(*)::int bookings
      from bookings where account_id = any(${[...accountIds]}::uuid[]) group by account_id`;
  return inOrder(accountIds, rows, ({ accountId }) => accountId).map((row) => row?.bookings ?? 0);
}

async function nextCoursesOf(sql: Sql, accountIds: readonly string[]): Promise<(Course | null)[]> {
  const rows = await sql<(Course & { accountId: string })[]>`
    select distinct on (b.account_id) b.account_id "accountId", ${COURSE(sql)}
      from bookings b join courses c on c.id = b.course_id
     where b.account_id = any(${[...accountIds]}::uuid[]) and b.status = 'confirmed' and c.starts_on >= current_date
     order by b.account_id, c.starts_on, c.id`;
  return inOrder(accountIds, rows, ({ accountId }) => accountId);
}

/** Ids come from outside: what is not an id of ours finds nothing. */
const uuids = (ids: readonly string[]) => ids.filter((id) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id));
const numbers = (ids: readonly string[]) => ids.filter((id) => /^\d{1,18}$/.test(id));

function inOrder<Row>(ids: readonly string[], rows: readonly Row[], idOf: (row: Row) => string): (Row | null)[] {
  const byId = new Map(rows.map((row) => [idOf(row), row]));
  return ids.map((id) => byId.get(id) ?? null);
}

function grouped<Row extends { readonly accountId: string }>(
  accountIds: readonly string[],
  rows: readonly Row[],
): Row[][] {
  const byAccount = new Map<string, Row[]>(accountIds.map((id) => [id, []]));
  for (const row of rows) byAccount.get(row.accountId)?.push(row);
  return accountIds.map((id) => byAccount.get(id) ?? []);
}
