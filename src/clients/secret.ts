import { createHash, randomBytes } from 'node:crypto';

const PREFIX = 'habeas_';
const BYTES = 32;

/** A client's secret: 256 random bits, told apart from every other kind of token by how it begins. */
export function newSecret(): string {
  return `${PREFIX}${randomBytes(BYTES).toString('base64url')}`;
}

/** Whether a bearer token is, or passes itself off as, a client's secret. */
export function isSecret(token: string): boolean {
  return token.startsWith(PREFIX);
}

/** What is stored in a secret's place. With as many random bits, nothing slower than SHA-256 is needed. */
export function fingerprintOf(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
