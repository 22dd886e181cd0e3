import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  pgEnum,
  pgTable,
  primaryKey,
  text,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { accounts } from '../accounts/accounts.tables.js';
import { bytea } from '../crypto/subject-keys.tables.js';
import { collectionChannel } from '../requests/requests.tables.js';

/** What a preference is about: all marketing, one channel, or one topic. */
export const preferenceScope = pgEnum('preference_scope', ['ALL', 'CHANNEL', 'TOPIC']);
export const preferenceAction = pgEnum('preference_action', ['SAID', 'UNSUBSCRIBED', 'UNDONE']);
export const marketingChannel = pgEnum('marketing_channel', ['EMAIL', 'PHONE', 'SMS', 'POST']);

/**
 * What people said of marketing, in the order it was entered. A trigger refuses any change of a row, even to the owner
 * of the table. Without a foreign key: the evidence outlives the account it is about.
 */
export const preferenceEvents = pgTable(
  'preference_events',
  {
    accountId: uuid().notNull(),
    id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    scope: preferenceScope().notNull(),
    /** The channel or the topic; empty for all. */
    key: text().notNull(),
    action: preferenceAction().notNull(),
    allowed: boolean().notNull(),
    /** For UNDONE: the event that counts no longer. */
    undoes: bigint({ mode: 'number' }),
    /** When the person did it. */
    occurredAt: timestamp({ withTimezone: true }).notNull(),
    /** When it was entered here. */
    recordedAt: timestamp({ withTimezone: true }).notNull(),
    channel: collectionChannel().notNull(),
    /** A role, never a name. */
    actor: text().notNull(),
    /** Where the proof is kept, e.g. the file of a letter. */
    evidence: text(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.id] }),
    // One act is one row, however often it is sent.
    unique('preference_events_act').on(
      table.accountId,
      table.scope,
      table.key,
      table.occurredAt,
      table.action,
      table.allowed,
    ),
    uniqueIndex('preference_events_undone').on(table.accountId, table.undoes).where(sql`${table.undoes} is not null`),
  ],
);

/** What holds now: the fold of a person's events. Written with them, and rebuildable from them. */
export const preferenceStates = pgTable(
  'preference_states',
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    scope: preferenceScope().notNull(),
    key: text().notNull(),
    allowed: boolean().notNull(),
    since: timestamp({ withTimezone: true }).notNull(),
    /** The event that made it so. */
    eventId: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.scope, table.key] }),
    index('preference_states_allowed').on(table.scope, table.key, table.accountId).where(sql`${table.allowed}`),
  ],
);

/**
 * Addresses that get no marketing, as keyed fingerprints and nothing else: of people without an account, and of those
 * whose account was erased. A row that was lifted stays, so that what is older cannot bring the refusal back.
 */
export const suppressions = pgTable(
  'suppressions',
  {
    fingerprint: bytea().notNull(),
    scope: preferenceScope().notNull(),
    key: text().notNull(),
    suppressed: boolean().notNull(),
    since: timestamp({ withTimezone: true }).notNull(),
    recordedAt: timestamp({ withTimezone: true }).notNull(),
    /** A role, `unsubscribed` or `erasure`; never a name. */
    source: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.fingerprint, table.scope, table.key] })],
);

/**
 * Soft opt-ins (PECR, regulation 22(3)), each with what it takes, all of which must be so. Rows are only ever added;
 * any refusal ends them.
 */
export const softOptIns = pgTable(
  'soft_opt_ins',
  {
    accountId: uuid().notNull(),
    channel: marketingChannel().notNull(),
    occurredAt: timestamp({ withTimezone: true }).notNull(),
    recordedAt: timestamp({ withTimezone: true }).notNull(),
    addressCollectedByUs: boolean().notNull(),
    inSaleOrNegotiation: boolean().notNull(),
    similarProductsOnly: boolean().notNull(),
    refusalOfferedAtCollection: boolean().notNull(),
    refusalOfferedInEveryMessage: boolean().notNull(),
    actor: text().notNull(),
    evidence: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.channel, table.occurredAt] }),
    index('soft_opt_ins_channel').on(table.channel, table.accountId),
  ],
);
