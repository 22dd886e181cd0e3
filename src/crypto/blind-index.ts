import { createHmac, type KeyObject } from 'node:crypto';

/**
 * A keyed fingerprint that finds a value without storing it: HMAC-SHA-256 over `kind` and the normalised value.
 * Equal values give equal fingerprints; without the key nothing can be learnt or tried.
 */
export function blindIndex(key: KeyObject, kind: string, normalised: string): Buffer {
  return createHmac('sha256', key).update(`${kind}\0${normalised}`).digest();
}
