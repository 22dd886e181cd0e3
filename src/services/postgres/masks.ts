import { createHmac } from 'node:crypto';
import type { Step } from '../reference-graph.js';
import type { Mask } from '../service.js';
import { identifier, literal } from './joins.js';
import { placeOf, type Relation, SchemaMismatch } from './places.js';

/** A column and the expression it is set to. */
export interface Assignment {
  readonly column: string;
  readonly sql: string;
}

/** HMAC-SHA256 (RFC 2104) of an SQL text, with its two padded keys as parameters `$2` and `$3`. */
const hmac = (text: string) =>
  `sha256(decode($3::text, 'hex') || sha256(decode($2::text, 'hex') || convert_to(${text}, 'UTF8')))`;

/** The padded keys, in hexadecimal, made for one service: no other is told anything by them. */
export function hmacPads(secret: Uint8Array, service: string): readonly [inner: string, outer: string] {
  const key = createHmac('sha256', secret).update(`mask ${service}`).digest();
  const padded = Buffer.concat([key, Buffer.alloc(32)]);
  const pad = (byte: number) => Buffer.from(padded.map((each) => each ^ byte)).toString('hex');
  return [pad(0x36), pad(0x5c)];
}

/** What an `update` sets for a collection's masks. Throws `SchemaMismatch` for a mask its column cannot take. */
export function assignments(
  step: Step,
  relation: Relation,
  masks: readonly Mask[],
  keys: readonly string[],
): Assignment[] {
  const columns = new Map<string, string>();
  for (const mask of masks) {
    const [column = '', ...inside] = relation.table.columns.has(mask.field) ? [mask.field] : mask.field.split('.');
    const type = relation.table.columns.get(column);
    const value = masked(step, relation, mask, keys);
    if (!type) continue; // said by `masked`
    if (inside.length === 0) {
      columns.set(
        column,
        type.array && mask.with === 'null' ? 'null' : `(${value})::${type.sql}${type.array ? '[]' : ''}`,
      );
      continue;
    }
    const before = columns.get(column) ?? `t.${identifier(column)}`;
    const path = `array[${inside.map(literal).join(', ')}]`;
    const part = `coalesce(to_jsonb((${value})::text), 'null')`;
    columns.set(column, `jsonb_set((${before})::jsonb, ${path}, ${part}, false)::${type.sql}`);
  }
  return [...columns].map(([column, sql]) => ({ column, sql }));
}

function masked(step: Step, relation: Relation, mask: Mask, keys: readonly string[]): string {
  const { sql, type } = placeOf(relation, mask.field);
  const refuse = (mend: string) =>
    new SchemaMismatch(
      `${step.key}.${mask.field} is ${type.sql}${type.array ? '[]' : ''} and cannot be masked with ${mask.with}: ${mend}`,
    );
  if (mask.with === 'null') return 'null';
  if (type.array) throw refuse('empty it with null');
  if (mask.with === 'constant') return literal(mask.value ?? '');
  if (mask.with === 'hash') {
    if (!isText(type.name)) throw refuse('take null or a constant');
    const done = `${sql}::text ~ '^erased-[0-9a-f]{32}$'`;
    return `case when ${done} then ${sql}::text else 'erased-' || left(encode(${hmac(`${sql}::text`)}, 'hex'), 32) end`;
  }
  if (mask.with === 'random') {
    const seed = [literal(`${step.key}.${mask.field}`), ...keys.map((key) => `${key}::text`)].join(` || ' ' || `);
    if (type.name === 'uuid')
      return `case when ${sql} is not null then left(encode(${hmac(seed)}, 'hex'), 32)::uuid end`;
    if (isText(type.name)) return sameShape(sql, seed, false);
    if (/^(int[248]|numeric)$/.test(type.name)) return sameShape(sql, seed, true);
    throw refuse('take null, a constant, or year or month of a date');
  }
  if (!/^(date|timestamp|timestamptz)$/.test(type.name)) throw refuse('only dates have one');
  return `date_trunc('${mask.with}', ${sql})`;
}

const isText = (type: string) => /^(text|varchar|bpchar|citext)$/.test(type);

/**
 * Letters for letters and digits for digits, drawn by the row's key and not by its value: a second run draws the same.
 * A number begins with 1, so that it stays within its type.
 */
function sameShape(sql: string, seed: string, isNumber: boolean): string {
  const drawn = `get_byte(${hmac(`${seed} || ' ' || i::text`)}, 0)`;
  const first = isNumber ? `when c ~ '[0-9]' and not seen then '1'` : '';
  const seen = isNumber ? `left(${sql}::text, i::int - 1) ~ '[0-9]'` : 'false';
  return (
    `(select string_agg(case ${first} when c ~ '[0-9]' then chr(48 + b % 10) when c ~ '[[:upper:]]' then chr(65 + b % 26) ` +
    `when c ~ '[[:alpha:]]' then chr(97 + b % 26) else c end, '' order by i) ` +
    `from (select c, i, ${drawn} as b, ${seen} as seen from regexp_split_to_table(${sql}::text, '') with ordinality s(c, i)) drawn)`
  );
}
