import { pgEnum, pgTable, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../crypto/subject-keys.tables.js';

export const tombstoneKind = pgEnum('tombstone_kind', ['ACCOUNT', 'LINK', 'IDENTIFIER']);

/** By what somebody who was erased would be known again: keyed hashes, which tell nobody who it was. */
export const tombstones = pgTable('tombstones', {
  hash: bytea().primaryKey(),
  kind: tombstoneKind().notNull(),
  erasedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
});

/** People a restored database has again who were erased before. They count until their account is erased. */
export const restoredAccounts = pgTable('restored_accounts', {
  accountId: uuid().primaryKey(),
  foundAt: timestamp({ withTimezone: true }).notNull(),
});
