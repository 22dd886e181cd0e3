import { readFileSync } from 'node:fs';
import { findClient } from '../clients/clients.js';
import { trustDocuments } from '../clients/trusted-documents.js';
import { systemClock } from '../clock.js';
import { type Config, ConfigError } from '../config.js';
import { openDatabase } from '../database/database.js';
import { badInput } from '../errors.js';

/**
 * Lets a client ask the documents of a file and no others; without a file, any again. Answers what was done, in words.
 * @param file JSON: SHA-256 of each document to its text, as GraphQL Code Generator writes it
 */
export async function trustClient(config: Config, name: string, file: string | null): Promise<string> {
  const documents = file === null ? null : readDocuments(file);
  const database = await openDatabase(config);
  try {
    const client = await findClient(database.db, name);
    if (!client) throw badInput('name', `no client is registered as ${name}.`);
    await database.db.transaction((tx) => trustDocuments(tx, systemClock.now(), client.id, documents));
  } finally {
    await database.close();
  }
  return documents === null
    ? `${name} may ask any document again.`
    : `${name} may ask only the documents of ${file}, ${Object.keys(documents).length} in all.`;
}

function readDocuments(file: string): object {
  try {
    const documents: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof documents === 'object' && documents !== null) return documents;
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') throw new ConfigError(`${file}: there is no such file.`);
  }
  throw new ConfigError(`${file}: is not JSON of the form { "<SHA-256 of the document>": "<document>" }.`);
}
