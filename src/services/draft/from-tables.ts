import { snakeCase } from '../http/tree.js';
import { comparison } from '../postgres/joins.js';
import type { ColumnType } from '../postgres/types.js';
import { guessCategory, isSecret, looksLikeAddress } from './categories.js';
import type { DraftCollection, DraftField, DraftReference } from './draft.js';
import { guessLinks } from './guessed-links.js';
import { guessIdentity, isOfPersons } from './identities.js';
import { type Link, planWalk, type Turn } from './links.js';
import type { DraftedTable, ForeignKey, Tables } from './tables.js';

/** The tables of a schema as collections, with the way from a person's identities to their rows. */
export function collectionsFromTables({ tables, foreignKeys }: Tables): readonly DraftCollection[] {
  const open = tables.filter((table) => table.readable && table.columns.size > 0 && !table.name.includes('.'));
  const identities = new Map(open.map((table) => [table.name, identitiesOf(table)]));
  const identified = new Set(open.flatMap(({ name }) => ((identities.get(name)?.size ?? 0) > 0 ? [name] : [])));
  const walk = planWalk(identified, linksOf(open, foreignKeys));
  return tables.map((table): DraftCollection => {
    const skipped = skipReason(table, open, walk.reached);
    return {
      name: table.name,
      skipped,
      secrets: [...table.columns.keys()].filter((column) => isSecret(snakeCase(column))),
      fields: fieldsOf(
        table,
        identities.get(table.name) ?? new Map(),
        walk.turns.filter(({ link }) => link.table === table.name),
        foreignKeys.filter((key) => key.table === table.name && key.columns.length > 1),
        skipped === null,
      ),
    };
  });
}

function skipReason(table: DraftedTable, open: readonly DraftedTable[], reached: ReadonlySet<string>): string | null {
  if (!table.readable) return 'left out, as this role may not read it';
  if (!open.includes(table)) return 'left out, as its name or its want of columns stands in the way of references';
  return reached.has(table.name)
    ? null
    : 'left out, as no identity leads here; where it holds personal data, refer to it';
}

function identitiesOf(table: DraftedTable): ReadonlyMap<string, string> {
  const columns = [...table.columns].map(([name, type]) => ({ name, words: snakeCase(name), type }));
  return new Map(
    columns.flatMap(({ name, words, type }) => {
      const beside = columns.filter((other) => other.name !== name).map((other) => other.words);
      const identity = guessIdentity(snakeCase(table.name), { name: words, dataType: dataTypeOf(type) }, beside);
      return identity === null ? [] : [[name, identity] as const];
    }),
  );
}

function linksOf(tables: readonly DraftedTable[], foreignKeys: readonly ForeignKey[]): Link[] {
  const byName = new Map(tables.map((table) => [table.name, table]));
  const single = foreignKeys.flatMap(({ table, columns: [column], toTable, toColumns: [toColumn], columns }) =>
    columns.length === 1 && column !== undefined && toColumn !== undefined
      ? [{ table, column, toTable, toColumn, guessed: false }]
      : [],
  );
  const told = foreignKeys.flatMap(({ table, columns }) => columns.map((column) => ({ table, column })));
  const named = tables.map(({ name, columns, primaryKey }) => ({
    name,
    words: snakeCase(name),
    columns: [...columns.keys()].map((column) => ({ name: column, words: snakeCase(column) })),
    key: primaryKey.length === 1 ? (primaryKey[0] ?? null) : null,
  }));
  const guessed = guessLinks(named, told).map((link) => ({ ...link, guessed: true }));
  return [...single, ...guessed].flatMap((link) => {
    const source = byName.get(link.table);
    const [from, to] = [source?.columns.get(link.column), byName.get(link.toTable)?.columns.get(link.toColumn)];
    if (!source || !from || !to || (link.guessed && !comparable(from, to))) return [];
    return [{ ...link, unique: source.unique.has(link.column) }];
  });
}

const comparable = (one: ColumnType, other: ColumnType) =>
  one.array === other.array && comparison(one, other).indexed && comparison(other, one).indexed;

function fieldsOf(
  table: DraftedTable,
  identities: ReadonlyMap<string, string>,
  turns: readonly Turn[],
  composite: readonly ForeignKey[],
  walked: boolean,
): DraftField[] {
  const words = [...table.columns.keys()].map(snakeCase);
  const ofPerson = isOfPersons(snakeCase(table.name));
  const inAddress = looksLikeAddress(words);
  return [...table.columns].flatMap(([name, type]) => {
    if (isSecret(snakeCase(name))) return [];
    const own = turns.filter(({ link }) => link.column === name);
    const turn = own.find(({ direction }) => direction !== null) ?? own[0];
    const primaryKey = table.primaryKey.includes(name);
    const isKey = own.length > 0 || primaryKey || /(^|_)(id|uuid)$/.test(snakeCase(name));
    const dataType = dataTypeOf(type);
    return {
      name,
      category: guessCategory({ name: snakeCase(name), dataType, ofPerson, inAddress, isKey }),
      dataType,
      primaryKey,
      identity: identities.get(name) ?? null,
      reference: walked && turn ? referenceOf(turn) : null,
      note: walked ? (noteOf(turn) ?? compositeNote(name, composite)) : null,
      fields: [],
    };
  });
}

function referenceOf({ link, direction, reason }: Turn): DraftReference | null {
  if (direction === null) return null;
  const notes = [
    link.guessed ? ['guessed from the name'] : [],
    reason === 'shared' ? [`rows of ${link.toTable} may be shared with other people`] : [],
  ].flat();
  return {
    field: `${link.toTable}.${link.toColumn}`,
    direction,
    note: notes.length > 0 ? notes.join('; ') : null,
  };
}

function noteOf(turn: Turn | undefined): string | null {
  if (!turn || turn.direction !== null) return null;
  const to = `${turn.link.toTable}.${turn.link.toColumn}`;
  if (turn.reason === 'role')
    return `refers to ${to}; not followed, as it says who dealt with the row, not whose it is`;
  if (turn.reason === 'nearer') {
    return `refers to ${to}; not followed, as a shorter way leads here and other people's rows may hang on it`;
  }
  return turn.reason === 'itself' ? `refers to other rows of ${turn.link.table}; not followed` : null;
}

function compositeNote(column: string, keys: readonly ForeignKey[]): string | null {
  const key = keys.find(({ columns }) => columns[0] === column);
  return key
    ? `refers to ${key.toTable} by ${key.columns.join(' and ')} together; not followed, as no reference can say so`
    : null;
}

const DATA_TYPES: Readonly<Record<string, string>> = {
  text: 'string',
  varchar: 'string',
  bpchar: 'string',
  citext: 'string',
  name: 'string',
  uuid: 'string',
  inet: 'string',
  int2: 'integer',
  int4: 'integer',
  int8: 'integer',
  float4: 'float',
  float8: 'float',
  numeric: 'float',
  bool: 'boolean',
  timestamp: 'datetime',
  timestamptz: 'datetime',
  date: 'date',
  json: 'json',
  jsonb: 'json',
};

function dataTypeOf({ name, array }: ColumnType): string | null {
  const type = DATA_TYPES[name];
  return type === undefined ? null : `${type}${array ? '[]' : ''}`;
}
