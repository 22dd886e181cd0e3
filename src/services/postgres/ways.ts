import { describeEdge, type FieldPlace, fieldPaths, type ReferenceGraph, type Step } from '../reference-graph.js';
import type { Field } from '../service.js';
import type { Catalogue } from './catalogue.js';
import { type Comparison, comparison, emailComparison, identifier, TEXT } from './joins.js';
import { type Place, placeOf, type Relation, SchemaMismatch } from './places.js';
import type { ColumnType } from './types.js';

/** One way into a collection: a set of keys, and the column they are compared with. */
export interface Entry {
  readonly field: string;
  readonly place: Place;
  readonly keys: string;
  readonly compare: Comparison;
}

/** All ways that lead to one collection, and the key arrays of the collections on them. */
export class Ways {
  /** Laterals, each after those it builds on. */
  readonly keyArrays: string[] = [];
  readonly #arrays = new Map<string, { sql: string; type: ColumnType }>();
  readonly #relations = new Map<string, Relation>();
  readonly #entries = new Map<string, readonly Entry[]>();

  constructor(
    graph: ReferenceGraph,
    private readonly catalogue: Catalogue,
    target: Step,
  ) {
    const needed = ancestors(graph, target);
    for (const step of graph.steps.filter(({ key }) => needed.has(key))) {
      this.#entries.set(step.key, this.#entriesOf(step));
      if (step.key === target.key) break;
      const sources = graph.steps
        .filter(({ key }) => needed.has(key))
        .flatMap(({ arriving }) => arriving.map(({ from }) => from))
        .filter(({ collection }) => collection === step.key)
        .map(({ field }) => field);
      for (const field of new Set(sources)) this.#addArray(step, field);
    }
  }

  relation(step: Step): Relation {
    const known = this.#relations.get(step.key);
    if (known) return known;
    const table = this.catalogue.table(step.dataset, step.collection);
    if (!table)
      throw new SchemaMismatch(`there is no table for ${step.key}: name one that exists, or drop the collection`);
    const sql = `${identifier(table.schema)}.${identifier(table.name)} t`;
    const relation = { key: step.key, table, sql };
    this.#relations.set(step.key, relation);
    return relation;
  }

  /** Selects `columns` of each row that some way leads to, once: a later way leaves out what an earlier one has. */
  rows(step: Step, columns: readonly string[]): string {
    const conditions = this.#entriesFor(step).map(condition);
    return conditions
      .map((here, index) => {
        const earlier = conditions.slice(0, index).map((other) => `(${other}) is not true`);
        return `select ${columns.join(', ')} from ${this.relation(step).sql} where ${[here, ...earlier].join(' and ')}`;
      })
      .join(' union all ');
  }

  /** A column as it is read: of an array by which rows are selected, only the elements that selected them. */
  shown(step: Step, field: Field, place: Place): string {
    const matching = this.#matching(step, field.name, field);
    if (!matching || !place.type.array) return place.sql;
    const elements = `select e from unnest(${place.sql}) with ordinality as u(e, i) where ${matching} order by i`;
    return `case when ${place.sql} is not null then array(${elements}) end`;
  }

  #entriesFor(step: Step): readonly Entry[] {
    return this.#entries.get(step.key) ?? [];
  }

  #entriesOf(step: Step): readonly Entry[] {
    const relation = this.relation(step);
    const seeds = seedEntries(step, relation);
    const edges = step.arriving.map((edge): Entry => {
      const keys = this.#arrays.get(placeKey(edge.from));
      if (!keys) throw new Error(`The keys of ${describeEdge(edge)} are gathered later than they are needed.`);
      const place = placeOf(relation, edge.to.field);
      return { field: edge.to.field, place, keys: keys.sql, compare: comparison(keys.type, place.type) };
    });
    return [...seeds, ...edges];
  }

  /** Distinct values of one field over all rows that were reached. */
  #addArray(step: Step, path: string): void {
    const relation = this.relation(step);
    const { sql, type } = placeOf(relation, path);
    const name = `k${this.#arrays.size}`;
    const field = fieldPaths(step.collection.fields).find((candidate) => candidate.path === path)?.field;
    const matching = field && this.#matching(step, path, field);
    const selects = this.#entriesFor(step).map((entry) =>
      type.array
        ? `select e from ${relation.sql}, unnest(${sql}) e where e is not null and ${[condition(entry), matching].filter(Boolean).join(' and ')}`
        : `select ${comparable(sql, type)} from ${relation.sql} where ${sql} is not null and ${condition(entry)}`,
    );
    // `union` leaves each value once; `offset 0` keeps the planner from working the array out again wherever it is used.
    const distinct = selects.length === 1 ? `select distinct v from (${selects[0]}) one(v)` : selects.join(' union ');
    this.keyArrays.push(`cross join lateral (select array(${distinct}) as v offset 0) ${name}`);
    const scalar = { ...type, array: false };
    this.#arrays.set(placeKey({ collection: step.key, field: path }), {
      sql: `${name}.v`,
      type: type.array || !isIncomparable(type) ? scalar : TEXT,
    });
  }

  /** The condition on an element `e` of an array column that rows are selected by; undefined for any other column. */
  #matching(step: Step, path: string, field: Field): string | undefined {
    const entries = this.#entriesFor(step).filter((entry) => entry.field === path);
    if (entries.length === 0 || field.returnAllElements) return undefined;
    return `(${entries.map((entry) => compared('e', entry)).join(' or ')})`;
  }
}

/** The ways that begin at a person's identities. */
export function seedEntries(step: Step, relation: Relation): Entry[] {
  return step.seeds.map(({ field, identity }) => {
    const place = placeOf(relation, field);
    const compare = identity === 'email' ? emailComparison(place.type) : comparison(TEXT, place.type);
    return { field, place, keys: `o.${OWNER_COLUMN[identity] ?? 'external'}`, compare };
  });
}

const OWNER_COLUMN: Readonly<Record<string, string>> = { email: 'email', phone_number: 'phone', phone: 'phone' };

function placeKey({ collection, field }: FieldPlace): string {
  return `${collection}.${field}`;
}

/** The collections on the ways to one, itself among them. */
export function ancestors(graph: ReferenceGraph, target: Step): ReadonlySet<string> {
  const steps = new Map(graph.steps.map((step) => [step.key, step]));
  const needed = new Set<string>();
  const open = [target.key];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (needed.has(key)) continue;
    needed.add(key);
    open.push(...(steps.get(key)?.arriving.map(({ from }) => from.collection) ?? []));
  }
  return needed;
}

/** That a row `t` is reached so. */
export function condition(entry: Entry): string {
  const { place } = entry;
  if (!place.type.array) return compared(place.sql, entry);
  return `exists (select from unnest(${place.sql}) e where ${compared('e', entry)})`;
}

/** That a value is among an entry's keys. */
export function compared(expression: string, { keys, compare }: Entry): string {
  return `${compare.column(expression)} in (select ${compare.key('v')} from unnest(${keys}) v)`;
}

const INCOMPARABLE = new Set('json xml point line lseg box path polygon circle'.split(' '));
const isIncomparable = (type: ColumnType) => INCOMPARABLE.has(type.name);
/** A value as it is gathered into a key array. */
export const comparable = (sql: string, type: ColumnType) => (isIncomparable(type) ? `${sql}::text` : sql);
