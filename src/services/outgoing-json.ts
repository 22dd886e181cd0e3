import type { Json } from './connector.js';

/** Why an answer is no JSON Habeas takes; the message tells the kind of fault, never the text. */
export class UnreadableAnswer extends Error {}

const DEPTH = 100;
const UTF8 = new TextDecoder('utf-8', { fatal: true });
/** A number of 16 signs or more where JSON has values: most answers have none, and are read as they are. */
const LONG_NUMBER = /(?:^|[:,[])\s*-?\d[\d.eE+-]{15,}/;
/** A string, or such a number. What a string holds is passed over whole, so that digits in it stay as they are. */
const STRING_OR_LONG_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}/gs;

/**
 * Reads JSON in UTF-8, nested at most 100 deep. A number JavaScript cannot hold exactly becomes a string of its
 * digits; keys that could reach an object's prototype are left out (T-30). Throws `UnreadableAnswer` for anything else.
 */
export function parseJson(bytes: Uint8Array): Json {
  let value: Json;
  try {
    const text = UTF8.decode(bytes);
    value = JSON.parse(hasNumericRun(text) && LONG_NUMBER.test(text) ? quoteInexact(text) : text);
  } catch (error) {
    // The original tells a piece of the text, so it is not kept as the cause.
    throw new UnreadableAnswer(error instanceof SyntaxError ? 'it is not JSON' : 'it is not UTF-8');
  }
  if (typeof value === 'object' && value !== null) makeSane(value, DEPTH);
  else requireFinite(value);
  return value;
}

const RUN = 16;

/**
 * Whether 16 signs of numbers follow each other where a value may begin. Such a run covers one sign in 16, so only
 * those are looked at.
 */
function hasNumericRun(text: string): boolean {
  for (let at = RUN - 1; at < text.length; at += RUN) {
    if (!isOfNumber(text.charCodeAt(at))) continue;
    let start = at;
    let end = at + 1;
    while (start > 0 && isOfNumber(text.charCodeAt(start - 1))) start -= 1;
    while (end < text.length && isOfNumber(text.charCodeAt(end))) end += 1;
    if (end - start >= RUN && (start === 0 || BEFORE_VALUE.has(text.charCodeAt(start - 1)))) return true;
  }
  return false;
}

const SIGNS = new Set([...'0123456789.eE+-'].map((sign) => sign.charCodeAt(0)));
const OF_NUMBER = Uint8Array.from({ length: 128 }, (_, code) => (SIGNS.has(code) ? 1 : 0));
const BEFORE_VALUE = new Set([...':,[ \t\n\r'].map((sign) => sign.charCodeAt(0)));
const isOfNumber = (code: number) => OF_NUMBER[code] === 1;

function quoteInexact(text: string): string {
  return text.replaceAll(STRING_OR_LONG_NUMBER, (token) => {
    if (token.startsWith('"') || String(Number(token)) === token) return token;
    const digits = token.replace(/e.*$/i, '').replaceAll(/\D/g, '');
    return digits.length < 16 ? token : `"${token}"`;
  });
}

/** One walk over everything, in loops that V8 makes fast: it costs a fraction of the parsing. */
function makeSane(value: Json[] | { [key: string]: Json }, left: number): void {
  if (left === 0) throw new UnreadableAnswer(`it is nested more than ${DEPTH} deep`);
  if (Array.isArray(value)) {
    for (const item of value) {
      if (typeof item !== 'object') requireFinite(item);
      else if (item !== null) makeSane(item, left - 1);
    }
    return;
  }
  for (const key in value) {
    const item = value[key];
    if (key === '__proto__' || (key === 'constructor' && Object.hasOwn(Object(item), 'prototype'))) {
      Reflect.deleteProperty(value, key);
    } else if (typeof item !== 'object') requireFinite(item);
    else if (item !== null) makeSane(item, left - 1);
  }
}

function requireFinite(value: Json | undefined): void {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    throw new UnreadableAnswer('a number in it is too large');
  }
}

/** The same value in objects of its own. */
export function copyOf(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: { [key: string]: Json } = {};
  for (const key in value) copy[key] = copyOf(value[key] ?? null);
  return copy;
}
