import { base64url, CompactSign, compactVerify, decodeProtectedHeader, importJWK, type JWK } from 'jose';
import { badInput } from '../errors.js';
import type { SigningKey } from './keys.js';

/** What is signed as a document, and how people call it. */
export interface DocumentKind {
  /** Tells it from a token, which the same key signs (RFC 8725, section 3.11). */
  readonly typ: string;
  /** In one word, for messages. */
  readonly name: string;
  readonly description: string;
}

/** A document as a JSON Web Signature in compact form (RFC 7515), by EdDSA (RFC 8037). */
export function signDocument(
  { kid, privateKey }: SigningKey,
  { typ }: DocumentKind,
  document: object,
): Promise<string> {
  return new CompactSign(new TextEncoder().encode(JSON.stringify(document)))
    .setProtectedHeader({ alg: 'EdDSA', kid, typ, cty: 'application/json' })
    .sign(privateKey);
}

/**
 * What a signed document says, and which of `keys` signed it. Throws `HabeasError` that says why it is not genuine,
 * also for a byte that other readers would pass over.
 */
export async function verifyDocument(
  jws: string,
  kind: DocumentKind,
  keys: readonly JWK[],
): Promise<{ document: unknown; kid: string }> {
  const kid = kidOf(jws, kind);
  const jwk = keys.find((key) => key.kid === kid);
  if (!jwk)
    throw badInput(kind.name, 'is signed with a key that is not among those given: take the key set of who issued it.');
  const verified = await compactVerify(jws, await importJWK(jwk, 'EdDSA'), { algorithms: ['EdDSA'] }).catch(() => null);
  if (!verified) throw badInput(kind.name, 'has been changed: the signature does not fit what it says.');
  return { document: JSON.parse(new TextDecoder().decode(verified.payload)), kid };
}

function kidOf(jws: string, { typ, name, description }: DocumentKind): string {
  const parts = jws.split('.');
  if (parts.length !== 3 || !parts.every(isCanonical)) {
    throw badInput(name, 'cannot be read: it is no signature in compact form, or a byte of it has been changed.');
  }
  const header = headerOf(jws);
  if (header?.typ !== typ || header.alg !== 'EdDSA' || typeof header.kid !== 'string') {
    throw badInput(name, `is no ${description}, or has been changed.`);
  }
  return header.kid;
}

function headerOf(jws: string): ReturnType<typeof decodeProtectedHeader> | null {
  try {
    return decodeProtectedHeader(jws);
  } catch {
    return null;
  }
}

/** The last sign of a part has bits that say nothing: in one spelling alone they are all zero. */
function isCanonical(part: string): boolean {
  try {
    return part !== '' && base64url.encode(base64url.decode(part)) === part;
  } catch {
    return false;
  }
}
