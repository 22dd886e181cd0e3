import { char, index, jsonb, pgEnum, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytea } from '../crypto/subject-keys.tables.js';

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
    /** SHA-256 of its secret; the secret itself is nowhere. Null: it comes with the identity provider's tokens alone. */
    secretSha256: bytea(),
    /** The manifest of documents in force; null: it may ask anything its purposes allow. */
    manifestId: uuid(),
    createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
    revokedAt: timestamp({ withTimezone: true }),
  },
  (table) => [uniqueIndex('clients_name').on(table.name), uniqueIndex('clients_secret').on(table.secretSha256)],
);

/** Documents a client may ask, and no others. A row never changes: other documents are another manifest. */
export const clientManifests = pgTable(
  'client_manifests',
  {
    id: uuid().primaryKey().defaultRandom(),
    clientId: uuid()
      .notNull()
      .references(() => clients.id),
    at: timestamp({ withTimezone: true }).notNull(),
    /** SHA-256 of each document, in hexadecimal digits, to its text. */
    documents: jsonb().$type<Readonly<Record<string, string>>>().notNull(),
  },
  (table) => [index('client_manifests_client').on(table.clientId, table.at)],
);
