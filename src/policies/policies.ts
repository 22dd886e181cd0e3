import { createHash } from 'node:crypto';
import { and, asc, desc, eq, lte, type SQL, sql } from 'drizzle-orm';
import type { Db, Tx } from '../database/database.js';
import { badInput, conflict } from '../errors.js';
import type { Taxonomy } from '../services/taxonomy.js';
import { policies, policyPurposes } from './policies.tables.js';
import { checkPublication, type PolicyPurpose, type Publication } from './publication.js';

export type { PolicyPurpose, Publication };
export type Policy = typeof policies.$inferSelect;

/** The London day it is by the database's clock, which is the same for every process. */
const TODAY = sql`(now() at time zone 'Europe/London')::date`;

/**
 * Publishes a version for good. The same version again, unchanged, changes nothing; changed, it is a CONFLICT.
 * `publishedBy`: a role, never a name.
 */
export async function publishPolicy(
  tx: Tx,
  now: Date,
  taxonomy: Taxonomy,
  publication: Publication,
  publishedBy: string,
): Promise<Policy> {
  checkPublication(taxonomy, publication);
  // One at a time: each version is checked against all before it.
  await tx.execute(sql`lock table policies in share row exclusive mode`);
  const published = await findPolicy(tx, publication.version);
  if (published) return requireSame(tx, published, publication);
  const [newest] = await tx.select().from(policies).orderBy(desc(policies.version)).limit(1);
  if (newest && publication.version < newest.version)
    throw conflict(`version: must be higher than ${newest.version}, the newest one.`);
  if (newest && publication.effectiveFrom <= newest.effectiveFrom)
    throw badInput('effectiveFrom', `must be later than that of version ${newest.version}, ${newest.effectiveFrom}.`);
  const { version, effectiveFrom, title, text, purposes } = publication;
  const [row] = await tx
    .insert(policies)
    .values({ version, effectiveFrom, title, text, textSha256: sha256(text), publishedAt: now, publishedBy })
    .returning();
  if (!row) throw new Error('a policy was not written');
  await tx.insert(policyPurposes).values(
    purposes.map((each) => ({
      ...each,
      version,
      categories: [...each.categories],
      recipients: [...each.recipients],
    })),
  );
  return row;
}

async function requireSame(tx: Tx, published: Policy, publication: Publication): Promise<Policy> {
  const { title, effectiveFrom, text } = published;
  const earlier = { title, effectiveFrom, text, purposes: await purposesOf(tx, published.version) };
  const isSame =
    title === publication.title &&
    effectiveFrom === publication.effectiveFrom &&
    text === publication.text &&
    canonical(earlier.purposes) === canonical(publication.purposes);
  if (!isSame)
    throw conflict(`version: version ${published.version} is published and stays as it is: take a new number.`);
  return published;
}

function canonical(purposes: readonly PolicyPurpose[]): string {
  const lines = purposes.map((each) =>
    JSON.stringify([
      each.purpose,
      each.title,
      each.description,
      each.lawfulBasis,
      each.categories,
      each.retention,
      each.recipients,
      each.marketing,
      each.material,
    ]),
  );
  return lines.sort().join('\n');
}

const sha256 = (text: string) => createHash('sha256').update(text, 'utf8').digest('hex');

/** One version, in force or not; null where there is none of that number. */
export async function findPolicy(db: Db | Tx, version: number): Promise<Policy | null> {
  const [row] = await db.select().from(policies).where(eq(policies.version, version));
  return row ?? null;
}

/** The version in force today; null before the first. */
export async function policyInForce(db: Db | Tx): Promise<Policy | null> {
  const [row] = await db
    .select()
    .from(policies)
    .where(lte(policies.effectiveFrom, TODAY))
    .orderBy(desc(policies.version))
    .limit(1);
  return row ?? null;
}

/** The number of the version in force on a London day, by today; 0 before the first. */
export async function versionInForceOn(db: Db | Tx, day: string): Promise<number> {
  const [row] = await db
    .select({ version: policies.version })
    .from(policies)
    .where(and(lte(policies.effectiveFrom, day), lte(policies.effectiveFrom, TODAY)))
    .orderBy(desc(policies.version))
    .limit(1);
  return row?.version ?? 0;
}

/** Every version, the first one first. */
export async function allPolicies(db: Db | Tx): Promise<Policy[]> {
  return db.select().from(policies).orderBy(asc(policies.version));
}

/** The uses a version names, sorted by key. */
export async function purposesOf(db: Db | Tx, version: number): Promise<PolicyPurpose[]> {
  return selectPurposes(db, eq(policyPurposes.version, version));
}

/** The uses the version in force names, sorted by key; none before the first version. */
export async function purposesInForce(db: Db | Tx): Promise<PolicyPurpose[]> {
  const inForce = sql`(select max(version) from policies where effective_from <= ${TODAY})`;
  return selectPurposes(db, sql`${policyPurposes.version} = ${inForce}`);
}

const PURPOSE = {
  purpose: policyPurposes.purpose,
  title: policyPurposes.title,
  description: policyPurposes.description,
  lawfulBasis: policyPurposes.lawfulBasis,
  categories: policyPurposes.categories,
  retention: policyPurposes.retention,
  recipients: policyPurposes.recipients,
  marketing: policyPurposes.marketing,
  material: policyPurposes.material,
};

const selectPurposes = (db: Db | Tx, where: SQL): Promise<PolicyPurpose[]> =>
  db.select(PURPOSE).from(policyPurposes).where(where).orderBy(asc(policyPurposes.purpose));

/** What a version says of one use. */
export interface PolicyTerms {
  readonly effectiveFrom: string;
  /** By now. */
  readonly isInForce: boolean;
  /** Null where it does not name the use. */
  readonly named: PolicyPurpose | null;
}

/** What a version says of one use; null where there is no such version. */
export async function termsOf(db: Db | Tx, version: number, purpose: string): Promise<PolicyTerms | null> {
  const [row] = await db
    .select({ effectiveFrom: policies.effectiveFrom, isInForce: sql<boolean>`${policies.effectiveFrom} <= ${TODAY}` })
    .from(policies)
    .where(eq(policies.version, version));
  if (!row) return null;
  const named = (await purposesOf(db, version)).find((each) => each.purpose === purpose) ?? null;
  return { ...row, named };
}

/** Every use for which some version asks consent, sorted: for no other can consent have been given. */
export async function purposesEverAskedFor(db: Db | Tx): Promise<string[]> {
  const rows = await db
    .selectDistinct({ purpose: policyPurposes.purpose })
    .from(policyPurposes)
    .where(eq(policyPurposes.lawfulBasis, 'CONSENT'))
    .orderBy(asc(policyPurposes.purpose));
  return rows.map(({ purpose }) => purpose);
}
