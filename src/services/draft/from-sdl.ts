import type { ServiceCredentials } from '../credentials.js';
import { snakeCase } from '../http/tree.js';
import type { Field } from '../service.js';
import { subgraphConnector } from '../subgraph/connector.js';
import { datasetsFromSdl } from '../subgraph/datasets.js';
import { taxonomy } from '../taxonomy.js';
import { declarable, guessCategory, looksLikeAddress } from './categories.js';
import { type Draft, serviceToRead } from './draft.js';

/**
 * Drafts a manifest for a subgraph. What it holds is said by its SDL, so the draft has no dataset: it declares the
 * categories the SDL names, and lists the fields that are still without, each with a guess for `@personalData`.
 *
 * @param settings of `connection.subgraph`
 * @throws Error for a text that is no SDL, or one that contributes nothing to `Account`
 */
export function draftFromSdl(name: string, sdl: string, settings: Readonly<Record<string, string>>): Draft {
  const collections = readCollections(name, sdl);
  if (collections.length === 0) {
    throw new Error('The SDL has nothing for a type Account @key(fields: "id"): add fields to it.');
  }
  const fields = collections.flatMap((collection) => leavesOf(collection.fields, collection.name));
  const found = [...new Set(fields.flatMap(({ field }) => field.categories))].sort();
  const unknown = found.filter((category) => !taxonomy.has('data_category', category));
  const { declared, notes } = declarable(found.filter((category) => !unknown.includes(category)));
  const bare = fields.filter(({ field }) => field.categories.length === 0);
  return {
    name,
    origin: 'its SDL',
    connection: { kind: 'subgraph', settings },
    categories: declared,
    notes: [
      ...notes,
      ...unknown.map((category) => `the SDL says "${category}", which is no category of Fideslang: mend it there`),
      ...(bare.length > 0 ? ['these fields have no @personalData in the SDL, so that no service may read them:'] : []),
      ...bare.map(({ path, guess }) => `  ${path}${guess === null ? '' : ` @personalData(category: "${guess}")?`}`),
    ],
    collections: [],
  };
}

/** Asks a subgraph for its SDL, with Habeas' own token. Throws `ServiceError` where it does not tell it. */
export async function readSdl(name: string, url: string, credentials: ServiceCredentials): Promise<string> {
  const service = serviceToRead(name, { kind: 'subgraph', url, sdlFile: null, audience: name });
  const connector = subgraphConnector(service, credentials);
  try {
    return await connector.sdl();
  } finally {
    await connector.close();
  }
}

function readCollections(name: string, sdl: string) {
  try {
    return datasetsFromSdl(name, sdl).flatMap((dataset) => dataset.collections);
  } catch {
    throw new Error('The SDL is no GraphQL schema: export it from the service again.');
  }
}

/** The fields that have no parts, each with its way and the category its name suggests. */
function leavesOf(fields: readonly Field[], prefix: string): { path: string; field: Field; guess: string | null }[] {
  const inAddress = looksLikeAddress(fields.map(({ name }) => snakeCase(name)));
  return fields.flatMap((field) => {
    const path = `${prefix}.${field.name}`;
    if (field.fields.length > 0) return leavesOf(field.fields, path);
    const { name, dataType, primaryKey: isKey } = field;
    return [
      { path, field, guess: guessCategory({ name: snakeCase(name), dataType, ofPerson: false, inAddress, isKey }) },
    ];
  });
}
