import { EnvelopeError, open, seal } from '../crypto/envelope.js';
import type { Keys } from '../crypto/keys.js';

/** What a link stops: marketing to an account, or to an address without one. `topic`: null stops all of it. */
export type LinkTarget = {
  readonly topic: string | null;
} & ({ readonly accountId: string } | { readonly fingerprint: Buffer });

/** What a link says. */
export type Link = LinkTarget & { readonly expiresAt: Date };

/** Messages are kept for years, and the law wants the way out to work as long as somebody may use it. */
const YEARS = 10;
const DAY_MS = 86_400_000;
const VERSION = 1;
const ACCOUNT = 0;
const ADDRESS = 1;
const HEADER = 6;
const LENGTH = { [ACCOUNT]: 16, [ADDRESS]: 32 } as const;
const CONTEXT = 'marketing.unsubscribe';

const keyOf = (keys: Keys) => keys.derive('unsubscribe links');

/**
 * The address by which a recipient stops marketing (RFC 8058): it alone says who and what, holds nothing anybody could
 * read, cannot be changed or made by others, and needs no login.
 */
export function unsubscribeUrl(keys: Keys, publicUrl: string, now: Date, target: LinkTarget): string {
  const isAccount = 'accountId' in target;
  const header = Buffer.alloc(HEADER);
  header.writeUInt8(VERSION, 0);
  header.writeUInt8(isAccount ? ACCOUNT : ADDRESS, 1);
  header.writeUInt32BE(Math.ceil(now.getTime() / DAY_MS) + YEARS * 365, 2);
  const who = isAccount ? Buffer.from(target.accountId.replaceAll('-', ''), 'hex') : target.fingerprint;
  const token = seal(Buffer.concat([header, who, Buffer.from(target.topic ?? '')]), keyOf(keys), CONTEXT);
  return `${publicUrl}/unsubscribe/${token.toString('base64url')}`;
}

/** What a link's token says; null for one we did not make. Whether it has expired is for the caller to look. */
export function readToken(keys: Keys, token: string): Link | null {
  const opened = openToken(keys, token);
  if (!opened || opened.readUInt8(0) !== VERSION) return null;
  const kind = opened.readUInt8(1) === ACCOUNT ? ACCOUNT : ADDRESS;
  const expiresAt = new Date(opened.readUInt32BE(2) * DAY_MS);
  const who = opened.subarray(HEADER, HEADER + LENGTH[kind]);
  const topic = opened.subarray(HEADER + LENGTH[kind]).toString() || null;
  return kind === ACCOUNT ? { topic, expiresAt, accountId: uuidOf(who) } : { topic, expiresAt, fingerprint: who };
}

function openToken(keys: Keys, token: string): Buffer | null {
  try {
    return open(Buffer.from(token, 'base64url'), keyOf(keys), CONTEXT);
  } catch (error) {
    if (error instanceof EnvelopeError) return null;
    throw error;
  }
}

const uuidOf = (bytes: Buffer) => bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

/** The headers of a message, to be signed with it (DKIM). Mail programs of recipients show a button for them. */
export interface UnsubscribeHeaders {
  readonly url: string;
  /** Value of `List-Unsubscribe`. */
  readonly listUnsubscribe: string;
  /** Value of `List-Unsubscribe-Post`. */
  readonly listUnsubscribePost: string;
}

export const ONE_CLICK = 'List-Unsubscribe=One-Click';

export function unsubscribeHeaders(keys: Keys, publicUrl: string, now: Date, target: LinkTarget): UnsubscribeHeaders {
  const url = unsubscribeUrl(keys, publicUrl, now, target);
  return { url, listUnsubscribe: `<${url}>`, listUnsubscribePost: ONE_CLICK };
}
