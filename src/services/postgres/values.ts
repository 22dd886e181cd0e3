import type { Json } from '../connector.js';
import type { Field } from '../service.js';
import type { ColumnType } from './types.js';

/**
 * A value as JSON, from the text Postgres writes of it (an array: a JSON list of such texts). Nothing is lost:
 * integers that JavaScript cannot hold and decimals stay text, moments are ISO 8601 with all their digits, bytes base64.
 */
export function toJson(text: string | null, type: ColumnType): Json {
  if (text === null) return null;
  const convert = CONVERT[type.name] ?? ((value: string) => value);
  return type.array ? eachElement(JSON.parse(text), convert) : convert(text);
}

function eachElement(value: unknown, convert: (text: string) => Json): Json {
  if (Array.isArray(value)) return value.map((element) => eachElement(element, convert));
  return typeof value === 'string' ? convert(value) : null;
}

const finite = (text: string): Json => (Number.isFinite(Number(text)) ? Number(text) : text);
const safeInteger = (text: string): Json => (Number.isSafeInteger(Number(text)) ? Number(text) : text);

const CONVERT: Readonly<Record<string, (text: string) => Json>> = {
  int2: Number,
  int4: Number,
  oid: Number,
  int8: safeInteger,
  float4: finite,
  float8: finite,
  bool: (text) => text === 'true',
  json: parseExactly,
  jsonb: parseExactly,
  timestamp: (text) => text.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(\.\d+)?)$/, '$1T$2'),
  timestamptz: (text) => text.replace(/^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(\.\d+)?)\+00$/, '$1T$2Z'),
  // As Postgres prints an address: without the mask of a single one.
  inet: (text) => text.replace(/^([\d.]+)\/32$|^(.+:.*)\/128$/, '$1$2'),
  bytea: (text) => Buffer.from(text.slice(2), 'hex').toString('base64'),
};

const LONG_NUMBER = /[\d.]{16}|\d[eE]/;
const STRING_OR_NUMBER = /"(?:[^"\\]+|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** JSON whose numbers of more digits than JavaScript keeps become text. */
function parseExactly(text: string): Json {
  if (!LONG_NUMBER.test(text)) return JSON.parse(text) as Json;
  const exact = text.replace(STRING_OR_NUMBER, (token) =>
    token.startsWith('"') || isExact(token) ? token : `"${token}"`,
  );
  return JSON.parse(exact) as Json;
}

/** Fifteen significant digits survive the way through a double (IEEE 754), and so does every safe integer. */
function isExact(token: string): boolean {
  const value = Number(token);
  if (/^-?\d+$/.test(token)) return Number.isSafeInteger(value);
  const digits = token.replace(/[eE].*$|[-.]/g, '').replace(/^0+/, '');
  return digits.length <= 15 && Number.isFinite(value) && (value !== 0 || digits === '');
}

/** An object cut down to the parts its dataset declares. Fields without declared parts are whole. */
export function declaredParts(value: Json, field: Field): Json {
  if (field.fields.length === 0 || typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((element) => declaredParts(element, field));
  return Object.fromEntries(
    field.fields
      .filter((part) => Object.hasOwn(value, part.name))
      .map((part) => [part.name, declaredParts(value[part.name] ?? null, part)]),
  );
}
