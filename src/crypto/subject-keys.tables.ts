import { customType, pgSchema, timestamp, uuid } from 'drizzle-orm/pg-core';

export const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

/** Apart from the data, so that data backups can be kept without the keys that read them. */
export const keySchema = pgSchema('keys');

/** The random key of each person, wrapped. Destroying a row makes everything sealed with it unreadable. */
export const subjectKeys = keySchema.table('subject_keys', {
  accountId: uuid().primaryKey(),
  wrappedKey: bytea().notNull(),
  createdAt: timestamp({ withTimezone: true }).notNull().defaultNow(),
});
