import { bigint, index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { bytea } from '../crypto/subject-keys.tables.js';
import { collectionChannel } from '../requests/requests.tables.js';
import { consentAction } from './consents.tables.js';

/**
 * Devices whose users chose before they logged in. Only a hash of the id is kept: who reads the table can ask for
 * nobody. A trigger refuses to remove one before its time.
 */
export const devices = pgTable(
  'devices',
  {
    /** Of the id's 16 bytes. */
    idSha256: bytea().primaryKey(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    /** When all of it is removed, unless it is used again before. */
    keepUntil: timestamp({ withTimezone: true }).notNull(),
    /** Keyed hash of id and account, once the choices are an account's: says whose to nobody who has not both. */
    joinedAs: bytea(),
  },
  (table) => [index('devices_keep_until').on(table.keepUntil)],
);

/** What was said by devices, in the order it was said. A trigger refuses any change of a row while its device is there. */
export const deviceConsentEvents = pgTable(
  'device_consent_events',
  {
    idSha256: bytea()
      .notNull()
      .references(() => devices.idSha256, { onDelete: 'cascade' }),
    id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    /** Fideslang data use. */
    purpose: text().notNull(),
    action: consentAction().notNull(),
    /** How it was said: by somebody who chose, or by their browser for them. */
    channel: collectionChannel().notNull().default('WEB'),
    occurredAt: timestamp({ withTimezone: true }).notNull(),
    /** Version of the privacy policy it was said under; 0 where none had been published. */
    policyVersion: integer().notNull(),
    validUntil: timestamp({ withTimezone: true }),
    /** The words that were shown. */
    wording: text(),
    /** Language of the words, as a BCP 47 tag. */
    locale: text(),
  },
  (table) => [primaryKey({ columns: [table.idSha256, table.id] })],
);
