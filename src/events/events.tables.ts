import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea } from '../crypto/subject-keys.tables.js';

export const eventDeliveryStatus = pgEnum('event_delivery_status', ['PENDING', 'TOLD', 'DEAD']);

/** What services are told of: written in the transaction that makes it so. Holds no personal data but the account's id. */
export const events = pgTable(
  'events',
  {
    accountId: uuid().notNull(),
    /** One person's events are in the order of their positions; those of several people commit in any order. */
    position: bigint({ mode: 'bigint' }).generatedAlwaysAsIdentity().notNull(),
    type: text().notNull(),
    /** When the person did it. */
    occurredAt: timestamp({ withTimezone: true }).notNull(),
    /** When it was entered here. */
    recordedAt: timestamp({ withTimezone: true }).notNull(),
    /** Fideslang data use it is about. */
    purpose: text(),
    /** Version of the privacy policy it is about. */
    policyVersion: integer(),
    /** The record it was published for, by its capability's own id. */
    sourceId: text(),
    /** The only service it concerns; null: every service that knows the person. */
    service: text(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.position] }),
    // Rows come in the order of time: what is old is found by a few pages, and writing costs next to nothing.
    index('events_recorded_at').using('brin', table.recordedAt),
  ],
);

/** That a service is to be told of an event, and how far that is: written together with the event. */
export const eventDeliveries = pgTable(
  'event_deliveries',
  {
    accountId: uuid().notNull(),
    service: text().notNull(),
    position: bigint({ mode: 'bigint' }).notNull(),
    /** What the service knows it by. Another one for each service, so that no two can find out by it whom they share. */
    id: uuid().notNull().defaultRandom(),
    /** Its place in the feed of a service that fetches its events; null: not in it yet. See feed.ts. */
    sequence: bigint({ mode: 'bigint' }),
    status: eventDeliveryStatus().notNull().default('PENDING'),
    attempts: integer().notNull().default(0),
    /** Since when it waits: a dead letter that is sent again waits anew. */
    pendingSince: timestamp({ withTimezone: true }).notNull().defaultNow(),
    /** When it may be tried next. Whoever takes it moves this on, so that it comes back if they die. */
    dueAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    triedAt: timestamp({ withTimezone: true }),
    toldAt: timestamp({ withTimezone: true }),
    /** What went wrong the last time, in our words; null while it is tried. */
    failure: text(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.service, table.position] }),
    uniqueIndex('event_deliveries_id').on(table.id),
    index('event_deliveries_due').on(table.service, table.dueAt).where(sql`${table.status} = 'PENDING'`),
    index('event_deliveries_dead').on(table.service, table.position).where(sql`${table.status} = 'DEAD'`),
    uniqueIndex('event_deliveries_feed').on(table.service, table.sequence).where(sql`${table.sequence} is not null`),
    index('event_deliveries_unplaced').on(table.service, table.position).where(sql`${table.sequence} is null`),
  ],
);

/** The services that are told of events, as their manifests say. */
export const eventSubscriptions = pgTable('event_subscriptions', {
  service: text().primaryKey(),
  /** Whether it is somebody else's: then it hears nothing of marketing. */
  external: boolean().notNull(),
  /** Whether it fetches its events itself; otherwise they are sent to it. */
  pulls: boolean().notNull(),
  since: timestamp({ withTimezone: true }).notNull().defaultNow(),
  endedAt: timestamp({ withTimezone: true }),
  /** Since when nothing has reached it; null: it is well. */
  failingSince: timestamp({ withTimezone: true }),
  /** The last place of its feed of which the event is not kept any more; 0: all are. */
  prunedTo: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
  /** How many events with a place in its feed are not kept any more. */
  pruned: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
});

/** How often each service was told, or not: since the database was made, whichever process it was. */
export const eventAttempts = pgTable(
  'event_attempts',
  {
    service: text().notNull(),
    /** `told`, `failed` (it is tried again), `given_up` or `fetched`. */
    outcome: text().notNull(),
    attempts: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.service, table.outcome] })],
);

/** What events are signed with, sealed. During a rotation a service has two that count. */
export const eventSecrets = pgTable(
  'event_secrets',
  {
    service: text().notNull(),
    /** SHA-256 of the secret. */
    fingerprint: bytea().notNull(),
    sealed: bytea().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    /** When it stops to count; null: it is the current one. */
    endsAt: timestamp({ withTimezone: true }),
  },
  (table) => [primaryKey({ columns: [table.service, table.fingerprint] })],
);
