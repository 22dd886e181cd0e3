import { randomUUID } from 'node:crypto';
import { and, eq, gt, ne, sql } from 'drizzle-orm';
import { blindIndex } from '../crypto/blind-index.js';
import type { Keys } from '../crypto/keys.js';
import { createSubjectKey, readSubjectKeys } from '../crypto/subject-keys.js';
import { anyOf } from '../database/any-of.js';
import type { Db, Tx } from '../database/database.js';
import { refuseErased } from '../erasures/refusal.js';
import { badInput, conflict, notFound } from '../errors.js';
import { publish } from '../events/events.js';
import type { Subject } from '../services/connector.js';
import { type AccountRecord, openRecord, type ProfileRecord, sealRecord } from './account-record.js';
import { accountIdentifiers, accountLogins, accounts, serviceLinks } from './accounts.tables.js';
import { type BirthYears, checkBirthYears } from './childhood.js';
import { addContacts, replaceContacts } from './contact-fingerprints.js';
import { type IdentifierType, normaliseIdentifier, requirePlainText } from './identifier.js';

export type AccountStatus = 'ACTIVE' | 'RESTRICTED' | 'ERASING' | 'ERASED';

/** A person as Habeas knows them, opened. */
export interface Account {
  readonly id: string;
  readonly status: AccountStatus;
  readonly createdAt: Date;
  readonly record: AccountRecord;
}

export interface Registration {
  /** The id to register under, where the company already has one; otherwise a random one. */
  readonly id?: string;
  readonly profile?: Partial<Omit<ProfileRecord, 'updatedAt'>>;
  readonly identifiers?: readonly { type: IdentifierType; value: string; verified: boolean }[];
  readonly links?: readonly { service: string; externalId: string }[];
  readonly birthYears?: BirthYears;
  /** Account of whoever agrees for a child. */
  readonly guardianId?: string;
  /** The person's login at the identity provider. */
  readonly login?: { issuer: string; subject: string };
}

/** The accounts with these ids, in order; null for an unknown or erased one. One query. */
export async function readAccounts(db: Db | Tx, keys: Keys, ids: readonly string[]): Promise<(Account | null)[]> {
  const rows = await db.select().from(accounts).where(anyOf(accounts.id, ids));
  const subjectKeys = await readSubjectKeys(db, keys.encryption, ids);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = byId.get(id);
    const key = subjectKeys.get(id);
    if (!row || !key || row.status === 'ERASED') return null;
    return { id, status: row.status, createdAt: row.createdAt, record: openRecord(row.record, key, id) };
  });
}

/** Who has this verified e-mail, phone, username or external id; null where nobody has. */
export async function findByIdentifier(
  db: Db | Tx,
  keys: Keys,
  type: IdentifierType,
  value: string,
): Promise<string | null> {
  const fingerprint = identifierFingerprint(keys, type, normaliseIdentifier(type, value, 'value'));
  const [row] = await db
    .select({ accountId: accountIdentifiers.accountId })
    .from(accountIdentifiers)
    .where(
      and(
        eq(accountIdentifiers.type, type),
        eq(accountIdentifiers.fingerprint, fingerprint),
        eq(accountIdentifiers.verified, true),
      ),
    );
  return row?.accountId ?? null;
}

/** Whom a service knows as `externalId`; null where nobody is linked so. */
export async function findByExternalId(
  db: Db | Tx,
  keys: Keys,
  service: string,
  externalId: string,
): Promise<string | null> {
  const id = normaliseIdentifier('EXTERNAL_ID', externalId, 'value');
  const [row] = await db
    .select({ accountId: serviceLinks.accountId })
    .from(serviceLinks)
    .where(
      and(
        eq(serviceLinks.service, service),
        eq(serviceLinks.externalIdFingerprint, linkFingerprint(keys, service, id)),
      ),
    );
  return row?.accountId ?? null;
}

/** Makes an account. CONFLICT where a verified identifier, external id, login or the id belongs to another one. */
export async function register(tx: Tx, keys: Keys, now: Date, registration: Registration): Promise<Account> {
  const id = registration.id ?? randomUUID();
  const at = now.toISOString();
  const record: AccountRecord = {
    profile: mergeProfile(EMPTY_PROFILE, registration.profile ?? {}, at),
    identifiers: (registration.identifiers ?? []).map(({ type, value, verified }, index) => ({
      type,
      value: normaliseIdentifier(type, value, `identifiers[${index}].value`),
      verified,
    })),
    links: (registration.links ?? []).map(({ service, externalId }, index) => ({
      service,
      externalId: normaliseIdentifier('EXTERNAL_ID', externalId, `links[${index}].externalId`),
      linkedAt: at,
    })),
  };
  refuseRepeats(record);
  await setChildhood(tx, now, record, id, registration);
  const [taken] = await tx.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, id));
  const key = taken ? null : await createSubjectKey(tx, keys.encryption, id);
  if (!key) throw conflict('id: there is an account with this id already.');
  await tx
    .insert(accounts)
    .values({ id, record: sealRecord(record, key, id), contactsKnown: true, createdAt: now, updatedAt: now });
  await addContacts(tx, keys, id, record);
  await insertIdentifiers(tx, keys, id, record.identifiers);
  for (const link of record.links) await insertLink(tx, keys, id, link.service, link.externalId, now);
  if (registration.login) await insertLogin(tx, keys, id, registration.login);
  await refuseErased(tx, keys, [
    { argument: 'id', known: { accountId: id } },
    ...record.links.map((known, index) => ({ argument: `links[${index}].externalId`, known })),
    ...record.identifiers.flatMap((known, index) =>
      known.type === 'EXTERNAL_ID' ? [{ argument: `identifiers[${index}].value`, known }] : [],
    ),
  ]);
  await publish(
    tx,
    record.links.map(({ service }) => ({ type: 'account.linked', accountId: id, service, recordedAt: now })),
  );
  return { id, status: 'ACTIVE', createdAt: now, record };
}

/** Rectifies shared account data (Article 16). A key left out stays as it is; null empties it. */
export async function updateProfile(
  tx: Tx,
  keys: Keys,
  now: Date,
  accountId: string,
  changes: Partial<Omit<ProfileRecord, 'updatedAt'>>,
): Promise<Account> {
  return change(tx, keys, now, accountId, (record) => ({
    ...record,
    profile: mergeProfile(record.profile, changes, now.toISOString()),
  }));
}

/** Records that `service` knows this account as `externalId`; again with the same id changes nothing. */
export async function linkService(
  tx: Tx,
  keys: Keys,
  now: Date,
  accountId: string,
  service: string,
  externalId: string,
): Promise<Account> {
  const id = normaliseIdentifier('EXTERNAL_ID', externalId, 'externalId');
  return change(tx, keys, now, accountId, async (record) => {
    const linked = record.links.find((link) => link.service === service);
    if (linked?.externalId === id) return record;
    if (linked) throw conflict(`service: this account is linked to ${service} under another external id.`);
    await insertLink(tx, keys, accountId, service, id, now);
    await refuseErased(tx, keys, [{ argument: 'externalId', known: { service, externalId: id } }]);
    await publish(tx, { type: 'account.linked', accountId, service, recordedAt: now });
    return { ...record, links: [...record.links, { service, externalId: id, linkedAt: now.toISOString() }] };
  });
}

/** Records when a person may have been born, and who agrees for them. What is left out stays; null removes it. */
export async function recordGuardian(
  tx: Tx,
  keys: Keys,
  now: Date,
  accountId: string,
  childhood: Childhood,
): Promise<Account> {
  return change(tx, keys, now, accountId, async (record) => {
    const changed = { ...record };
    await setChildhood(tx, now, changed, accountId, childhood);
    return changed;
  });
}

interface Childhood {
  readonly birthYears?: BirthYears | null;
  readonly guardianId?: string | null;
}

async function setChildhood(tx: Tx, now: Date, record: AccountRecord, accountId: string, childhood: Childhood) {
  const { birthYears, guardianId } = childhood;
  if (birthYears === null) delete record.birthYears;
  else if (birthYears !== undefined) {
    checkBirthYears(birthYears, now);
    record.birthYears = { ...birthYears };
  }
  if (guardianId === null) delete record.guardianId;
  else if (guardianId !== undefined) {
    if (guardianId === accountId) throw badInput('guardianId', 'is the account itself: name another person.');
    const [guardian] = await tx.select({ status: accounts.status }).from(accounts).where(eq(accounts.id, guardianId));
    if (!guardian || guardian.status === 'ERASED') throw badInput('guardianId', 'there is no account with this id.');
    record.guardianId = guardianId;
  }
}

/** Writes down where people can be reached whose accounts are older than that is written down. Answers how many. */
export async function learnContacts(db: Db, keys: Keys, atMost: number): Promise<number> {
  const unknown = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(eq(accounts.contactsKnown, false), ne(accounts.status, 'ERASED')))
    .limit(atMost);
  for (const { id } of unknown) {
    await db.transaction(async (tx) => {
      await tx.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, id)).for('update');
      const [account] = await readAccounts(tx, keys, [id]);
      if (account) await replaceContacts(tx, keys, id, account.record);
      await tx.update(accounts).set({ contactsKnown: true }).where(eq(accounts.id, id));
    });
  }
  return unknown.length;
}

/** How this person is known to one service. */
export function subjectAt(account: Account, service: string): Subject {
  const verified = (type: IdentifierType) =>
    account.record.identifiers.filter((each) => each.type === type && each.verified).map((each) => each.value);
  const link = account.record.links.find((each) => each.service === service);
  return {
    accountId: account.id,
    ...(link ? { externalId: link.externalId } : {}),
    emails: verified('EMAIL'),
    phones: verified('PHONE'),
  };
}

/** Reads, changes and writes an account under its row lock, so that no change is lost. */
async function change(
  tx: Tx,
  keys: Keys,
  now: Date,
  accountId: string,
  edit: (record: AccountRecord) => AccountRecord | Promise<AccountRecord>,
): Promise<Account> {
  await tx.select({ id: accounts.id }).from(accounts).where(eq(accounts.id, accountId)).for('update');
  const [account] = await readAccounts(tx, keys, [accountId]);
  const key = (await readSubjectKeys(tx, keys.encryption, [accountId])).get(accountId);
  if (!account || !key) throw notFound('accountId: there is no account with this id that you may change.');
  const record = await edit(account.record);
  await tx
    .update(accounts)
    .set({ record: sealRecord(record, key, accountId), contactsKnown: true, updatedAt: now })
    .where(eq(accounts.id, accountId));
  await replaceContacts(tx, keys, accountId, record);
  return { ...account, record };
}

const EMPTY_PROFILE: ProfileRecord = {
  givenName: null,
  familyName: null,
  displayName: null,
  email: null,
  phone: null,
  organisation: null,
  jobTitle: null,
  postalAddress: null,
  locale: null,
  updatedAt: null,
};

const LONGEST_PROFILE_TEXT = 500;

function mergeProfile(old: ProfileRecord, changes: Partial<ProfileRecord>, at: string): ProfileRecord {
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if ((value?.length ?? 0) > LONGEST_PROFILE_TEXT) {
      throw badInput(`profile.${name}`, `is longer than ${LONGEST_PROFILE_TEXT} characters.`);
    }
    const text = name === 'postalAddress' ? value?.replaceAll('\n', ' ') : value; // An address has lines.
    if (text) requirePlainText(text, `profile.${name}`);
  }
  if (changes.email) normaliseIdentifier('EMAIL', changes.email, 'profile.email');
  if (changes.phone) normaliseIdentifier('PHONE', changes.phone, 'profile.phone');
  return { ...old, ...Object.fromEntries(given), updatedAt: given.length > 0 ? at : old.updatedAt };
}

function refuseRepeats(record: AccountRecord): void {
  const identifiers = record.identifiers.map(({ type, value }) => `${type}\0${value}`);
  if (new Set(identifiers).size < identifiers.length) throw badInput('identifiers', 'names one identifier twice.');
  const services = record.links.map((link) => link.service);
  if (new Set(services).size < services.length) throw badInput('links', 'names one service twice.');
}

const identifierFingerprint = (keys: Keys, type: IdentifierType, value: string) =>
  blindIndex(keys.blindIndex, `identifier|${type}`, value);
const linkFingerprint = (keys: Keys, service: string, externalId: string) =>
  blindIndex(keys.blindIndex, `link|${service}`, externalId);
/** What a login at an identity provider is found by. */
export const loginFingerprint = (keys: Keys, issuer: string, subject: string) =>
  blindIndex(keys.blindIndex, `login|${issuer}`, subject);

async function insertIdentifiers(
  tx: Tx,
  keys: Keys,
  accountId: string,
  identifiers: AccountRecord['identifiers'],
): Promise<void> {
  for (const [index, { type, value, verified }] of identifiers.entries()) {
    const rows = await tx
      .insert(accountIdentifiers)
      .values({ accountId, type, fingerprint: identifierFingerprint(keys, type, value), verified })
      .onConflictDoNothing()
      .returning({ accountId: accountIdentifiers.accountId });
    if (rows.length === 0) throw conflict(`identifiers[${index}]: another account has this verified identifier.`);
  }
}

async function insertLink(
  tx: Tx,
  keys: Keys,
  accountId: string,
  service: string,
  externalId: string,
  now: Date,
): Promise<void> {
  const rows = await tx
    .insert(serviceLinks)
    .values({
      accountId,
      service,
      externalIdFingerprint: linkFingerprint(keys, service, externalId),
      linkedAt: now,
    })
    .onConflictDoNothing()
    .returning({ accountId: serviceLinks.accountId });
  if (rows.length === 0) throw conflict(`externalId: another account is linked to ${service} under this id.`);
}

async function insertLogin(tx: Tx, keys: Keys, accountId: string, login: { issuer: string; subject: string }) {
  const rows = await tx
    .insert(accountLogins)
    .values({ fingerprint: loginFingerprint(keys, login.issuer, login.subject), accountId })
    .onConflictDoNothing()
    .returning({ accountId: accountLogins.accountId });
  if (rows.length === 0) throw conflict('This login has an account already.');
}

/** The ids of all accounts, thousands at a time. */
export async function* allAccountIds(db: Db): AsyncGenerator<string[]> {
  let after = '00000000-0000-0000-0000-000000000000';
  for (;;) {
    const rows = await db
      .select({ id: accounts.id })
      .from(accounts)
      .where(gt(accounts.id, after))
      .orderBy(accounts.id)
      .limit(IDS_AT_ONCE);
    if (rows.length > 0) yield rows.map(({ id }) => id);
    if (rows.length < IDS_AT_ONCE) return;
    after = rows.at(-1)?.id ?? after;
  }
}

const IDS_AT_ONCE = 10_000;

/** Which of these accounts there are that are not erased. */
export async function notErased(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await db
    .select({ id: accounts.id })
    .from(accounts)
    .where(and(anyOf(accounts.id, ids), ne(accounts.status, 'ERASED')));
  return rows.map(({ id }) => id);
}

/** How many accounts there are, erased ones left out. */
export async function countAccounts(db: Db): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(accounts)
    .where(sql`${accounts.status} <> 'ERASED'`);
  return row?.count ?? 0;
}
