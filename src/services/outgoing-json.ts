import type { Json } from './connector.js';

/** Why an answer is no JSON Habeas takes; the message tells the kind of fault, never the text. */
export class UnreadableAnswer extends Error {}

const DEPTH = 100;
/** A number of 16 signs or more where JSON has values: most answers have none, and are read as they are. */
const LONG_NUMBER = /(?:^|[:,[])\s*-?\d[\d.eE+-]{15,}/;
/** A string, or such a number. What a string holds is passed over whole, so that digits in it stay as they are. */
const STRING_OR_LONG_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]{15,}/gs;

/**
 * Reads JSON in UTF-8, nested at most 100 deep. A number JavaScript cannot hold exactly becomes a string of its
 * digits. Throws `UnreadableAnswer` for anything else.
 */
export function parseJson(bytes: Uint8Array): Json {
  let value: Json;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    value = JSON.parse(LONG_NUMBER.test(text) ? quoteInexact(text) : text);
  } catch (error) {
    // The original tells a piece of the text, so it is not kept as the cause.
    throw new UnreadableAnswer(error instanceof SyntaxError ? 'it is not JSON' : 'it is not UTF-8');
  }
  requireSane(value, DEPTH);
  return value;
}

function quoteInexact(text: string): string {
  return text.replaceAll(STRING_OR_LONG_NUMBER, (token) => {
    if (token.startsWith('"') || String(Number(token)) === token) return token;
    const digits = token.replace(/e.*$/i, '').replaceAll(/\D/g, '');
    return digits.length < 16 ? token : `"${token}"`;
  });
}

function requireSane(value: Json, left: number): void {
  if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) {
    throw new UnreadableAnswer('a number in it is too large');
  }
  if (typeof value !== 'object' || value === null) return;
  if (left === 0) throw new UnreadableAnswer(`it is nested more than ${DEPTH} deep`);
  for (const item of Array.isArray(value) ? value : Object.values(value)) requireSane(item, left - 1);
}
