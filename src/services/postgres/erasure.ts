import type { Sql, TransactionSql } from 'postgres';
import { ServiceError } from '../../errors.js';
import type { Erasing, Subject } from '../connector.js';
import type { ErasureItem, ErasureRefusal, ErasureScope, ErasureStep, ServiceErasurePlan } from '../erasing.js';
import { erasureOrder } from '../erasure-order.js';
import { type ReferenceGraph, referenceGraph, type Step } from '../reference-graph.js';
import type { ErasureRule, Service } from '../service.js';
import { type Catalogue, readCatalogue, type Table } from './catalogue.js';
import { openErasingPool } from './client.js';
import { BATCH, type ErasureStatements, erasureStatements, type Fate } from './erasure-statements.js';
import { sqlState, toServiceError } from './failure.js';
import { type ForeignKey, readForeignKeys, tableName } from './foreign-keys.js';
import { hmacPads } from './masks.js';
import { SchemaMismatch } from './places.js';
import type { StatementRow } from './rows.js';
import { personRow } from './statement.js';

/** One collection of the service, ready to be erased from. */
interface Prepared {
  readonly step: Step;
  /** As items name it. */
  readonly name: string;
  readonly table: Table;
  readonly rule: ErasureRule | undefined;
  readonly statements: ErasureStatements;
  /** Foreign keys that have to be emptied first, as they close a cycle. */
  readonly unlink: readonly string[];
  /** Whether its rows may go with rows of another table. */
  readonly cascades: boolean;
}

/** The rows of one collection that were found, by what becomes of them. */
interface Found {
  readonly keys: ReadonlyMap<Fate, (readonly string[])[]>;
  readonly keepUntil: string | null;
}

/** Carries the result of a dry run out of its transaction, which it ends. */
class NothingWritten extends Error {
  constructor(readonly items: readonly ErasureItem[]) {
    super('A dry run.');
  }
}

/** What the manifest wants and the database does not allow. The message names the mend. */
class NotErasable extends Error {}

/** Somebody changed the same rows at the same time. */
const CONFLICT = /^(40001|40P01|55P03)$/;
const TRIES = 4;
/** A constraint, or a value that does not fit its column: for the manifest to mend. */
const CONSTRAINT = /^(23...|22...|2BP01)$/;
const FORBIDDEN = /^(42501|25006)$/;

/**
 * Erases one person from a service's database in one transaction: all of it or nothing. The rows are found first, by
 * the walk of an export, and gone through by their keys in batches. Locks are those on the person's own rows alone; a
 * dry run does the same and rolls it back, so that what the constraints say is known beforehand.
 */
export class PostgresErasure implements Erasing {
  readonly #graph: ReferenceGraph;
  readonly #pads: readonly [string, string];
  #pool: Sql | undefined;
  #prepared: Promise<readonly Prepared[]> | undefined;

  /** @param secret keys the hashes written over values */
  constructor(
    private readonly service: Service,
    secret: Uint8Array,
  ) {
    this.#graph = referenceGraph(service.datasets);
    this.#pads = hmacPads(secret, service.name);
  }

  plan(subject: Subject, scope: ErasureScope, signal: AbortSignal): Promise<ServiceErasurePlan> {
    return this.#run(subject, scope, signal, true);
  }

  erase(subject: Subject, { scope }: ErasureStep, signal: AbortSignal): Promise<ServiceErasurePlan> {
    return this.#run(subject, scope, signal, false);
  }

  /** What a second erasure would find, which is what is left. */
  remaining(subject: Subject, scope: ErasureScope, signal: AbortSignal): Promise<ServiceErasurePlan> {
    return this.#run(subject, scope, signal, true);
  }

  async close(): Promise<void> {
    await this.#pool?.end({ timeout: 1 });
  }

  async #run(subject: Subject, scope: ErasureScope, signal: AbortSignal, dry: boolean): Promise<ServiceErasurePlan> {
    const answer = (items: readonly ErasureItem[], refusals: readonly ErasureRefusal[] = []) => ({
      service: this.service.name,
      items,
      refusals,
    });
    for (let tried = 1; ; tried++) {
      signal.throwIfAborted();
      try {
        return answer(await this.#transaction(subject, scope, signal, dry));
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof NothingWritten) return answer(error.items);
        if (CONFLICT.test(sqlState(error)) && tried < TRIES) continue;
        const refusal = refusalOf(error);
        if (refusal) return answer([], [refusal]);
        throw this.#failure(error);
      }
    }
  }

  async #transaction(subject: Subject, { heldBack }: ErasureScope, signal: AbortSignal, dry: boolean) {
    const collections = await this.#prepare();
    this.#pool ??= openErasingPool(this.service);
    return this.#pool.begin('isolation level repeatable read read write', async (tx) => {
      // What may wait for the end does, so that cycles of such references need no more care.
      await tx`set constraints all deferred`;
      const people = JSON.stringify([personRow(0, subject)]);
      const found = new Map<Prepared, Found>();
      for (const each of collections) {
        signal.throwIfAborted();
        const isHeld = heldBack.includes(each.name) || heldBack.includes(each.step.key);
        found.set(each, await find(tx, each, people, isHeld));
      }
      for (const [each, { keys }] of found) await unlink(tx, each, keys.get('delete') ?? []);
      const items: ErasureItem[] = [];
      for (const [each, rows] of found) {
        signal.throwIfAborted();
        items.push(...(await this.#apply(tx, each, rows)));
      }
      for (const [each, { keys }] of found) await checkStayed(tx, each, keys);
      await tx`set constraints all immediate`;
      if (dry) throw new NothingWritten(items);
      return items;
    });
  }

  async #apply(tx: TransactionSql, each: Prepared, { keys, keepUntil }: Found): Promise<ErasureItem[]> {
    const { name, rule, statements } = each;
    const item = (action: ErasureItem['action'], records: number, rest: Partial<ErasureItem> = {}): ErasureItem[] =>
      records === 0
        ? []
        : [{ collection: name, action, records, reason: null, legalGround: null, keepUntil: null, ...rest }];
    const why = { reason: rule?.reason ?? null, legalGround: rule?.legalGround ?? null };
    const mask = async (fate: Fate) =>
      statements.mask ? inBatches(tx, statements.mask, keys.get(fate) ?? [], this.#pads) : 0;
    const kept = keys.get('keep') ?? [];
    return [
      ...item('DELETE', await inBatches(tx, statements.remove, keys.get('delete') ?? [])),
      ...item('ANONYMISE', await mask('anonymise'), why),
      ...item('MASK', (await mask('mask')) + (await mask('keep')), why),
      ...item('KEEP', kept.length, { ...why, keepUntil }),
      ...item('KEEP', keys.get('shared')?.length ?? 0, { reason: 'Other people’s records lead to it too.' }),
      ...item('KEEP', keys.get('held')?.length ?? 0, { reason: 'It is under a legal hold.' }),
    ];
  }

  #prepare(): Promise<readonly Prepared[]> {
    this.#pool ??= openErasingPool(this.service);
    const pool = this.#pool;
    this.#prepared ??= Promise.all([readCatalogue(pool, this.service), readForeignKeys(pool, this.service)])
      .then(([catalogue, foreignKeys]) => this.#inOrder(catalogue, foreignKeys))
      .catch((error) => {
        this.#prepared = undefined;
        throw error;
      });
    return this.#prepared;
  }

  #inOrder(catalogue: Catalogue, foreignKeys: readonly ForeignKey[]): readonly Prepared[] {
    const { steps } = this.#graph;
    const tables = new Map(
      steps.map((step) => {
        const table = catalogue.table(step.dataset, step.collection);
        if (!table) throw new SchemaMismatch(`there is no table for ${step.key}: name one that exists, or drop it`);
        return [step, table] as const;
      }),
    );
    const keyOf = (table: Table) => tableName(table.schema, table.name);
    // Where the database says nothing, what is reached later goes first.
    const names = [...tables.values()].reverse().map(keyOf);
    const { order, cuts } = erasureOrder(
      [...new Set(names)],
      foreignKeys.filter(({ from, to }) => names.includes(from) && names.includes(to)),
    );
    const ruleOf = (step: Step) => this.service.erasure.get(step.collection.name);
    return [...tables]
      .map(([step, table]): Prepared => {
        const cut = cuts.filter(({ from, nullable }) => from === keyOf(table) && nullable);
        return {
          step,
          name:
            steps.filter(({ collection }) => collection.name === step.collection.name).length === 1
              ? step.collection.name
              : step.key,
          table,
          rule: ruleOf(step),
          statements: erasureStatements(this.#graph, catalogue, step, ruleOf),
          unlink: [...new Set(cut.flatMap(({ columns }) => columns))],
          cascades: foreignKeys.some(({ from, cascades }) => from === keyOf(table) && cascades),
        };
      })
      .sort((a, b) => order.indexOf(keyOf(a.table)) - order.indexOf(keyOf(b.table)));
  }

  #failure(error: unknown): Error {
    const { name, title } = this.service;
    if (FORBIDDEN.test(sqlState(error))) {
      return new ServiceError(
        name,
        'SERVICE_REFUSED_US',
        `${title} does not let us erase: grant select, update and delete on its tables to the role of ` +
          'connection.postgres.erase_url.',
      );
    }
    const failure = toServiceError(this.service, error);
    // After a migration of the service the catalogue is read again.
    if (failure instanceof ServiceError && failure.failure === 'SERVICE_ANSWER_INVALID') this.#prepared = undefined;
    return failure;
  }
}

async function find(tx: TransactionSql, each: Prepared, people: string, isHeld: boolean): Promise<Found> {
  const keys = new Map<Fate, (readonly string[])[]>();
  let keepUntil: string | null = null;
  const query = tx.unsafe<StatementRow[]>(each.statements.find, [people], { prepare: true });
  for await (const rows of query.values().cursor(BATCH)) {
    for (const row of rows as readonly StatementRow[]) {
      const [fate, until, ...key] = row.map((value) => (typeof value === 'string' ? value : ''));
      const becomes = isHeld ? 'held' : (fate as Fate);
      const same = keys.get(becomes) ?? [];
      keys.set(becomes, same);
      same.push(key);
      if (until && (keepUntil === null || until > keepUntil)) keepUntil = until;
    }
  }
  const isChanged = (['delete', 'anonymise', 'mask'] as const).some((fate) => keys.has(fate));
  const hasKey = each.table.primaryKey.length > 0 || each.step.collection.fields.some(({ primaryKey }) => primaryKey);
  if (isChanged && (each.table.kind === 'm' || (each.table.kind !== 'r' && each.table.kind !== 'p' && !hasKey))) {
    throw new NotErasable(`${each.name} is a view: keep it in habeas.erasure, and name the table it shows.`);
  }
  return { keys, keepUntil };
}

/** Runs a statement for some rows at a time; answers how many it changed. */
async function inBatches(
  tx: TransactionSql,
  text: string,
  keys: readonly (readonly string[])[],
  rest: readonly string[] = [],
): Promise<number> {
  let changed = 0;
  for (let start = 0; start < keys.length; start += BATCH) {
    const batch = JSON.stringify(keys.slice(start, start + BATCH));
    changed += (await tx.unsafe(text, [batch, ...rest], { prepare: true })).count;
  }
  return changed;
}

async function unlink(tx: TransactionSql, each: Prepared, keys: readonly (readonly string[])[]): Promise<void> {
  if (each.unlink.length > 0) await inBatches(tx, each.statements.unlink(each.unlink), keys);
}

/** What is kept must not go with something else, which `on delete cascade` would do in silence. */
async function checkStayed(tx: TransactionSql, each: Prepared, keys: Found['keys']): Promise<void> {
  if (!each.cascades) return;
  const stay = [...keys].filter(([fate]) => fate !== 'delete').flatMap(([, rows]) => rows);
  for (let start = 0; start < stay.length; start += BATCH) {
    const batch = stay.slice(start, start + BATCH);
    const [row] = await tx.unsafe<{ count: number }[]>(each.statements.count, [JSON.stringify(batch)], {
      prepare: true,
    });
    if (row?.count !== batch.length) {
      throw new NotErasable(
        `rows of ${each.name} that stay would go with rows they refer to (on delete cascade): ` +
          'keep or mask those too in habeas.erasure.',
      );
    }
  }
}

/** A constraint names table and column; what else the database says of it may hold data. */
function refusalOf(error: unknown): ErasureRefusal | null {
  const refusal = (text: string): ErasureRefusal => ({ code: 'CANNOT_BE_ERASED', message: { en: text } });
  if (error instanceof NotErasable || error instanceof SchemaMismatch) return refusal(error.message);
  const state = sqlState(error);
  if (!CONSTRAINT.test(state)) return null;
  const { table_name, column_name, constraint_name } = error as Readonly<Record<string, unknown>>;
  const at = [table_name, column_name].filter((name) => typeof name === 'string').join('.');
  const constraint = typeof constraint_name === 'string' ? ` (${constraint_name})` : '';
  if (state === '23503') {
    return refusal(
      `Rows of ${at} that stay refer to rows that would go${constraint}: anonymise or keep those, or mask the reference.`,
    );
  }
  if (state === '23502') return refusal(`${at} must not be empty: give it a mask with a value in habeas.erasure.`);
  const place = at || 'a column';
  return refusal(
    `A mask cannot be written to ${place}${constraint}: choose another in habeas.erasure (SQLSTATE ${state}).`,
  );
}
