import type { AddressKind } from '../accounts/contact-fingerprints.js';

/** A way of reaching people with direct marketing. */
export type MarketingChannel = 'EMAIL' | 'PHONE' | 'SMS' | 'POST';

interface Channel {
  /** The use of data it is, a Fideslang data use: what consent, objection and policy speak of. */
  readonly purpose: string;
  /** What it is sent to. */
  readonly address: AddressKind;
  /**
   * Whether consent is needed whatever the policy rests it on, and a soft opt-in can stand in for it: electronic mail
   * (PECR, regulation 22). Calls and letters may rest on what the policy in force says.
   */
  readonly isElectronicMail: boolean;
}

/** What each channel is, in the law's eyes. */
export const CHANNELS: Readonly<Record<MarketingChannel, Channel>> = {
  EMAIL: { purpose: 'marketing.communications.email', address: 'EMAIL', isElectronicMail: true },
  PHONE: { purpose: 'marketing.communications', address: 'PHONE', isElectronicMail: false },
  SMS: { purpose: 'marketing.communications.sms', address: 'PHONE', isElectronicMail: true },
  POST: { purpose: 'marketing.communications', address: 'POST', isElectronicMail: false },
};

export const ALL_CHANNELS = Object.keys(CHANNELS) as MarketingChannel[];
