import type { Json } from './connector.js';
import { copyOf } from './outgoing-json.js';

const INT_LIMIT = 2 ** 31;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)$/i;
const DATE = /^\d{4}-\d\d-\d\d$/;

/** A stored value is not of the type its dataset declares. The message names the type, never the value. */
export class UnfitValue extends Error {
  constructor(readonly scalar: string) {
    super(`The stored value is no ${scalar}.`);
  }
}

/**
 * The value as its GraphQL scalar. Stores write numbers and truth as text and the reverse; what can be read only one
 * way is converted. Throws `UnfitValue` otherwise.
 */
export function fitValue(value: Json | undefined, scalar: string, list: boolean): Json {
  if (value === null || value === undefined) return null;
  if (!list) return fitOne(value, scalar);
  // A store that knows no lists writes a list of one as the one.
  return (Array.isArray(value) ? value : [value]).map((item) => (item === null ? null : fitOne(item, scalar)));
}

function fitOne(value: Json, scalar: string): Json {
  // One record may be in several answers, and an object in none but one.
  if (value === null || scalar === 'JSON') return copyOf(value);
  const fitted = typeof value === 'object' ? undefined : FIT[scalar]?.(value);
  if (fitted === undefined) throw new UnfitValue(scalar);
  return fitted;
}

type Plain = string | number | boolean;

const FIT: Readonly<Record<string, (value: Plain) => Plain | undefined>> = {
  String: (value) => String(value),
  ID: (value) => String(value),
  Int: (value) => {
    const number = asNumber(value);
    return number !== undefined && Number.isInteger(number) && number >= -INT_LIMIT && number < INT_LIMIT
      ? number
      : undefined;
  },
  Float: asNumber,
  Boolean: (value) => {
    if (typeof value === 'boolean') return value;
    const text = String(value).toLowerCase();
    return text === 'true' || text === '1' ? true : text === 'false' || text === '0' ? false : undefined;
  },
  DateTime: (value) => {
    const text = String(value);
    if (!MOMENT.test(text)) return undefined;
    if (text.endsWith('Z')) return text; // as it is: a Date would cut what is finer than milliseconds
    const moment = new Date(text);
    return Number.isNaN(moment.getTime()) ? undefined : moment.toISOString();
  },
  Date: (value) => (DATE.test(String(value)) ? String(value) : undefined),
};

function asNumber(value: Plain): number | undefined {
  if (typeof value === 'boolean' || value === '') return undefined;
  const number = Number(value);
  return Number.isFinite(number) ? number : undefined;
}
