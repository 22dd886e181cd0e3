import type { DataRecord, Json } from '../connector.js';
import type { ServiceCredentials } from '../credentials.js';
import { addressOf } from '../http/address.js';
import { GdprApi } from '../http/gdpr-api.js';
import { collectionsOf, type TreeNode } from '../http/tree.js';
import { EXPORT_LIMITS, Outgoing } from '../outgoing.js';
import { declarable, guessCategory, isSecret, looksLikeAddress } from './categories.js';
import { categoriesOf, type Draft, type DraftCollection, type DraftField, serviceToRead } from './draft.js';
import { isOfPersons } from './identities.js';

/**
 * Drafts a manifest from one answer of a GDPR API. Of the answer the draft has names and types, no value.
 *
 * @param settings of `connection.http`
 */
export function draftFromTree(name: string, tree: TreeNode, settings: Readonly<Record<string, string>>): Draft {
  const collections = collectionsOf(tree).map(
    ({ name: collection, records }): DraftCollection => ({
      name: collection,
      skipped: null,
      secrets: [],
      fields: fieldsOf(
        records.map(({ fields }) => fields),
        isOfPersons(collection),
      ),
    }),
  );
  const { declared, notes } = declarable(collections.flatMap(({ fields }) => categoriesOf(fields)));
  return {
    name,
    origin: 'what its GDPR API answers about one person',
    connection: { kind: 'http', settings },
    categories: declared,
    notes: [...notes, 'other people may have collections and fields this person has not: add them'],
    collections,
  };
}

/**
 * Asks a GDPR API for all it holds about one person, with Habeas' own token; null where it holds nothing.
 *
 * @param url template, as in a manifest
 * @throws ServiceError where the service does not answer as its contract says
 */
export async function readPersonTree(
  name: string,
  url: string,
  externalId: string,
  credentials: ServiceCredentials,
): Promise<TreeNode | null> {
  const scopes = { queryScope: 'gdprquery', deleteScope: 'gdprdelete' };
  const connection = { kind: 'http', url, audience: name, ...scopes } as const;
  const service = serviceToRead(name, connection);
  const outgoing = new Outgoing(service, url);
  try {
    const api = new GdprApi(service, connection, addressOf(service, url), credentials, outgoing);
    return await api.everything({ accountId: externalId, externalId, emails: [], phones: [] }, EXPORT_LIMITS);
  } finally {
    await outgoing.close();
  }
}

/** The fields all these records have together, in the order in which they are met. */
function fieldsOf(records: readonly DataRecord[], ofPerson: boolean): DraftField[] {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))].filter((name) => !isSecret(name));
  const inAddress = looksLikeAddress(names);
  return names.map((name) => {
    const values = records.flatMap((record) => record[name] ?? []);
    const seen = records.flatMap((record) => (record[name] === undefined ? [] : [record[name]]));
    const parts = values.filter(isRecord).filter((value) => Object.keys(value).join() !== 'error');
    const fields = fieldsOf(parts, isOfPersons(name));
    const dataType = dataTypeOf(name, seen, fields.length > 0);
    const isKey = /(^|_)(id|uuid)$/.test(name);
    return {
      name,
      category: fields.length > 0 ? null : guessCategory({ name, dataType, ofPerson, inAddress, isKey }),
      dataType,
      primaryKey: false,
      identity: null,
      reference: null,
      note: null,
      fields,
    };
  });
}

/** The one type of all values; null where they have several, or none is known. */
function dataTypeOf(name: string, seen: readonly Json[], hasParts: boolean): string | null {
  const isList = seen.some(Array.isArray);
  if (hasParts) return isList ? 'object[]' : 'object';
  const values = seen.flatMap((value) => (Array.isArray(value) ? value : [value])).filter((value) => value !== null);
  const types = new Set(values.map((value) => typeOf(name, value)));
  const [type] = types.size === 2 && types.has('integer') && types.has('float') ? ['float'] : types;
  if (type === undefined || type === null || (types.size > 1 && type !== 'float')) return null;
  return isList ? `${type}[]` : type;
}

function typeOf(name: string, value: Json): string | null {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'float';
  if (typeof value !== 'string') return null;
  // A text that only happens to be a date today may be another tomorrow, so the name has to speak for it too.
  if (!/(^|_)(at|on|date|day|since|until|from|to|time|birth|dob)$|^date_/.test(name)) return 'string';
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return 'date';
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(value) ? 'datetime' : 'string';
}

function isRecord(value: Json): value is DataRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
