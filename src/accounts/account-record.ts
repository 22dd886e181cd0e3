import { z } from 'zod';
import { open, seal } from '../crypto/envelope.js';

/** What an account's envelope holds: everything about the person that their services share. */
const AccountRecord = z.object({
  profile: z.object({
    givenName: z.string().nullable(),
    familyName: z.string().nullable(),
    displayName: z.string().nullable(),
    email: z.string().nullable(),
    phone: z.string().nullable(),
    organisation: z.string().nullable(),
    jobTitle: z.string().nullable(),
    postalAddress: z.string().nullable(),
    locale: z.string().nullable(),
    updatedAt: z.string().nullable(),
  }),
  identifiers: z.array(
    z.object({ type: z.enum(['EMAIL', 'PHONE', 'USERNAME', 'EXTERNAL_ID']), value: z.string(), verified: z.boolean() }),
  ),
  links: z.array(z.object({ service: z.string(), externalId: z.string(), linkedAt: z.string() })),
  birthYears: z.object({ from: z.int(), to: z.int() }).optional(),
  /** Account of whoever agrees for a child. */
  guardianId: z.string().optional(),
});

export type AccountRecord = z.infer<typeof AccountRecord>;
export type ProfileRecord = AccountRecord['profile'];

const contextOf = (accountId: string) => `accounts.record|${accountId}|1`;

/** One envelope for the whole record: opening twelve fields costs what opening one costs. */
export function sealRecord(record: AccountRecord, key: Buffer, accountId: string): Buffer {
  return seal(Buffer.from(JSON.stringify(record)), key, contextOf(accountId));
}

export function openRecord(envelope: Buffer, key: Buffer, accountId: string): AccountRecord {
  return AccountRecord.parse(JSON.parse(open(envelope, key, contextOf(accountId)).toString()));
}
