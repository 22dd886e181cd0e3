import { takeForDecision } from '../accounts/account-status.js';
import { mayBeYounger } from '../accounts/childhood.js';
import type { Keys } from '../crypto/keys.js';
import type { Tx } from '../database/database.js';
import { badInput, conflict, forbidden, notFound } from '../errors.js';
import { purposesEverAskedFor, versionInForceOn } from '../policies/policies.js';
import { londonDay } from '../requests/deadline.js';
import type { CollectionChannel } from '../requests/requests.js';
import { covers, type Taxonomy } from '../services/taxonomy.js';
import { checkEvidence, requireAskable, wordsOf } from './asking.js';
import { type Ground, takeGround } from './giving.js';
import { append, type NewEvent, type States, statesOf } from './ledger.js';
import { monthsAfter } from './term.js';

/** Something a person says of their consent, or somebody says for them. */
export interface Act {
  readonly accountId: string;
  readonly channel: CollectionChannel;
  /** Role of whoever acts, never a name. */
  readonly actor: string;
  readonly by: 'PERSON' | 'GUARDIAN' | 'STAFF';
  /** When the person did it, where it is entered later; now otherwise. */
  readonly occurredAt?: Date | undefined;
  /** Where the proof is kept. */
  readonly evidence?: string | undefined;
}

export interface Giving extends Act {
  readonly purpose: string;
  readonly policyVersion: number;
  /** The words the person was shown; the policy's own for the use where left out. Staff always give them. */
  readonly wording?: string | undefined;
  /** Their language, a BCP 47 tag. */
  readonly locale?: string | undefined;
}

/** What a company has laid down of consent. */
export interface ConsentRules {
  /** Younger people need their guardian to agree: years. */
  readonly age: number;
  /** How long a consent holds: months. */
  readonly months: number;
  readonly taxonomy: Taxonomy;
}

/**
 * Records that a person agrees to a use of their data (Article 7). Refused where that would not be consent: a use that
 * does not rest on it, a policy nobody could have read, no words shown, a child without their guardian.
 */
export async function give(tx: Tx, keys: Keys, now: Date, rules: ConsentRules, giving: Giving): Promise<void> {
  const { accountId, purpose, policyVersion } = giving;
  checkEvidence(giving);
  const taken = await takeGround(tx, keys, giving);
  if (!taken) throw notFound('accountId: there is no account with this id.');
  if (taken.status !== 'ACTIVE') throw conflict(`accountId: ${CLOSED[taken.status]}`);
  if (giving.occurredAt && giving.occurredAt > now) throw badInput('occurredAt', 'lies in the future.');
  const { states, terms, ...ground } = taken.ground;
  const at = giving.occurredAt ?? momentAfter(states, now);
  const day = londonDay(at);
  const named = requireAskable(rules.taxonomy, terms, { purpose, policyVersion, day });
  requireAge(ground, rules.age, giving, day);
  requireNoObjection(ground, purpose);
  await append(tx, accountId, states, [
    {
      ...eventOf(giving, at, now),
      action: 'GIVEN',
      purpose,
      policyVersion,
      validUntil: monthsAfter(at, rules.months),
      wording: wordsOf(giving, named),
      locale: giving.locale ?? null,
    },
  ]);
}

/**
 * Records that a person takes their consent back (Article 7(3)), for a use and all below it. Asks for no reason and is
 * never refused, whatever the state of the account and the policy; again, it changes nothing.
 */
export async function withdraw(
  tx: Tx,
  now: Date,
  taxonomy: Taxonomy,
  withdrawal: Act & { readonly purpose: string },
): Promise<void> {
  const states = await takeStates(tx, withdrawal.accountId);
  const { purpose } = withdrawal;
  if (!taxonomy.use(purpose) && !states.has(purpose)) {
    const nearest = taxonomy.nearest('data_use', purpose);
    throw badInput('purpose', `is not known, so nothing was withdrawn${nearest ? `: did you mean ${nearest}?` : '.'}`);
  }
  await appendWithdrawals(tx, now, withdrawal, states, [purpose]);
}

/** Takes back every consent, also to what nobody has asked for yet. */
export async function withdrawAll(tx: Tx, now: Date, act: Act): Promise<void> {
  const states = await takeStates(tx, act.accountId);
  const purposes = [...new Set([...states.keys(), ...(await purposesEverAskedFor(tx))])].sort();
  await appendWithdrawals(tx, now, act, states, purposes);
}

async function appendWithdrawals(tx: Tx, now: Date, act: Act, states: States, purposes: readonly string[]) {
  // A clock that runs ahead is no ground to refuse: what lies in the future happens now.
  const isLate = act.occurredAt !== undefined && act.occurredAt < now;
  const at = isLate ? (act.occurredAt ?? now) : momentAfter(states, now);
  const policyVersion = await versionInForceOn(tx, londonDay(at));
  const wanted = isLate ? purposes : purposes.filter((purpose) => !isWithdrawn(states, purpose));
  const events = wanted.map((purpose) => ({
    ...eventOf(act, at, now),
    action: 'WITHDRAWN' as const,
    purpose,
    policyVersion,
    validUntil: null,
    wording: null,
    locale: null,
  }));
  await append(tx, act.accountId, states, events);
}

/** Whether a use is withdrawn, and nothing below it has been agreed to since. */
function isWithdrawn(states: States, purpose: string): boolean {
  const own = states.get(purpose);
  if (own?.status !== 'WITHDRAWN') return false;
  return ![...states].some(
    ([key, state]) => covers(purpose, key) && state.status !== 'WITHDRAWN' && state.since >= own.since,
  );
}

/** Writes down that consents have ended by rule. They have not permitted anything since; this tells when and why. */
export async function expire(tx: Tx, now: Date, accountId: string): Promise<void> {
  const states = await takeStates(tx, accountId);
  const events = [...states].flatMap(([purpose, { status, validUntil, policyVersion }]) =>
    status === 'GIVEN' && validUntil !== null && validUntil <= now ? [{ purpose, policyVersion, at: validUntil }] : [],
  );
  const ended = events.map(({ purpose, policyVersion, at }) => ({
    ...eventOf({ channel: 'API', actor: 'Habeas' }, at, now),
    action: 'EXPIRED' as const,
    purpose,
    policyVersion,
    validUntil: null,
    wording: null,
    locale: null,
  }));
  await append(tx, accountId, states, ended);
}

function eventOf(act: Pick<Act, 'channel' | 'actor' | 'evidence'>, at: Date, now: Date) {
  const { channel, actor, evidence } = act;
  return {
    occurredAt: at,
    recordedAt: at > now ? at : now,
    channel,
    actor,
    evidence: evidence ?? null,
  } satisfies Partial<NewEvent>;
}

/**
 * When something happens that happens now: after all that is known of the person, whichever server's clock was ahead
 * when that was written.
 */
function momentAfter(states: States, now: Date): Date {
  const latest = Math.max(0, ...[...states.values()].map(({ since }) => since.getTime()));
  return new Date(Math.max(now.getTime(), latest + 1));
}

async function takeStates(tx: Tx, accountId: string): Promise<States> {
  const status = await takeForDecision(tx, accountId);
  if (status === null || status === 'ERASED') throw notFound('accountId: there is no account with this id.');
  return statesOf(tx, accountId);
}

const CLOSED = {
  RESTRICTED: 'processing is restricted (Article 18): lift the restriction before consent is given.',
  ERASING: 'the account is being erased: no consent can be given for it.',
  ERASED: 'the account has been erased: no consent can be given for it.',
} as const;

/** Somebody who may be a child agrees through their guardian (Data Protection Act 2018, section 9). */
function requireAge({ birthYears }: Pick<Ground, 'birthYears'>, age: number, { by }: Act, day: string): void {
  if (by !== 'GUARDIAN' && birthYears && mayBeYounger(birthYears, age, day)) {
    throw forbidden(
      `accountId: the person may be younger than ${age}: their guardian has to agree, with their own token.`,
    );
  }
}

function requireNoObjection({ objections }: Pick<Ground, 'objections'>, purpose: string): void {
  const objection = objections.find((each) => covers(each, purpose));
  if (objection !== undefined) {
    throw conflict(
      `purpose: the person has objected to ${objection}: take the objection back first, with "withdrawObjection".`,
    );
  }
}
