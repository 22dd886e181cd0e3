import type { Sql } from 'postgres';
import { takeForDecision } from '../accounts/account-status.js';
import type { Tx } from '../database/database.js';
import { badInput, conflict, notFound } from '../errors.js';
import { CHANNELS, type MarketingChannel } from './channels.js';
import { softOptIns } from './marketing.tables.js';

/** A sale on which marketing of similar products may rest, with all it takes (PECR, regulation 22(3)). */
export interface SoftOptIn {
  readonly accountId: string;
  readonly channel: MarketingChannel;
  /** When the person gave their address. */
  readonly occurredAt: Date;
  readonly addressCollectedByUs: boolean;
  readonly inSaleOrNegotiation: boolean;
  readonly similarProductsOnly: boolean;
  readonly refusalOfferedAtCollection: boolean;
  readonly refusalOfferedInEveryMessage: boolean;
  readonly actor: string;
  /** Where the proof is kept, e.g. the number of the order. */
  readonly evidence: string;
}

const FACTS = [
  'addressCollectedByUs',
  'inSaleOrNegotiation',
  'similarProductsOnly',
  'refusalOfferedAtCollection',
  'refusalOfferedInEveryMessage',
] as const;

const LONGEST_EVIDENCE = 500;
const CONTROL = /[\p{Cc}\p{Cs}]/u;

/** Records a soft opt-in. Refused where any of what it takes is not so: a bought list never qualifies. Again, it changes nothing. */
export async function recordSoftOptIn(tx: Tx, now: Date, optIn: SoftOptIn): Promise<void> {
  const { accountId, channel, occurredAt, evidence } = optIn;
  if (!CHANNELS[channel].isElectronicMail)
    throw badInput('channel', 'is no electronic mail: a soft opt-in is for EMAIL and SMS.');
  const lacking = FACTS.find((fact) => !optIn[fact]);
  if (lacking) throw badInput(lacking, 'is not so: without it there is no soft opt-in, ask for consent.');
  if (occurredAt > now) throw badInput('occurredAt', 'lies in the future.');
  if (!evidence.trim()) throw badInput('evidence', 'is empty: say where the proof is kept.');
  if (evidence.length > LONGEST_EVIDENCE) throw badInput('evidence', `is longer than ${LONGEST_EVIDENCE} characters.`);
  if (CONTROL.test(evidence)) throw badInput('evidence', 'holds control characters: remove them.');
  const status = await takeForDecision(tx, accountId);
  if (status === null || status === 'ERASED') throw notFound('accountId: there is no account with this id.');
  if (status !== 'ACTIVE') throw conflict('accountId: processing is restricted or the account is being erased.');
  await tx
    .insert(softOptIns)
    .values({ ...optIn, recordedAt: now })
    .onConflictDoNothing();
}

/** A soft opt-in as it is told. */
export type SoftOptInTold = Pick<SoftOptIn, 'channel' | 'occurredAt' | 'actor' | 'evidence'> & {
  readonly recordedAt: Date;
};

/** A person's soft opt-ins, the newest first. */
export async function softOptInsOf(sql: Sql, accountId: string): Promise<readonly SoftOptInTold[]> {
  return sql<SoftOptInTold[]>`
    select channel, occurred_at as "occurredAt", recorded_at as "recordedAt", actor, evidence from soft_opt_ins
    where account_id = ${accountId} order by occurred_at desc`;
}
