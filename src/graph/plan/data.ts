/** Answers of services as they come, one tree per request, merged as parts arrive. */
export type Value = string | number | boolean | null | undefined | Value[] | DataObject;
export interface DataObject {
  [key: string]: Value;
}

/**
 * Under this key every account in an answer carries its id, whatever the caller asked for: whose data hangs below it
 * is decided by it.
 */
export const ACCOUNT_KEY = '_habeasAccount';

export const isObject = (value: Value): value is DataObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Puts what one service says of a thing beside what is known of it. Later values win; lists of one length go in pairs. */
export function merge(target: DataObject, source: DataObject): void {
  for (const key in source) {
    const given = source[key];
    const known = target[key];
    if (isObject(known) && isObject(given)) merge(known, given);
    else if (Array.isArray(known) && Array.isArray(given) && known.length === given.length) mergeLists(known, given);
    else target[key] = given;
  }
}

function mergeLists(target: Value[], source: readonly Value[]): void {
  for (const [index, given] of source.entries()) {
    const known = target[index];
    if (isObject(known) && isObject(given)) merge(known, given);
    else if (Array.isArray(known) && Array.isArray(given) && known.length === given.length) mergeLists(known, given);
    else target[index] = given;
  }
}

/** A copy that shares nothing: what two people's answers hold must not be one object. */
export function copy<Given extends Value>(value: Given): Given {
  if (Array.isArray(value)) return value.map(copy) as Given;
  if (!isObject(value)) return value;
  const result: DataObject = {};
  for (const key in value) result[key] = copy(value[key]);
  return result as Given;
}
