import { sql } from 'drizzle-orm';
import {
  bigint,
  index,
  integer,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { accounts } from '../accounts/accounts.tables.js';
import { collectionChannel } from '../requests/requests.tables.js';

export const consentAction = pgEnum('consent_action', ['GIVEN', 'WITHDRAWN', 'EXPIRED']);

/**
 * What people said of each use of their data, in the order it was entered. A trigger refuses any change of a row, even
 * to the owner of the table. Without a foreign key: the evidence outlives the account it is about.
 */
export const consentEvents = pgTable(
  'consent_events',
  {
    accountId: uuid().notNull(),
    id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    /** Fideslang data use. */
    purpose: text().notNull(),
    action: consentAction().notNull(),
    /** When the person did it. */
    occurredAt: timestamp({ withTimezone: true }).notNull(),
    /** When it was entered here. */
    recordedAt: timestamp({ withTimezone: true }).notNull(),
    /** Version of the privacy policy it was said under; 0 where none had been published. */
    policyVersion: integer().notNull(),
    /** Until when a consent given holds. */
    validUntil: timestamp({ withTimezone: true }),
    channel: collectionChannel().notNull(),
    /** A role, never a name. */
    actor: text().notNull(),
    /** The words the person was shown. */
    wording: text(),
    /** Language of the words, as a BCP 47 tag. */
    locale: text(),
    /** Where the proof is kept, e.g. the file of a letter. */
    evidence: text(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.id] }),
    // One act is one row, however often it is sent.
    unique('consent_events_act').on(
      table.accountId,
      table.purpose,
      table.occurredAt,
      table.action,
      table.policyVersion,
    ),
  ],
);

/** What holds now: the fold of a person's events. Written with them, and rebuildable from them. */
export const consentStates = pgTable(
  'consent_states',
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    purpose: text().notNull(),
    status: consentAction().notNull(),
    since: timestamp({ withTimezone: true }).notNull(),
    policyVersion: integer().notNull(),
    validUntil: timestamp({ withTimezone: true }),
    /** The event that made it so. */
    eventId: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.purpose] }),
    index('consent_states_expiry').on(table.validUntil).where(sql`${table.status} = 'GIVEN'`),
    index('consent_states_renewal').on(table.purpose, table.policyVersion).where(sql`${table.status} = 'GIVEN'`),
  ],
);

/** Uses a person has objected to (UK GDPR Article 21). */
export const objections = pgTable(
  'objections',
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    purpose: text().notNull(),
    /** When the objection reached us. */
    since: timestamp({ withTimezone: true }).notNull(),
    channel: collectionChannel().notNull(),
    recordedAt: timestamp({ withTimezone: true }).notNull(),
    /** The privacy request it was made by, where there is one. */
    requestId: uuid(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.purpose] })],
);

/** Whom services were told to ask anew, for which use, because of which version of the policy: once each. */
export const consentRenewals = pgTable(
  'consent_renewals',
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    purpose: text().notNull(),
    policyVersion: integer().notNull(),
    askedAt: timestamp({ withTimezone: true }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.accountId, table.purpose, table.policyVersion] })],
);
