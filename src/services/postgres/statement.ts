import type { ReferenceGraph, Step } from '../reference-graph.js';
import type { Field } from '../service.js';
import type { Catalogue } from './catalogue.js';
import { keysOf, placeOf } from './places.js';
import type { ColumnType } from './types.js';
import { Ways } from './ways.js';

/**
 * One SQL statement that reads one collection for many people: from each person's identities along the references to
 * the collection's rows. It is a fold over the reference graph: each collection on the way gives, for each person, one
 * array of the values the next ones are selected by. A row that several ways lead to comes once.
 */
export interface Statement {
  readonly text: string;
  /** What each row holds: number of the person, total or nothing, whether there is a record, then keys and fields. */
  readonly columns: { readonly total: number; readonly here: number; readonly keys: number; readonly fields: number };
  readonly fields: readonly { readonly field: Field; readonly type: ColumnType }[];
  readonly keyCount: number;
}

export interface StatementOptions {
  readonly fields: readonly Field[];
  /** Pages: `$2` limits records per person, `$3…` are the keys to read after. Otherwise all records come. */
  readonly paged: boolean;
  readonly after: boolean;
  readonly count: boolean;
}

/** `$1`: JSON list of `{ n, email, phone, external }`, see `personRow`. Throws `SchemaMismatch`. */
export function readStatement(
  graph: ReferenceGraph,
  catalogue: Catalogue,
  step: Step,
  { fields, paged, after, count }: StatementOptions,
): Statement {
  const ways = new Ways(graph, catalogue, step);
  const target = ways.relation(step);
  const selected = fields.map((field) => ({ field, place: placeOf(target, field.name) }));
  const keys = keysOf(step, target.table);
  const record = [
    'true as here',
    ...keys.map(({ sql }, index) => `${sql} as k${index}`),
    ...selected.map(({ field, place }, index) => `${ways.shown(step, field, place)} as c${index}`),
  ];
  const keyNames = keys.map((_key, index) => `r.k${index}`);
  const after$ = keys.map(({ type }, index) => `$${index + 3}::text::${type}`);
  const page = [
    `select * from (${ways.rows(step, record)}) r`,
    after ? `where (${keyNames.join(', ')}) > (${after$.join(', ')})` : '',
    paged ? `order by ${keyNames.join(', ')} limit $2::int` : 'offset 0',
  ];
  const columns = [
    'o.n',
    ...(count ? ['counted.total::text'] : []),
    'r.here',
    ...keyNames.map((name) => `${name}::text`),
    ...selected.map(({ place }, index) => printed(`r.c${index}`, place.type)),
  ];
  const text = [
    `select ${columns.join(', ')}`,
    'from jsonb_to_recordset($1::text::jsonb) as o(n int, email text[], phone text[], external text[])',
    ...ways.keyArrays,
    count
      ? `cross join lateral (select count(*) as total from (${ways.rows(step, ['1'])}) every offset 0) counted`
      : '',
    `${paged ? 'left' : 'inner'} join lateral (${page.filter(Boolean).join(' ')}) r on true`,
    `order by ${['o.n', ...keyNames].join(', ')}`,
  ];
  const firstKey = count ? 3 : 2;
  return {
    text: text.filter(Boolean).join('\n'),
    columns: { total: 1, here: firstKey - 1, keys: firstKey, fields: firstKey + keys.length },
    fields: selected.map(({ field, place }) => ({ field, type: place.type })),
    keyCount: keys.length,
  };
}

/** One person as the statement takes them. Text Postgres cannot hold is left out: no row can have it. */
export function personRow(
  n: number,
  identities: { emails: readonly string[]; phones: readonly string[]; externalId?: string },
) {
  return {
    n,
    email: identities.emails.filter(isStorable),
    phone: identities.phones.filter(isStorable),
    external: [identities.externalId].filter((id) => id !== undefined && isStorable(id)),
  };
}

const isStorable = (text: string) => !text.includes('\0') && !/\p{Surrogate}/u.test(text);

/** As text, so that no driver interprets it; arrays as a JSON list of texts. */
function printed(expression: string, type: ColumnType): string {
  return type.array ? `to_json(${expression}::text[])::text` : `${expression}::text`;
}
