import { takeForDecision } from '../accounts/account-status.js';
import { verifiedContacts } from '../accounts/contact-fingerprints.js';
import type { MarketingSettings } from '../config.js';
import type { Tx } from '../database/database.js';
import { badInput, conflict, notFound } from '../errors.js';
import type { CollectionChannel } from '../requests/requests.js';
import { nearest } from '../services/taxonomy.js';
import type { MarketingChannel } from './channels.js';
import { append, EVERYTHING, heldBy, heldOf, type NewPreference, type Subject } from './ledger.js';
import { setSuppressions } from './suppressions.js';

/** Something a person says of marketing, or somebody says for them. */
export interface Saying {
  readonly accountId: string;
  readonly channel: CollectionChannel;
  /** Role of whoever acts, never a name. */
  readonly actor: string;
  /** A service passes on what it was told: that never lifts what an address was suppressed for. */
  readonly by: 'PERSON' | 'GUARDIAN' | 'STAFF' | 'SERVICE';
  /** When the person did it, where it is entered later; now otherwise. */
  readonly occurredAt?: Date | undefined;
  /** Where the proof is kept. */
  readonly evidence?: string | undefined;
}

/** What is to hold from now on. What is left out stays as it is. */
export interface Wishes {
  /** True: no marketing at all, whatever is said of channels and topics. Only an explicit false lifts it. */
  readonly optOutOfAll?: boolean | undefined;
  readonly channels?: readonly { readonly channel: MarketingChannel; readonly allowed: boolean }[] | undefined;
  readonly topics?: readonly { readonly topic: string; readonly allowed: boolean }[] | undefined;
}

/**
 * Records what a person says of marketing. A refusal is never refused, whatever the state of the account; a permission
 * is, where nothing may be done with the account. Late acts never undo later ones.
 */
export async function setPreferences(
  tx: Tx,
  now: Date,
  settings: MarketingSettings,
  saying: Saying,
  wishes: Wishes,
): Promise<void> {
  const { accountId } = saying;
  const said = statementsOf(settings, wishes);
  if (saying.occurredAt && saying.occurredAt > now && said.some(({ allowed }) => allowed))
    throw badInput('occurredAt', 'lies in the future.');
  checkEvidence(saying.evidence);
  await take(
    tx,
    accountId,
    said.some(({ allowed }) => allowed),
  );
  const { held, last } = await heldBy(tx, accountId);
  // A clock that runs ahead is no ground to refuse: what lies in the future happens now.
  const isLate = saying.occurredAt !== undefined && saying.occurredAt < now;
  const at = isLate ? (saying.occurredAt ?? now) : momentAfter(last, now);
  // What is refused already is not refused again, unless that would fall with an unsubscription somebody undoes.
  const stands = ({ subject }: Statement) => {
    const state = heldOf(held, subject);
    return state?.allowed === false && state.action === 'SAID';
  };
  const fresh = said.filter((each) => isLate || each.allowed || !stands(each));
  await append(
    tx,
    accountId,
    fresh.map(({ subject, allowed }) => ({ ...eventOf(saying, at, now), ...subject, action: 'SAID', allowed })),
  );
  if (saying.by !== 'SERVICE') await liftSuppressions(tx, at, now, saying, fresh);
}

interface Statement {
  readonly subject: Subject;
  readonly allowed: boolean;
}

/** What is wished, one statement for each subject. Throws BAD_USER_INPUT for what is unknown or said twice. */
function statementsOf(settings: MarketingSettings, { optOutOfAll, channels = [], topics = [] }: Wishes): Statement[] {
  const said: Statement[] = [
    ...(optOutOfAll === undefined ? [] : [{ subject: EVERYTHING, allowed: !optOutOfAll }]),
    ...channels.map(({ channel: key, allowed }) => ({ subject: { scope: 'CHANNEL' as const, key }, allowed })),
    ...topics.map(({ topic: key, allowed }) => ({ subject: { scope: 'TOPIC' as const, key }, allowed })),
  ];
  for (const [index, { topic }] of topics.entries()) requireTopic(settings, `topics[${index}].topic`, topic);
  for (const [argument, keys] of [
    ['channels', channels.map(({ channel }) => channel)],
    ['topics', topics.map(({ topic }) => topic)],
  ] as const) {
    if (new Set(keys).size < keys.length) throw badInput(argument, 'says two things of one: name each once.');
  }
  return said;
}

/** Refuses a topic nothing is marketed about. */
export function requireTopic({ topics }: MarketingSettings, argument: string, topic: string): void {
  const keys = topics.map(({ key }) => key);
  if (keys.includes(topic)) return;
  const meant = nearest(topic, keys);
  const mend = meant ? `did you mean ${meant}?` : `there are ${keys.join(', ') || 'none'}.`;
  throw badInput(argument, `is no topic of marketing: ${mend}`);
}

const CLOSED = {
  RESTRICTED: 'processing is restricted (Article 18): lift the restriction before marketing is allowed.',
  ERASING: 'the account is being erased: marketing cannot be allowed.',
} as const;

async function take(tx: Tx, accountId: string, allows: boolean): Promise<void> {
  const status = await takeForDecision(tx, accountId);
  if (status === null || status === 'ERASED') throw notFound('accountId: there is no account with this id.');
  if (allows && status !== 'ACTIVE') throw conflict(`accountId: ${CLOSED[status]}`);
}

/** When something happens that happens now: after all that is known of the person, whichever clock was ahead. */
export function momentAfter(last: Date | null, now: Date): Date {
  return last === null || last < now ? now : new Date(last.getTime() + 1);
}

export function eventOf(
  { channel, actor, evidence }: Pick<Saying, 'channel' | 'actor' | 'evidence'>,
  at: Date,
  now: Date,
): Omit<NewPreference, 'scope' | 'key' | 'action' | 'allowed'> {
  return { occurredAt: at, recordedAt: at > now ? at : now, channel, actor, evidence: evidence ?? null };
}

/**
 * A positive act of the person themself lifts what addresses were suppressed for that are proven to be theirs: the same
 * subject, and nothing else.
 */
async function liftSuppressions(tx: Tx, at: Date, now: Date, { accountId, actor }: Saying, said: readonly Statement[]) {
  const lifted = said.filter(({ allowed }) => allowed);
  if (lifted.length === 0) return;
  const contacts = await verifiedContacts(tx, accountId);
  await setSuppressions(
    tx,
    contacts.flatMap((fingerprint) =>
      lifted.map(({ subject }) => ({
        fingerprint,
        ...subject,
        suppressed: false,
        since: at,
        recordedAt: now,
        source: actor,
      })),
    ),
  );
}

const LONGEST_EVIDENCE = 500;
const UNPRINTABLE = /[^\P{Cc}\n\r\t]|\p{Cs}/u;

function checkEvidence(evidence: string | undefined): void {
  if ((evidence?.length ?? 0) > LONGEST_EVIDENCE)
    throw badInput('evidence', `is longer than ${LONGEST_EVIDENCE} characters.`);
  if (UNPRINTABLE.test(evidence ?? '')) throw badInput('evidence', 'holds control characters: remove them.');
}
