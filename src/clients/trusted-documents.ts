import { createHash, randomUUID } from 'node:crypto';
import { parse } from 'graphql';
import type { Sql } from 'postgres';
import type { Tx } from '../database/database.js';
import { badInput, forbidden } from '../errors.js';
import type { Caller } from '../gate/caller.js';
import { type Client, setManifest } from './clients.js';
import { clientManifests } from './clients.tables.js';

/** SHA-256 of each document, in hexadecimal digits, to its text: what GraphQL Code Generator writes to a file. */
export type TrustedDocuments = Readonly<Record<string, string>>;

const MOST_DOCUMENTS = 5_000;
const HASH = /^[0-9a-f]{64}$/;

/** Lets a client ask these documents and no others, from its next request on in every process; null: any again. */
export async function trustDocuments(tx: Tx, now: Date, clientId: string, documents: unknown): Promise<Client> {
  // Left out by mistake, it must not open everything.
  if (documents === undefined) throw badInput('documents', 'is missing: null lets the client ask anything again.');
  const checked = documents === null ? null : checkDocuments(documents);
  const manifestId = checked ? randomUUID() : null;
  const client = await setManifest(tx, clientId, manifestId);
  if (checked && manifestId) {
    await tx.insert(clientManifests).values({ id: manifestId, clientId, at: now, documents: checked });
  }
  return client;
}

/** Throws BAD_USER_INPUT naming the first document that is not what its hash says, or that is no GraphQL. */
function checkDocuments(documents: unknown): TrustedDocuments {
  if (typeof documents !== 'object' || documents === null || Array.isArray(documents)) {
    throw badInput('documents', 'is an object of the form { "<SHA-256 of the document>": "<document>" }.');
  }
  const entries = Object.entries(documents);
  if (entries.length > MOST_DOCUMENTS) throw badInput('documents', `holds more than ${MOST_DOCUMENTS} documents.`);
  for (const [hash, text] of entries) {
    const place = `documents["${hash.slice(0, 64)}"]`;
    if (typeof text !== 'string') throw badInput(place, 'is not the text of a document.');
    if (!HASH.test(hash) || sha256(text) !== hash) {
      throw badInput(place, 'is not the SHA-256 of its document: set persistedDocuments.hashAlgorithm to "sha256".');
    }
    if (!isGraphQL(text)) throw badInput(place, 'is not GraphQL.');
  }
  return documents as TrustedDocuments;
}

function isGraphQL(text: string): boolean {
  try {
    parse(text);
    return true;
  } catch {
    return false;
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The body of a GraphQL request, as far as it says which document is asked. */
export interface AskedBody {
  readonly query?: unknown;
  /** SHA-256 of the document, with or without the prefix `sha256:`. */
  readonly documentId?: unknown;
  /** `persistedQuery.sha256Hash`, as Apollo's clients send it. */
  readonly extensions?: unknown;
}

/**
 * The text of the document a request asks; undefined where the body names none. Throws FORBIDDEN where the client has
 * a manifest that does not hold it, BAD_USER_INPUT where a hash is named and there is no manifest to look it up in.
 */
export type DocumentFor = (caller: Caller, body: AskedBody) => Promise<string | undefined>;

/** Manifests are remembered: they never change, and which one counts is read with the client at each request. */
const MOST_REMEMBERED = 64;

export function documentReader(sql: Sql): DocumentFor {
  const remembered = new Map<string, Promise<TrustedDocuments>>();
  const documentsOf = (manifestId: string): Promise<TrustedDocuments> => {
    const known = remembered.get(manifestId);
    if (known) return known;
    const reading = readManifest(sql, manifestId);
    remembered.set(manifestId, reading);
    reading.catch(() => remembered.delete(manifestId));
    const [oldest] = remembered.keys();
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    return reading;
  };
  return async (caller, body) => {
    const text = typeof body.query === 'string' && body.query !== '' ? body.query : undefined;
    const named = hashNamed(body);
    const manifestId = caller.kind === 'SERVICE' ? caller.manifestId : undefined;
    if (manifestId === undefined) {
      if (text === undefined && named !== undefined) {
        throw badInput('query', 'is missing: send the question itself, not its hash.');
      }
      return text;
    }
    const hash = text === undefined ? named : sha256(text);
    if (hash === undefined) return undefined;
    if (named !== undefined && named !== hash) throw badInput('documentId', 'is not the SHA-256 of the text sent.');
    const documents = await documentsOf(manifestId);
    const trusted = Object.hasOwn(documents, hash) ? documents[hash] : undefined;
    if (trusted === undefined) {
      throw forbidden('This client asks only the documents registered for it, and this is none of them.');
    }
    return trusted;
  };
}

function hashNamed({ documentId, extensions }: AskedBody): string | undefined {
  const persisted = (extensions as { persistedQuery?: { sha256Hash?: unknown } } | null | undefined)?.persistedQuery;
  const named = documentId ?? persisted?.sha256Hash;
  return typeof named === 'string' ? named.toLowerCase().replace(/^sha256:/, '') : undefined;
}

async function readManifest(sql: Sql, id: string): Promise<TrustedDocuments> {
  const [row] = await sql<{ documents: TrustedDocuments }[]>`select documents from client_manifests where id = ${id}`;
  if (!row) throw new Error('a client names a manifest that is not there');
  return row.documents;
}
