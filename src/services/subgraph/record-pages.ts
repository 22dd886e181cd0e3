import type { DataRecord, Json, RecordPage } from '../connector.js';
import { UnreadableAnswer } from '../outgoing-json.js';
import { asObject, type JsonObject } from './answers.js';
import type { CollectionPlan, RecordPlan } from './record-queries.js';
import { BOUND, hasId, holdsConnection, type RecordQuery, recordQuery, type Step } from './record-text.js';
import type { ConnectionSelection, ObjectSelection, Selection, Shape } from './shapes.js';

/** Asks about one account: the `Account` entity, null where the service does not know it. */
export type AskAccount = (query: RecordQuery) => Promise<JsonObject | null>;

const PAGE = 500;

/**
 * Reads a plan's collections, one question for each page of each. A connection inside a record is followed to its end
 * before the record is given. Throws `UnreadableAnswer` for an answer that does not fit its question, or may be cut.
 */
export async function* recordPages(plan: RecordPlan, ask: AskAccount): AsyncGenerator<RecordPage> {
  for (const { name, path, holds } of plan.collections) {
    const steps = path.map((field): Step => ({ kind: 'field', name: field }));
    for await (const records of new CollectionRead(ask, steps).pages(holds)) {
      for (let start = 0; start < records.length; start += PAGE) {
        yield { collection: name, records: records.slice(start, start + PAGE) };
      }
    }
  }
}

interface Page {
  /** Edges, each with where it can be found again. */
  readonly edges: readonly { readonly edge: JsonObject; readonly step: Step }[];
  /** Null on the last page. */
  readonly next: string | null;
}

class CollectionRead {
  constructor(
    private readonly ask: AskAccount,
    private readonly holder: readonly Step[],
  ) {}

  async *pages(holds: CollectionPlan['holds']): AsyncGenerator<DataRecord[]> {
    if (holds.kind === 'record') {
      const found = asObject(await this.#find(this.holder, recordQuery(this.holder, holds.shape)));
      const record = found && (await this.#record(holds.shape, found, this.holder));
      if (record && Object.values(record).some((value) => value !== null)) yield [record];
      return;
    }
    const value = await this.#under(this.holder, holds, null);
    if (value === null || value === undefined) return;
    if (holds.kind === 'connection') yield* this.#connection(holds, value, this.holder);
    else yield (await this.#objects(holds, value, this.holder)).map(asRecord);
  }

  /** A connection's records, page by page, from the page already here. */
  async *#connection(selection: ConnectionSelection, first: Json, at: readonly Step[]): AsyncGenerator<DataRecord[]> {
    let value: Json | undefined = first;
    for (let after: string | null = null; ; ) {
      const page = readPage(selection, value, after);
      const records: DataRecord[] = [];
      for (const { edge, step } of page.edges) {
        const node = asObject(edge.node);
        if (!node) continue;
        const record = await this.#record(selection.shape, node, [...at, step]);
        const extras = selection.edgeLeaves.map((leaf) => [leaf, edge[leaf] ?? null] as const);
        records.push(extras.length > 0 ? { ...record, edge: Object.fromEntries(extras) } : record);
      }
      yield records;
      if (page.next === null) return;
      after = page.next;
      value = await this.#under(at, selection, after);
    }
  }

  async #objects(
    selection: ObjectSelection,
    value: Json,
    at: readonly Step[],
    indices: readonly number[] = [],
  ): Promise<Json[]> {
    if (!Array.isArray(value)) throw new UnreadableAnswer(`${selection.name} is no list`);
    if (selection.bound !== null && value.length >= BOUND) {
      throw new UnreadableAnswer(`${selection.name} may be cut: it has ${selection.bound} and no way to go on`);
    }
    const made: Json[] = [];
    for (const [index, item] of value.entries()) {
      const here = [...indices, index];
      if (item === null) continue;
      if (Array.isArray(item)) made.push(...(await this.#objects(selection, item, at, here)));
      else made.push(await this.#record(selection.shape, required(item), [...at, itemStep(selection, item, here)]));
    }
    return made;
  }

  async #record({ selections, variants }: Shape, value: JsonObject, at: readonly Step[]): Promise<DataRecord> {
    if (variants) {
      const type = value.__typename ?? null;
      const variant = variants.find(({ typeName }) => typeName === type);
      if (!variant) return { __typename: type };
      const step: Step = { kind: 'variant', typeName: variant.typeName };
      return { __typename: type, ...(await this.#record(variant, value, [...at, step])) };
    }
    const entries: [string, Json][] = [];
    for (const selection of selections) {
      entries.push([selection.name, await this.#value(selection, value[selection.key] ?? null, at)]);
    }
    return Object.fromEntries(entries);
  }

  async #value(selection: Selection, value: Json, at: readonly Step[]): Promise<Json> {
    if (value === null || selection.kind === 'leaf') return value;
    if (selection.kind === 'object') {
      if (selection.list) return this.#objects(selection, value, at);
      return this.#record(selection.shape, required(value), [...at, { kind: 'field', name: selection.name }]);
    }
    const records: Json[] = [];
    for await (const page of this.#connection(selection, value, at)) records.push(...page);
    return records;
  }

  /** What a selection holds at the end of some steps. */
  async #under(at: readonly Step[], selection: Selection, after: string | null): Promise<Json | undefined> {
    const object = asObject(await this.#find(at, recordQuery(at, selection, after)));
    return object?.[selection.key];
  }

  async #find(at: readonly Step[], query: RecordQuery): Promise<Json> {
    let found: Json = await this.ask(query);
    for (const step of at) {
      if (found === null) return null;
      found = follow(step, required(found));
    }
    return found;
  }
}

function itemStep(selection: ObjectSelection, item: Json, indices: readonly number[]): Step {
  return { kind: 'item', selection, indices, id: hasId(selection.shape) ? asObject(item)?.id : undefined };
}

/** Reads one page of a connection; a page that says there is more and not where is none. */
function readPage(selection: ConnectionSelection, value: Json | undefined, after: string | null): Page {
  const connection = required(value);
  const info = required(connection.pageInfo);
  if (!Array.isArray(connection.edges)) throw new UnreadableAnswer(`${selection.name} has no edges`);
  const edges: { edge: JsonObject; step: Step }[] = [];
  let before = after;
  for (const edge of connection.edges.map(asObject)) {
    if (!edge) continue;
    const id = hasId(selection.shape) ? asObject(edge.node)?.id : undefined;
    edges.push({ edge, step: { kind: 'edge', selection, after: before, id } });
    if (!holdsConnection(selection.shape)) continue;
    if (typeof edge.cursor !== 'string') throw new UnreadableAnswer(`an edge of ${selection.name} has no cursor`);
    before = edge.cursor;
  }
  if (info.hasNextPage !== true) return { edges, next: null };
  if (selection.cursorType === null || typeof info.endCursor !== 'string' || info.endCursor === after) {
    throw new UnreadableAnswer(`${selection.name} has more pages and no way to them`);
  }
  return { edges, next: info.endCursor };
}

/** Goes one step in an answer. What is found again must be what was found before. */
function follow(step: Step, value: JsonObject): Json {
  if (step.kind === 'variant') return value;
  if (step.kind === 'field') return value[step.name] ?? null;
  let found: Json = value[step.selection.key] ?? null;
  if (step.kind === 'item') {
    for (const index of step.indices) found = (Array.isArray(found) ? found[index] : null) ?? null;
  } else {
    const { edges } = required(found);
    found = asObject(Array.isArray(edges) ? edges[0] : null)?.node ?? null;
  }
  if (step.id !== undefined && asObject(found)?.id !== step.id) {
    throw new UnreadableAnswer(`${step.selection.name} changed while it was read`);
  }
  return found;
}

function required(value: Json | undefined): JsonObject {
  const object = asObject(value);
  if (!object) throw new UnreadableAnswer('it holds something else where an object was asked for');
  return object;
}

const asRecord = (value: Json): DataRecord => required(value);
