import { decide, type WithheldReason } from '../gate/decide.js';
import type { Standing } from '../gate/standing.js';
import type { LawfulBasis } from '../services/service.js';
import { CHANNELS, type MarketingChannel } from './channels.js';

/** Why marketing may be sent. */
export type Permission = 'CONSENT' | 'SOFT_OPT_IN' | 'LEGITIMATE_INTERESTS';

/** Why it may not. */
export type Refusal =
  | 'UNKNOWN_ACCOUNT'
  | 'ERASED'
  | 'OPTED_OUT_OF_ALL'
  | 'OBJECTED'
  | 'RESTRICTED'
  | 'SUPPRESSED'
  | 'CHANNEL_NOT_ALLOWED'
  | 'TOPIC_NOT_ALLOWED'
  | 'NOT_IN_POLICY'
  | Extract<WithheldReason, 'NO_CONSENT' | 'CONSENT_WITHDRAWN' | 'CONSENT_EXPIRED' | 'CONSENT_NEEDS_RENEWAL'>;

/** By what, and about what, somebody is to be reached. */
export interface Contact {
  readonly channel: MarketingChannel;
  readonly topic: string;
  /** Whether a recorded soft opt-in counts for this topic. */
  readonly softOptIn: boolean;
}

/** All that it depends on whether one person may be reached so, at one moment. */
export interface ContactStanding {
  readonly standing: Standing;
  /** What they have said; null: nothing. `all` is false where they want no marketing at all. */
  readonly said: { readonly all: boolean | null; readonly channel: boolean | null; readonly topic: boolean | null };
  /** Whether one of their addresses is suppressed, or it is not known which addresses they have. */
  readonly suppressed: boolean;
  /** Whether there is a soft opt-in for the channel, and no refusal since. */
  readonly softOptIn: boolean;
  /** What the policy in force rests marketing by this channel on; null: it does not name it. */
  readonly basis: LawfulBasis | null;
}

export type ContactVerdict =
  | { readonly allowed: true; readonly reason: Permission }
  | { readonly allowed: false; readonly reason: Refusal };

const yes = (reason: Permission): ContactVerdict => ({ allowed: true, reason });
const no = (reason: Refusal): ContactVerdict => ({ allowed: false, reason });

/**
 * Whether marketing may be sent to a person by this channel about this topic. Every "no" wins over every "yes", the one
 * that reaches furthest first; what was never said is no.
 */
export function decideContact(contact: Contact, person: ContactStanding | null): ContactVerdict {
  if (person === null) return no('UNKNOWN_ACCOUNT');
  const { standing, said, suppressed, basis } = person;
  if (standing.status === 'ERASED' || standing.status === 'ERASING') return no('ERASED');
  if (said.all === false) return no('OPTED_OUT_OF_ALL');
  const { purpose, isElectronicMail } = CHANNELS[contact.channel];
  const lacking = decide({ key: purpose, basis: 'CONSENT', marketing: true }, 'AFFILIATED', ANY_FIELD, standing);
  if (lacking === 'OBJECTED') return no('OBJECTED');
  if (standing.status === 'RESTRICTED') return no('RESTRICTED');
  if (suppressed) return no('SUPPRESSED');
  if (said.channel === false) return no('CHANNEL_NOT_ALLOWED');
  if (said.topic === false) return no('TOPIC_NOT_ALLOWED');
  if (basis === null) return no('NOT_IN_POLICY');
  if (lacking === 'CONSENT_WITHDRAWN') return no(lacking);
  if (isElectronicMail && contact.softOptIn && person.softOptIn) return yes('SOFT_OPT_IN');
  if (said.channel === null) return no('CHANNEL_NOT_ALLOWED');
  if (said.topic === null) return no('TOPIC_NOT_ALLOWED');
  if (lacking === null) return yes('CONSENT');
  // Calls and letters may rest on something else than consent; the person has asked for them by channel and topic.
  if (!isElectronicMail && basis === 'LEGITIMATE_INTERESTS') return yes('LEGITIMATE_INTERESTS');
  return no(isConsentReason(lacking) ? lacking : 'NO_CONSENT');
}

const ANY_FIELD = { category: null, fromExternalService: false };

const isConsentReason = (
  reason: WithheldReason,
): reason is 'NO_CONSENT' | 'CONSENT_WITHDRAWN' | 'CONSENT_EXPIRED' | 'CONSENT_NEEDS_RENEWAL' =>
  reason.includes('CONSENT');
