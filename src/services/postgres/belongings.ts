import { describeEdge, type Edge, type ReferenceGraph, type Step } from '../reference-graph.js';
import { comparison, TEXT } from './joins.js';
import { type Place, placeOf, type Relation } from './places.js';
import type { ColumnType } from './types.js';
import { ancestors, comparable, compared, condition, type Entry, seedEntries } from './ways.js';

/** Keys of one field: of the rows that are the person's alone, and those of them that other rows have too. */
interface Keys {
  readonly own: string;
  readonly foreign: string | null;
  readonly type: ColumnType;
}

/**
 * Tells which of the rows a person reaches are theirs alone. A row with an identity is whose identity it is; any other
 * belongs to the person where rows of theirs lead to it, and no others do. What somebody else reaches too is not for
 * one person to erase.
 */
export class Belongings {
  /** Laterals, each after those it builds on. */
  readonly keyArrays: string[] = [];
  readonly #keys = new Map<string, Keys>();
  readonly #conditions = new Map<string, string>();

  /** @param goes whether shared rows of a collection go with the person */
  constructor(
    graph: ReferenceGraph,
    private readonly relationOf: (step: Step) => Relation,
    target: Step,
    private readonly goes: (step: Step) => boolean,
  ) {
    const needed = ancestors(graph, target);
    const steps = graph.steps.filter(({ key }) => needed.has(key));
    for (const step of steps) {
      this.#conditions.set(step.key, this.#conditionOf(step));
      for (const edge of steps.flatMap(({ arriving }) => arriving)) {
        if (step.key !== target.key && edge.from.collection === step.key) this.#gather(step, edge);
      }
    }
  }

  /** The condition that a row `t` is the person's alone; true or false, never null. */
  own(step: Step): string {
    return this.#conditions.get(step.key) ?? 'false';
  }

  #conditionOf(step: Step): string {
    const seeds = seedEntries(step, this.relationOf(step));
    const edges = this.#edgeEntries(step, ({ own }) => own);
    const bySeed = any(seeds.map(condition));
    const byEdge = any(edges.map(condition));
    if (this.goes(step)) return `((${bySeed} or ${byEdge}) is true)`;
    const nobodys = seeds.map(({ place }) => `${place.sql} is null`);
    const byOthers = this.#edgeEntries(step, ({ foreign }) => foreign).map(
      (entry) => `(${condition(entry)}) is not true`,
    );
    return `((${bySeed} or ${[...nobodys, byEdge, ...byOthers].join(' and ')}) is true)`;
  }

  #edgeEntries(step: Step, choose: (keys: Keys) => string | null): Entry[] {
    return step.arriving.flatMap((edge) => {
      const keys = this.#keys.get(placeKey(edge));
      if (!keys) throw new Error(`The keys of ${describeEdge(edge)} are gathered later than they are needed.`);
      const chosen = choose(keys);
      const place = placeOf(this.relationOf(step), edge.to.field);
      if (chosen === null) return [];
      return [{ field: edge.to.field, place, keys: chosen, compare: comparison(keys.type, place.type) }];
    });
  }

  #gather(step: Step, edge: Edge): void {
    if (this.#keys.has(placeKey(edge))) return;
    const relation = this.relationOf(step);
    const place = placeOf(relation, edge.from.field);
    const [own, foreign] = [`w${this.#keys.size}`, `f${this.#keys.size}`];
    const entries = [...seedEntries(step, relation), ...this.#edgeEntries(step, (keys) => keys.own)];
    const type = comparable(place.sql, place.type) === place.sql ? { ...place.type, array: false } : TEXT;
    this.#add(
      own,
      entries.map((entry) => values(relation, place, `${condition(entry)} and ${this.own(step)}`)),
    );
    const isUnique = relation.table.primaryKey.length === 1 && relation.table.primaryKey[0] === edge.from.field;
    this.#keys.set(placeKey(edge), { own: `${own}.v`, foreign: isUnique ? null : `${foreign}.v`, type });
    if (isUnique) return;
    const entry = { field: edge.from.field, place, keys: `${own}.v`, compare: comparison(type, place.type) };
    const shared = place.type.array ? `and ${compared('e', entry)}` : '';
    this.#add(foreign, [values(relation, place, `${condition(entry)} and not ${this.own(step)}`, shared)]);
  }

  #add(name: string, selects: readonly string[]): void {
    const every = selects.length === 0 ? 'select null::text where false' : selects.join(' union ');
    this.keyArrays.push(`cross join lateral (select array(${every}) as v offset 0) ${name}`);
  }
}

const any = (conditions: readonly string[]) => (conditions.length === 0 ? 'false' : `(${conditions.join(' or ')})`);

function values(relation: Relation, { sql, type }: Place, where: string, ofElement = ''): string {
  return type.array
    ? `select distinct e from ${relation.sql}, unnest(${sql}) e where e is not null and ${where} ${ofElement}`
    : `select distinct ${comparable(sql, type)} from ${relation.sql} where ${sql} is not null and ${where}`;
}

const placeKey = ({ from }: Edge) => `${from.collection}.${from.field}`;
