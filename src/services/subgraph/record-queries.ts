import {
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isLeafType,
  isListType,
  isObjectType,
} from 'graphql';
import { keysOf } from './schema.js';
import {
  type ConnectionSelection,
  type LeftOut,
  type ObjectSelection,
  readConnection,
  type Selection,
  type Shape,
  Shaper,
} from './shapes.js';

type AnyField = GraphQLField<unknown, unknown>;

/** What an export reads of a subgraph for one account. */
export interface RecordPlan {
  readonly collections: readonly CollectionPlan[];
  readonly leftOut: readonly LeftOut[];
}

export interface CollectionPlan {
  readonly name: string;
  /** Fields from `Account` to the object that holds the collection; empty where `Account` itself does. */
  readonly path: readonly string[];
  /** The fields of the object as one record; or a list or connection of it, a record each. */
  readonly holds:
    | { readonly kind: 'record'; readonly shape: Shape; readonly field: AnyField | null }
    | ObjectSelection
    | ConnectionSelection;
}

const PATH_DEPTH = 5;

/**
 * Derives from a subgraph's schema all that it contributes to `Account`: plain values of each object on the way as one
 * record, lists and connections as collections of their own. Null where it knows no `Account` by its id.
 */
export function planRecords(schema: GraphQLSchema): RecordPlan | null {
  const account = schema.getType('Account');
  if (!isObjectType(account) || !keysOf(account).includes('id')) return null;
  const shaper = new Shaper(schema);
  const keys = new Set(keysOf(account).flatMap((key) => key.split(/\W+/)));
  const fields = fieldsOf(account).filter((field) => !keys.has(field.name));
  const collections = holderCollections(shaper, { type: account, path: [], field: null, above: [] }, fields);
  return { collections: distinct(collections), leftOut: shaper.leftOut };
}

/** An object that holds records of the person, on the way from `Account`. */
interface Holder {
  readonly type: GraphQLObjectType;
  readonly path: readonly string[];
  /** The field that led here; null for `Account`. */
  readonly field: AnyField | null;
  /** Types on the way, for cycles. */
  readonly above: readonly GraphQLObjectType[];
}

function holderCollections(shaper: Shaper, holder: Holder, fields: readonly AnyField[]): CollectionPlan[] {
  const { type, path } = holder;
  const record: Selection[] = [];
  const others: CollectionPlan[] = [];
  for (const field of fields.filter((candidate) => shaper.askable(type, candidate))) {
    const named = getNamedType(field.type);
    const list = isListType(getNullableType(field.type));
    if (isLeafType(named)) {
      record.push(...parts(shaper.part(type, field)));
    } else if (list || (isObjectType(named) && readConnection(named))) {
      const holds = shaper.collection(type, field);
      if (holds && holds.kind !== 'leaf') others.push({ name: field.name, path, holds });
    } else if (isObjectType(named) && isHolder(shaper, holder, named)) {
      const below = { type: named, path: [...path, field.name], field, above: [...holder.above, type] };
      others.push(...holderCollections(shaper, below, fieldsOf(named)));
    } else {
      record.push(...parts(shaper.part(type, field)));
    }
  }
  if (record.length === 0) return others;
  const shape: Shape = { typeName: type.name, selections: record, variants: null };
  return [{ name: path.at(-1) ?? 'account', path, holds: { kind: 'record', shape, field: holder.field } }, ...others];
}

/** What `Account` has is the person's; an entity further on may be others' too, and is a part of a record only. */
function isHolder(shaper: Shaper, { type, path, above }: Holder, named: GraphQLObjectType): boolean {
  if (path.length >= PATH_DEPTH || named === type || above.includes(named)) return false;
  return path.length === 0 || !shaper.isEntity(named);
}

/** Collections of one name in several places are told apart by their way. */
function distinct(collections: readonly CollectionPlan[]): readonly CollectionPlan[] {
  return collections.map((collection) => {
    const same = collections.filter(({ name }) => name === collection.name);
    if (same.length === 1) return collection;
    const way = collection.holds.kind === 'record' ? collection.path : [...collection.path, collection.name];
    return { ...collection, name: way.join('_') || collection.name };
  });
}

const fieldsOf = (type: GraphQLObjectType): AnyField[] => Object.values(type.getFields());

const parts = (selection: Selection | null): Selection[] => (selection ? [selection] : []);
