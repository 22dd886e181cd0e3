import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  index,
  pgEnum,
  pgTable,
  primaryKey,
  smallint,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';
import { bytea } from '../crypto/subject-keys.tables.js';

export const accountStatus = pgEnum('account_status', ['ACTIVE', 'RESTRICTED', 'ERASING', 'ERASED']);
export const identifierType = pgEnum('identifier_type', ['EMAIL', 'PHONE', 'USERNAME', 'EXTERNAL_ID']);
export const addressKind = pgEnum('address_kind', ['EMAIL', 'PHONE', 'POST']);

/** One row per person. Nothing personal is in clear: `record` is one envelope under the person's key. */
export const accounts = pgTable('accounts', {
  id: uuid().primaryKey(),
  status: accountStatus().notNull().default('ACTIVE'),
  /** Shape of what is sealed in `record`, for later migrations. */
  recordVersion: smallint().notNull().default(1),
  record: bytea().notNull(),
  /** Plus one with every change of what may be read of the person: consents, objections, status. */
  gateEpoch: bigint({ mode: 'bigint' }).notNull().default(sql`0`),
  /** Whether `contact_fingerprints` holds the addresses of the record; false for accounts older than that table. */
  contactsKnown: boolean().notNull().default(false),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});

/** Keyed fingerprints by which an account is found. One verified owner per identifier; claims may be several. */
export const accountIdentifiers = pgTable(
  'account_identifiers',
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    type: identifierType().notNull(),
    fingerprint: bytea().notNull(),
    verified: boolean().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.type, table.fingerprint] }),
    index('account_identifiers_fingerprint').on(table.fingerprint),
    uniqueIndex('account_identifiers_verified').on(table.type, table.fingerprint).where(sql`${table.verified}`),
  ],
);

/** This account is known to `service`; under which id is sealed in the record, findable by its fingerprint. */
export const serviceLinks = pgTable(
  'service_links',
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    service: text().notNull(),
    externalIdFingerprint: bytea().notNull(),
    linkedAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.service] }),
    uniqueIndex('service_links_external_id').on(table.service, table.externalIdFingerprint),
  ],
);

/** The person's login at an identity provider: fingerprint of issuer and `sub`. */
export const accountLogins = pgTable('account_logins', {
  fingerprint: bytea().primaryKey(),
  accountId: uuid()
    .notNull()
    .references(() => accounts.id, { onDelete: 'cascade' }),
});

/**
 * Where the person can be written to or called, under the key of the suppression list and no other: what lets a refusal
 * of marketing be looked up, and outlive the account.
 */
export const contactFingerprints = pgTable(
  'contact_fingerprints',
  {
    accountId: uuid()
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    kind: addressKind().notNull(),
    fingerprint: bytea().notNull(),
    /** Proven to be the person's: they may lift what was refused for it. */
    verified: boolean().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.kind, table.fingerprint] }),
    index('contact_fingerprints_fingerprint').on(table.fingerprint),
  ],
);
