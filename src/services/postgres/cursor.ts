import { badInput } from '../../errors.js';

/** Where a record stands among all of its collection: its keys as Postgres writes them, the same for every person. */
export function encodeCursor(keys: readonly string[]): string {
  return Buffer.from(JSON.stringify(keys)).toString('base64url');
}

/** The keys in a cursor. Throws BAD_USER_INPUT for what no page of this collection gave out. */
export function decodeCursor(cursor: string, keyCount: number): string[] {
  let keys: unknown;
  try {
    keys = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    throw badCursor();
  }
  if (!Array.isArray(keys) || keys.length !== keyCount) throw badCursor();
  return keys.map((key) => {
    if (typeof key !== 'string' || key.includes('\0')) throw badCursor();
    return key;
  });
}

export function badCursor() {
  return badInput('after', 'this is no cursor of this collection: take one from an earlier page.');
}
