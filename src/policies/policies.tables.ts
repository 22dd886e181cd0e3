import { boolean, date, integer, pgEnum, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';

export const lawfulBasis = pgEnum('lawful_basis', [
  'CONSENT',
  'CONTRACT',
  'LEGAL_OBLIGATION',
  'VITAL_INTERESTS',
  'PUBLIC_TASK',
  'LEGITIMATE_INTERESTS',
]);

/** Every version of the privacy policy. A trigger refuses any change of a row: what was published stays as it was. */
export const policies = pgTable('policies', {
  version: integer().primaryKey(),
  /** London day from which it is in force, until the next version is. */
  effectiveFrom: date().notNull().unique('policies_effective_from'),
  title: text().notNull(),
  /** Markdown. */
  text: text().notNull(),
  /** Of the text's UTF-8 bytes, in hexadecimal. */
  textSha256: text().notNull(),
  publishedAt: timestamp({ withTimezone: true }).notNull(),
  /** A role, never a name. */
  publishedBy: text().notNull(),
});

/** The uses of data a version names, as people are told of them. As unchangeable as the version. */
export const policyPurposes = pgTable(
  'policy_purposes',
  {
    version: integer()
      .notNull()
      .references(() => policies.version),
    /** Fideslang data use. */
    purpose: text().notNull(),
    title: text().notNull(),
    description: text().notNull(),
    lawfulBasis: lawfulBasis().notNull(),
    /** Fideslang data categories. */
    categories: text().array().notNull(),
    retention: text(),
    recipients: text().array().notNull(),
    marketing: boolean().notNull(),
    /** Whether consent given under an earlier version no longer covers it. */
    material: boolean().notNull(),
  },
  (table) => [primaryKey({ columns: [table.version, table.purpose] })],
);
