import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** What keeps a person's data from being erased. Rows are only ever added; no account they belong to takes them along. */
export const legalHolds = pgTable(
  'legal_holds',
  {
    id: uuid().primaryKey(),
    accountId: uuid().notNull(),
    /** The one service it is about; null: everything that is held of the person. */
    service: text(),
    /** The one collection of that service; null: all of them. */
    collection: text(),
    reason: text().notNull(),
    /** A role, never a name. */
    placedBy: text().notNull(),
    placedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
  },
  (table) => [
    index('legal_holds_account').on(table.accountId),
    index('legal_holds_placed').on(table.placedAt.desc().nullsFirst(), table.id),
  ],
);

/** How a hold ended, once. Rows are only ever added. */
export const legalHoldReleases = pgTable('legal_hold_releases', {
  holdId: uuid()
    .primaryKey()
    .references(() => legalHolds.id),
  note: text().notNull(),
  releasedBy: text().notNull(),
  releasedAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
});
