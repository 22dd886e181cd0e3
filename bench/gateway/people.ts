import { createHash } from 'node:crypto';
import { type BenchService, type FieldType, LIST, RECORDS } from './services.js';

export type Value = string | number | boolean;
export type BenchRecord = Readonly<Record<string, Value>>;
/** What one service answers about one person. */
export type Branch = Readonly<Record<string, Value | readonly BenchRecord[]>>;

const ids: string[] = [];

/** The id of person `n`: the same in every process and every run. */
export function accountId(n: number): string {
  ids[n] ??= makeId(n);
  return ids[n];
}

function makeId(n: number): string {
  const hex = createHash('sha256').update(`person ${n}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** What a service holds about one person, invented from the person's id alone. */
export function branchOf(service: BenchService, id: string): Branch {
  const dice = diceOf(`${service.name} ${id}`);
  return { ...invent(service.figures, dice), [LIST]: recordsOf(service, dice) };
}

function recordsOf(service: BenchService, dice: Dice): BenchRecord[] {
  return Array.from({ length: RECORDS }, () => invent(service.fields, dice));
}

const invent = (fields: Readonly<Record<string, FieldType>>, dice: Dice): BenchRecord =>
  Object.fromEntries(Object.entries(fields).map(([name, type]) => [name, value(name, type, dice)]));

type Dice = (sides: number) => number;

/** Mulberry32: quick, and the same sequence for the same seed. */
export function diceOf(seed: string): Dice {
  let state = createHash('sha256').update(seed).digest().readUInt32LE();
  return (sides) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * sides);
  };
}

const WORDS =
  'annual audit plan review school county early support reading number course member guide notes meeting report'.split(
    ' ',
  );

function value(name: string, type: FieldType, dice: Dice): Value {
  if (type === 'Int') return dice(1_000);
  if (type === 'Boolean') return dice(2) === 1;
  if (name.endsWith('On')) return date(dice);
  if (name.endsWith('At')) return `${date(dice)}T${two(dice(24))}:${two(dice(60))}:00Z`;
  if (name === 'address') return `198.51.100.${dice(256)}`;
  return Array.from({ length: 4 }, () => WORDS[dice(WORDS.length)]).join(' ');
}

const date = (dice: Dice) => `20${two(15 + dice(10))}-${two(1 + dice(12))}-${two(1 + dice(28))}`;
const two = (number: number) => String(number).padStart(2, '0');
