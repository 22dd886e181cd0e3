import {
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
} from 'graphql';
import { ACCOUNT_KEY, type DataObject } from './data.js';

/** What the executor asks of the composed types, answered once. */
export class Types {
  readonly #satisfied = new Map<string, boolean>();
  readonly #members = new Map<string, readonly string[]>();

  constructor(readonly schema: GraphQLSchema) {}

  /** Whether a thing of this type is one of those a fragment is for. */
  satisfies(typename: string, conditions: readonly string[]): boolean {
    return conditions.some((condition) => {
      if (condition === typename) return true;
      const key = `${typename}:${condition}`;
      const known = this.#satisfied.get(key);
      if (known !== undefined) return known;
      const type = this.schema.getType(typename);
      const abstract = this.schema.getType(condition);
      const isMember =
        isAbstractType(abstract) &&
        (isObjectType(type) || isInterfaceType(type)) &&
        this.schema.isSubType(abstract, type);
      this.#satisfied.set(key, isMember);
      return isMember;
    });
  }

  /** The object types a value of this type can have. */
  members(type: GraphQLCompositeType): readonly string[] {
    if (isObjectType(type)) return [type.name];
    const known = this.#members.get(type.name);
    if (known) return known;
    const members = this.schema.getPossibleTypes(type).map(({ name }) => name);
    this.#members.set(type.name, members);
    return members;
  }

  /** Whether a value of an abstract type may turn out to be of an object type. */
  couldBe(abstract: string, typename: string): boolean {
    return isAbstractType(this.schema.getType(abstract)) && this.satisfies(typename, [abstract]);
  }

  /** The same by name; none for what is no type of objects. */
  membersOf(typename: string): readonly string[] {
    const type = this.schema.getType(typename);
    return isCompositeType(type) ? this.members(type) : [];
  }

  field(typename: string, name: string): GraphQLField<unknown, unknown> | undefined {
    const type = this.schema.getType(typename);
    return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
  }

  /** The type a field leads to, by name; undefined for a field the composed graph does not know. */
  target(typename: string, name: string): string | undefined {
    const field = this.field(typename, name);
    return field && getNamedType(field.type).name;
  }
}

/** Whose data lies below `object`, given whose it lies in: an account's own, else the one above it. Null: not known. */
export function personBelow(object: DataObject, above: string | null): string | null {
  const marked = object[ACCOUNT_KEY];
  if (typeof marked === 'string') return marked;
  return object.__typename === 'Account' ? null : above;
}
