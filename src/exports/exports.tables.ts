import { bigint, index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../crypto/subject-keys.tables.js';
import { privacyRequests } from '../requests/requests.tables.js';

/** Sealed packages on disk. A row exists only for a whole package, written in the transaction that makes it reachable. */
export const exportPackages = pgTable(
  'export_packages',
  {
    id: uuid().primaryKey(),
    requestId: uuid()
      .notNull()
      .references(() => privacyRequests.id, { onDelete: 'cascade' }),
    accountId: uuid().notNull(),
    /** SHA-256 of the link's token; the token itself is nowhere. */
    tokenSha256: bytea().notNull(),
    /** Name of the sealed file inside the exports folder. */
    fileName: text().notNull(),
    sizeBytes: bigint({ mode: 'number' }).notNull(),
    sha256: text().notNull(),
    records: integer().notNull(),
    formats: text().array().notNull(),
    createdAt: timestamp({ withTimezone: true }).notNull(),
    expiresAt: timestamp({ withTimezone: true }).notNull(),
    downloads: integer().notNull().default(0),
    revokedAt: timestamp({ withTimezone: true }),
    /** When the sealed file was deleted. */
    removedAt: timestamp({ withTimezone: true }),
  },
  (table) => [
    uniqueIndex('export_packages_token').on(table.tokenSha256),
    index('export_packages_request').on(table.requestId),
    index('export_packages_account').on(table.accountId),
    index('export_packages_expiry').on(table.expiresAt),
  ],
);
