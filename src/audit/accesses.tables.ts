import { bigint, index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';

/** Who read what of a person, when and for which purpose. Rows are only ever added. */
export const accesses = pgTable(
  'accesses',
  {
    accountId: uuid().notNull(),
    id: bigint({ mode: 'number' }).generatedAlwaysAsIdentity().notNull(),
    at: timestamp({ withTimezone: true }).notNull(),
    /** A role or a client's name, never a person's. */
    caller: text().notNull(),
    purpose: text(),
    categories: text().array().notNull(),
    services: text().array().notNull(),
  },
  (table) => [index('accesses_account').on(table.accountId, table.id)],
);
