import { char, pgEnum, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core';

export const affiliation = pgEnum('affiliation', ['AFFILIATED', 'EXTERNAL']);

/** Service clients: who may read, and for which purposes. */
export const clients = pgTable(
  'clients',
  {
    id: uuid().primaryKey().defaultRandom(),
    /** The `client_id` of its tokens. */
    name: text().notNull(),
    affiliation: affiliation().notNull(),
    /** Fideslang data-use keys it may name. */
    purposes: text().array().notNull(),
    country: char({ length: 2 }).notNull(),
    transferSafeguard: text(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    revokedAt: timestamp({ withTimezone: true }),
  },
  (table) => [uniqueIndex('clients_name').on(table.name)],
);
