import { bigint, index, jsonb, pgTable, primaryKey, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** What can be read at once: each question services and staff have asked, once. Rows are only ever added. */
export const readQuestions = pgTable('read_questions', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  /** SHA-256 of all that follows, in hexadecimal digits. */
  digest: text().notNull().unique(),
  /** Name of the operation, where the caller gave it one. */
  operation: text(),
  /** SHA-256 of the question's text, in hexadecimal digits; empty for reads older than this column. */
  document: text().notNull(),
  /** Fields of personal data that are asked for: coordinate to Fideslang data category. */
  fields: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
  services: text().array().notNull(),
});

/** What was read, by whom and what for: one row for each request. Rows are only ever added. */
export const reads = pgTable('reads', {
  id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: timestamp({ withTimezone: true }).notNull(),
  /** A role or a client's name, never a person's. */
  actor: text().notNull(),
  /** Fideslang data use; null: staff, who act under their role. */
  purpose: text(),
  /** A row of `read_questions`. No foreign key: it would be looked up again for every read. */
  questionId: bigint({ mode: 'number' }).notNull(),
  accountIds: uuid().array().notNull(),
  withheld: jsonb().$type<readonly { field: string; reason: string; accountIds: readonly string[] }[]>().notNull(),
});

/** The reads of one person, newest last: what finds them without looking through everybody's. */
export const readsOfAccounts = pgTable(
  'reads_of_accounts',
  {
    accountId: uuid().notNull(),
    readId: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.readId] })],
);

/** What a service did that it must never do, such as answering with another person's data. Rows are only ever added. */
export const incidents = pgTable(
  'incidents',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    at: timestamp({ withTimezone: true }).notNull(),
    service: text().notNull(),
    kind: text().notNull(),
    /** Whom the service was asked about; null where the question was about nobody in particular. */
    accountId: uuid(),
    /** For whoever looks into it; holds no personal data. */
    detail: text().notNull(),
  },
  (table) => [index('incidents_service').on(table.service, table.at)],
);
