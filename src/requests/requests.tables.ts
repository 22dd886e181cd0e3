import {
  bigint,
  date,
  foreignKey,
  index,
  integer,
  jsonb,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

export const privacyRequestType = pgEnum('privacy_request_type', [
  'ACCESS',
  'PORTABILITY',
  'ERASURE',
  'RECTIFICATION',
  'RESTRICTION',
  'OBJECTION',
  'COMPLAINT',
]);

export const privacyRequestStatus = pgEnum('privacy_request_status', [
  'RECEIVED',
  'AWAITING_IDENTITY',
  'PAUSED',
  'AWAITING_APPROVAL',
  'IN_PROGRESS',
  'COMPLETED',
  'PARTIALLY_COMPLETED',
  'FAILED',
  'REJECTED',
  'CANCELLED',
]);

export const collectionChannel = pgEnum('collection_channel', [
  'WEB',
  'APP',
  'EMAIL',
  'PHONE',
  'LETTER',
  'IN_PERSON',
  'API',
  'BROWSER_SIGNAL',
]);

export const serviceTaskStatus = pgEnum('service_task_status', [
  'PENDING',
  'RUNNING',
  'SUCCEEDED',
  'RETRYING',
  'FAILED',
  'SKIPPED',
]);

/** Every request a person has made of us, and its clock. Keyed by person first, so that it spreads by person. */
export const privacyRequests = pgTable(
  'privacy_requests',
  {
    id: uuid().primaryKey(),
    accountId: uuid().notNull(),
    type: privacyRequestType().notNull(),
    status: privacyRequestStatus().notNull(),
    channel: collectionChannel().notNull(),
    /** When it reached any member of staff; the clock counts from here. */
    receivedAt: timestamp({ withTimezone: true }).notNull(),
    /** When it was entered here. */
    loggedAt: timestamp({ withTimezone: true }).notNull(),
    /** London day by whose end it must be answered. */
    dueOn: date().notNull(),
    completedAt: timestamp({ withTimezone: true }),
    reason: text(),
    /** What was asked for, as given: a repeat under the same key must be the same. */
    parameters: jsonb().$type<Record<string, unknown>>().notNull(),
    idempotencyKey: text(),
  },
  (table) => [
    index('privacy_requests_account').on(table.accountId, table.receivedAt),
    index('privacy_requests_due').on(table.dueOn, table.id),
    uniqueIndex('privacy_requests_idempotency').on(table.accountId, table.idempotencyKey),
  ],
);

/** What one service has to do for a request, and how far it is. */
export const serviceTasks = pgTable(
  'service_tasks',
  {
    requestId: uuid()
      .notNull()
      .references(() => privacyRequests.id, { onDelete: 'cascade' }),
    service: text().notNull(),
    status: serviceTaskStatus().notNull().default('PENDING'),
    /** Runs started. Only the newest run may write its result. */
    attempts: integer().notNull().default(0),
    records: integer(),
    bytes: bigint({ mode: 'number' }),
    lastError: text(),
    /** What the service's work left behind for the next step; shape known to the capability that does the work. */
    result: jsonb().$type<unknown>(),
  },
  (table) => [primaryKey({ columns: [table.requestId, table.service] })],
);

/** What happened to a request, in order. Rows are only ever added. */
export const requestEvents = pgTable(
  'request_events',
  {
    requestId: uuid().notNull(),
    sequence: integer().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    actor: text().notNull(),
    action: text().notNull(),
    note: text(),
  },
  (table) => [
    primaryKey({ columns: [table.requestId, table.sequence] }),
    foreignKey({ columns: [table.requestId], foreignColumns: [privacyRequests.id] }).onDelete('cascade'),
  ],
);
