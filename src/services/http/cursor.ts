import { createHash } from 'node:crypto';
import { badInput } from '../../errors.js';
import type { DataRecord } from '../connector.js';
import type { Collection } from '../service.js';
import { snakeCase } from './tree.js';

/** Where a record stood in its collection, and which it was: a tree has no order or keys that one could rely on. */
export function cursorOf(index: number, record: DataRecord, collection: Collection): string {
  return Buffer.from(`${index}.${identity(record, collection)}`).toString('base64url');
}

/** Where to go on behind a cursor: behind the record wherever it stands now; if it has gone, where it stood. */
export function indexAfter(cursor: string, records: readonly DataRecord[], collection: Collection): number {
  const [, index, id] = /^(\d{1,9})\.([\w-]{16})$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (index === undefined) throw badInput('after', 'take a cursor of an earlier page of the same collection.');
  const stood = Number(index);
  const same = (record: DataRecord | undefined) => record !== undefined && identity(record, collection) === id;
  if (same(records[stood])) return stood + 1;
  const stands = records.findIndex(same);
  return stands >= 0 ? stands + 1 : Math.min(stood, records.length);
}

function identity(record: DataRecord, { fields }: Collection): string {
  const keys = fields.filter(({ primaryKey }) => primaryKey).map(({ name }) => record[snakeCase(name)] ?? null);
  const text = JSON.stringify(keys.length > 0 ? keys : record);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
