import { asc, eq } from 'drizzle-orm';
import type { Db, Tx } from '../database/database.js';
import { badInput } from '../errors.js';
import type { DeclaredPurpose } from '../services/purposes.js';
import type { LawfulBasis } from '../services/service.js';
import { covers, type Taxonomy } from '../services/taxonomy.js';
import { objections } from './consents.tables.js';

export type Objection = typeof objections.$inferSelect;

/** What the company's services use data for, and the words for it. */
export interface UsesOfData {
  readonly declared: readonly DeclaredPurpose[];
  readonly taxonomy: Taxonomy;
}

/** The uses a person has objected to, sorted by key. */
export async function objectionsOf(db: Db | Tx, accountId: string): Promise<Objection[]> {
  return db.select().from(objections).where(eq(objections.accountId, accountId)).orderBy(asc(objections.purpose));
}

/** An objection to what rests on consent takes the consent back. */
const MAY_BE_OBJECTED_TO: readonly LawfulBasis[] = ['LEGITIMATE_INTERESTS', 'PUBLIC_TASK', 'CONSENT'];

/**
 * Why the law gives no right to an objection; null: it does. Marketing can always be objected to (Article 21(1) to (3)).
 */
export function whyNotObjectable({ declared, taxonomy }: UsesOfData, purpose: string): string | null {
  if (!taxonomy.use(purpose)) {
    const nearest = taxonomy.nearest('data_use', purpose);
    return `is not known, so nothing has stopped${nearest ? `: did you mean ${nearest}?` : '.'}`;
  }
  const concerned = declared.filter(({ key }) => covers(purpose, key) || covers(key, purpose));
  const isMarketing = covers('marketing', purpose) || concerned.some(({ marketing }) => marketing);
  if (isMarketing || concerned.length === 0) return null;
  if (concerned.some(({ lawfulBasis }) => MAY_BE_OBJECTED_TO.includes(lawfulBasis))) return null;
  return `rests on ${concerned[0]?.lawfulBasis}: only what rests on legitimate interests or a public task, and direct marketing, can be objected to (Article 21).`;
}

/** Refuses an objection there is no right to, so that nobody believes a use has stopped that goes on. */
export function requireObjectable(uses: UsesOfData, purpose: string): void {
  const why = whyNotObjectable(uses, purpose);
  if (why !== null) throw badInput('purpose', why);
}
