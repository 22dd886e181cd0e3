import {
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isObjectType,
  isRequiredArgument,
} from 'graphql';
import { isFederation, keysOf } from './schema.js';

/** What is selected of an object: fields of its own, or for an interface or union, of each type it may have. */
export interface Shape {
  readonly typeName: string;
  readonly selections: readonly Selection[];
  /** Null for an object type. */
  readonly variants: readonly Shape[] | null;
}

export type Selection = LeafSelection | ObjectSelection | ConnectionSelection;

interface Selected {
  readonly name: string;
  /** The response key: the name, but where two variants give one name different types. */
  readonly key: string;
  readonly field: GraphQLField<unknown, unknown>;
}

export interface LeafSelection extends Selected {
  readonly kind: 'leaf';
}

export interface ObjectSelection extends Selected {
  readonly kind: 'object';
  readonly list: boolean;
  /** An argument that bounds a list without a way to go on from there. */
  readonly bound: string | null;
  readonly shape: Shape;
}

/** A connection as the Relay cursor specification has it. */
export interface ConnectionSelection extends Selected {
  readonly kind: 'connection';
  /** Type of the `after` argument; null where the connection cannot be paged. */
  readonly cursorType: string | null;
  /** What edges say besides cursor and node. */
  readonly edgeLeaves: readonly string[];
  readonly shape: Shape;
}

/** A field no export follows, and why. */
export interface LeftOut {
  readonly field: string;
  readonly reason: string;
}

const ACCOUNT = 'Account';
const DEPTH = 3;

/** How far a walk is. */
interface Walk {
  /** Types above, outermost first: none is entered again. */
  readonly above: readonly string[];
  /** Inside an entity that a record refers to: from there no further entity is followed, it may be anybody's. */
  readonly referred: boolean;
}

const START: Walk = { above: [], referred: false };

/** Says which fields of which types are worth selecting in an export, and keeps what it leaves out with the reason. */
export class Shaper {
  readonly leftOut: LeftOut[] = [];

  constructor(private readonly schema: GraphQLSchema) {}

  isEntity(type: GraphQLNamedType): boolean {
    const types = isAbstractType(type) ? this.schema.getPossibleTypes(type) : [type];
    return types.some((possible) => keysOf(possible).length > 0);
  }

  /** Whether the field can be asked for with nothing but the account's id; if not, notes why. */
  askable(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): boolean {
    if (getNamedType(field.type).name === ACCOUNT) return false; // back to the person
    const directives = field.astNode?.directives ?? [];
    if (directives.some((directive) => isFederation(directive, 'external'))) return false; // another service's
    if (directives.some((directive) => isFederation(directive, 'requires'))) {
      return this.#skip(type, field, 'it is made from fields of other services (@requires)');
    }
    const required = field.args.find(isRequiredArgument);
    return required ? this.#skip(type, field, `it cannot be asked without the argument "${required.name}"`) : true;
  }

  /** A field of an object that holds a person's records: what it leads to are records themselves. */
  collection(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): Selection | null {
    return this.#select(type, field, null);
  }

  /** A field inside a record. */
  part(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>): Selection | null {
    return this.#select(type, field, START);
  }

  #select(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, walk: Walk | null): Selection | null {
    const named = getNamedType(field.type);
    const selected = { name: field.name, key: field.name, field };
    if (isLeafType(named)) return { kind: 'leaf', ...selected };
    const connection = isObjectType(named) ? readConnection(named) : null;
    const of = connection?.node ?? named;
    const above = walk?.above ?? [];
    if (above.length >= DEPTH) return this.#skipped(type, field, `it lies more than ${DEPTH} levels deep`);
    if (walk?.referred && this.isEntity(of)) return this.#skipped(type, field, 'it leads to entities of an entity');
    const shape = this.#shape(of, walk ? { ...walk, above: [...above, type.name] } : START);
    if (!shape) {
      const reason = isLeafType(of) ? 'its connection holds bare values' : 'it leads back to a type above it';
      return isLeafType(of) || (walk && [...above, type.name].includes(of.name))
        ? this.#skipped(type, field, reason)
        : null;
    }
    if (connection) {
      const after = field.args.find(({ name }) => name === 'after');
      const paged = after && field.args.some(({ name }) => name === 'first');
      const cursorType = paged ? String(getNullableType(after.type)) : null;
      return { kind: 'connection', ...selected, cursorType, edgeLeaves: connection.edgeLeaves, shape };
    }
    const bound = field.args.find(({ name }) => name === 'first' || name === 'limit')?.name ?? null;
    const list = isListType(getNullableType(field.type));
    return { kind: 'object', ...selected, list, bound: list ? bound : null, shape };
  }

  #shape(type: GraphQLNamedType, walk: Walk): Shape | null {
    if (isAbstractType(type)) {
      const variants = this.schema.getPossibleTypes(type).flatMap((possible) => this.#shape(possible, walk) ?? []);
      return variants.length > 0 ? { typeName: type.name, selections: [], variants: withoutConflicts(variants) } : null;
    }
    if (!isObjectType(type) || type.name === ACCOUNT) return null;
    if (walk.above.includes(type.name)) return null;
    const inside = { ...walk, referred: walk.referred || (walk.above.length > 0 && this.isEntity(type)) };
    const selections = Object.values(type.getFields())
      .filter((field) => this.askable(type, field))
      .flatMap((field) => this.#select(type, field, inside) ?? []);
    return selections.length > 0 ? { typeName: type.name, selections, variants: null } : null;
  }

  #skip(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, reason: string): false {
    const name = `${type.name}.${field.name}`;
    if (!this.leftOut.some((left) => left.field === name)) this.leftOut.push({ field: name, reason });
    return false;
  }

  #skipped(type: GraphQLObjectType, field: GraphQLField<unknown, unknown>, reason: string): null {
    this.#skip(type, field, reason);
    return null;
  }
}

/** Fields of one name and different types cannot stand side by side in one answer: each gets a key of its own. */
function withoutConflicts(variants: readonly Shape[]): readonly Shape[] {
  const types = new Map<string, Set<string>>();
  for (const { name, field } of variants.flatMap(({ selections }) => selections)) {
    types.set(name, (types.get(name) ?? new Set()).add(String(field.type)));
  }
  return variants.map((variant) => ({
    ...variant,
    selections: variant.selections.map((selection) =>
      (types.get(selection.name)?.size ?? 0) > 1
        ? { ...selection, key: `${selection.name}_${variant.typeName}` }
        : selection,
    ),
  }));
}

interface ConnectionType {
  readonly node: GraphQLNamedType;
  readonly edgeLeaves: readonly string[];
}

export function readConnection(type: GraphQLObjectType): ConnectionType | null {
  const { edges, pageInfo } = type.getFields();
  const edge = edges && isListType(getNullableType(edges.type)) ? getNamedType(edges.type) : null;
  const info = pageInfo && getNamedType(pageInfo.type);
  if (!isObjectType(edge) || !isObjectType(info) || !info.getFields().hasNextPage || !info.getFields().endCursor) {
    return null;
  }
  const { node, cursor: _cursor, ...others } = edge.getFields();
  if (!node) return null;
  const leaves = Object.values(others).filter(
    ({ type, args }) => isLeafType(getNamedType(type)) && !args.some(isRequiredArgument),
  );
  return { node: getNamedType(node.type), edgeLeaves: leaves.map(({ name }) => name) };
}
