import type { ReferenceGraph, Step } from '../reference-graph.js';
import type { ErasureRule, Mask } from '../service.js';
import { covers } from '../taxonomy.js';
import { Belongings } from './belongings.js';
import type { Catalogue } from './catalogue.js';
import { identifier, literal } from './joins.js';
import { assignments } from './masks.js';
import { keysOf, placeOf, type Relation } from './places.js';
import { Ways } from './ways.js';

/** What becomes of one row. `shared` and `held` stay as they are. */
export type Fate = 'delete' | 'anonymise' | 'mask' | 'keep' | 'shared' | 'held';

/** Keys of rows in one statement: short enough that it holds nothing up and can be given up. */
export const BATCH = 5_000;

/** The statements that erase from one collection. Keys are lists of texts, a batch of them `$1` as JSON. */
export interface ErasureStatements {
  /** `$1` the person, as `personRow`: rows of fate, last day it is kept, keys. */
  readonly find: string;
  readonly remove: string;
  /** Null where there is nothing to mask. `$2`, `$3`: see `hmacPads`. Touches only rows it changes. */
  readonly mask: string | null;
  /** How many of the rows are there. */
  readonly count: string;
  /** Empties columns of foreign keys, before a cycle of them is deleted. */
  unlink(columns: readonly string[]): string;
}

export function erasureStatements(
  graph: ReferenceGraph,
  catalogue: Catalogue,
  step: Step,
  ruleOf: (step: Step) => ErasureRule | undefined,
): ErasureStatements {
  const ways = new Ways(graph, catalogue, step);
  const relation = ways.relation(step);
  const belongings = new Belongings(
    graph,
    (each) => ways.relation(each),
    step,
    (each) => ruleOf(each)?.shared === 'erase',
  );
  const rule = ruleOf(step);
  const keys = keysOf(step, relation.table);
  const { fate, until } = fateOf(relation, rule, belongings.own(step));
  const names = keys.map((_key, index) => `k${index}`);
  const row = [`${fate} as fate`, `${until} as until`, ...keys.map(({ sql }, index) => `${sql} as k${index}`)];
  const table = `${identifier(relation.table.schema)}.${identifier(relation.table.name)} t`;
  const batch = 'jsonb_array_elements($1::text::jsonb) e(k)';
  const isOne = keys.map(({ sql, type }, index) => `${sql} = (e.k->>${index})::${type}`).join(' and ');
  const sets = assignments(
    step,
    relation,
    masksOf(graph, step, relation, ruleOf),
    keys.map(({ sql }) => sql),
  );
  const changed = sets.map(({ column, sql }) => `t.${identifier(column)}::text is distinct from (${sql})::text`);
  const assigned = sets.map(({ column, sql }) => `${identifier(column)} = ${sql}`);
  return {
    find: [
      `select r.fate, r.until::date::text as until, ${names.map((name) => `r.${name}::text as ${name}`).join(', ')}`,
      'from jsonb_to_recordset($1::text::jsonb) as o(n int, email text[], phone text[], external text[])',
      ...ways.keyArrays,
      ...belongings.keyArrays,
      `inner join lateral (select * from (${ways.rows(step, row)}) every offset 0) r on true`,
    ].join('\n'),
    remove: `delete from ${table} using ${batch} where ${isOne}`,
    mask:
      sets.length === 0
        ? null
        : `update ${table} set ${assigned.join(', ')} from ${batch} where ${isOne} and (${changed.join(' or ')})` +
          // Whether or not a mask needs them, so that one way of asking serves all.
          ' and $2::text is not null and $3::text is not null',
    count: `select count(*)::int as count from ${table}, ${batch} where ${isOne}`,
    unlink: (columns) =>
      `update ${table} set ${columns.map((column) => `${identifier(column)} = null`).join(', ')} from ${batch} where ${isOne}`,
  };
}

function fateOf(relation: Relation, rule: ErasureRule | undefined, own: string): { fate: string; until: string } {
  const fate = (rule?.action ?? 'DELETE').toLowerCase();
  if (rule?.action !== 'KEEP' || rule.keepFor === null || rule.keepFrom === null) {
    return { fate: `case when ${own} then '${fate}' else 'shared' end`, until: 'null::date' };
  }
  const from = placeOf(relation, rule.keepFrom).sql;
  const until = `(${from}::timestamptz + ${literal(rule.keepFor)}::interval)`;
  // A period that has not begun has not ended either.
  const isOver = `coalesce(${until} <= now(), false)`;
  return {
    fate: `case when not ${own} then 'shared' when ${isOver} then 'delete' else 'keep' end`,
    until: `case when ${isOver} then null else ${until} end`,
  };
}

/** What tells who somebody is, whatever else is known of them. */
const DIRECT_IDENTIFIERS = [
  'user.name',
  'user.contact',
  'user.unique_id',
  'user.government_id',
  'user.account.username',
];

/**
 * What is written over a collection's fields. To anonymise is to take out what identifies, and the references by which
 * the person is found; masks of the manifest go before.
 */
export function masksOf(
  graph: ReferenceGraph,
  step: Step,
  relation: Relation,
  ruleOf: (step: Step) => ErasureRule | undefined,
): readonly Mask[] {
  const rule = ruleOf(step);
  if (!rule) return [];
  if (rule.action !== 'ANONYMISE') return rule.mask;
  const isAnonymous = (key: string) =>
    graph.steps.some((other) => other.key === key && key !== step.key && ruleOf(other)?.action === 'ANONYMISE');
  const links = step.arriving.filter(({ from }) => !isAnonymous(from.collection)).map(({ to }) => to.field);
  const identifying = step.collection.fields.filter(
    ({ name, identity, categories, fields }) =>
      fields.length === 0 &&
      (identity !== null ||
        links.includes(name) ||
        categories.some(
          (category) =>
            category !== 'user.unique_id.pseudonymous' && DIRECT_IDENTIFIERS.some((each) => covers(each, category)),
        )),
  );
  const own = new Set([...relation.table.primaryKey, ...rule.mask.map(({ field }) => field)]);
  const taken = identifying.filter(({ name, primaryKey }) => !primaryKey && !own.has(name));
  return [...rule.mask, ...taken.map(({ name }): Mask => ({ field: name, with: 'null', value: null }))];
}
