import {
  type DirectiveNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  GraphQLNonNull,
  type GraphQLOutputType,
  GraphQLString,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isLeafType,
  Kind,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { ACCOUNT } from './accounts.js';
import { type Around, type FieldClasses, NOTHING_AROUND } from './classes.js';
import { type LeafReader, leafReader } from './leaf-values.js';
import { keyOf } from './question.js';
import type { Types } from './types.js';

/** What the caller asked for, against the public schema, with the variables of `@skip` and `@include` decided. */
export interface ShapeSetting {
  readonly types: Types;
  readonly classes: FieldClasses;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

export interface ShapeField {
  readonly key: string;
  readonly name: string;
  readonly coordinate: string;
  readonly type: GraphQLOutputType;
  /**
   * For the gate. Of a value; of what leads on to another account; of a thing of which nothing else is asked, so that
   * it tells that there is one. Empty for other things, and for what goes with its thing: `__typename` and keys.
   */
  readonly classes: readonly number[];
  /** Null for a leaf. */
  readonly shape: Shape | null;
  /** Of a leaf. */
  readonly read: LeafReader;
}

/** Something that is told below: a value, or that something or somebody is there. */
export interface ShapeLeaf {
  readonly coordinate: string;
  readonly classes: readonly number[];
}

/** Everything asked for at one place, by the type of what is found there. */
export class Shape {
  readonly #byType = new Map<string, readonly ShapeField[]>();
  #leaves: readonly ShapeLeaf[] | null = null;

  constructor(
    readonly type: GraphQLCompositeType,
    private readonly sets: readonly SelectionSetNode[],
    private readonly setting: ShapeSetting,
    private readonly around: Around = NOTHING_AROUND,
  ) {}

  get isAccount(): boolean {
    return this.type.name === ACCOUNT;
  }

  /** Whether a thing of this type may stand here. */
  couldBe(typename: string): boolean {
    return this.setting.types.satisfies(typename, [this.type.name]);
  }

  /** What is asked of an object of this type, each key once and in order. */
  fieldsOf(typename: string): readonly ShapeField[] {
    const known = this.#byType.get(typename);
    if (known) return known;
    const made = this.#collect(typename);
    this.#byType.set(typename, made);
    return made;
  }

  /** All that is told below, whatever the types, but not beyond another account. */
  leaves(): readonly ShapeLeaf[] {
    this.#leaves ??= this.setting.types.members(this.type).flatMap((typename) =>
      this.fieldsOf(typename).flatMap(({ coordinate, classes, shape }): readonly ShapeLeaf[] => {
        if (classes.length > 0) return [{ coordinate, classes }];
        return shape && !shape.isAccount ? shape.leaves() : [];
      }),
    );
    return this.#leaves;
  }

  /** Works out everything below, so that all classes of field are known before anybody is judged. */
  workOut(): this {
    for (const typename of this.setting.types.members(this.type)) {
      for (const { shape } of this.fieldsOf(typename)) shape?.workOut();
    }
    return this;
  }

  #collect(typename: string): ShapeField[] {
    const { types, classes } = this.setting;
    const nodes = new Map<string, { name: string; sets: SelectionSetNode[] }>();
    for (const set of this.sets) this.#gather(set, typename, nodes);
    return [...nodes].flatMap(([key, { name, sets }]) => {
      const coordinate = `${typename}.${name}`;
      if (name === '__typename')
        return [{ key, name, coordinate, type: TYPENAME, classes: [], shape: null, read: textReader }];
      const field = types.field(typename, name);
      if (!field) return [];
      const type = getNamedType(field.type);
      const around = type.name === ACCOUNT ? NOTHING_AROUND : classes.inside(typename, name, type.name, this.around);
      const shape = isCompositeType(type) ? new Shape(type, sets, this.setting, around) : null;
      const isOpen = classes.isOpenKey(coordinate) || (shape && !shape.isAccount && shape.leaves().length > 0);
      const read = isLeafType(type) ? leafReader(type) : textReader;
      const told = isOpen ? [] : this.#classesOf(typename, name);
      return [{ key, name, coordinate, type: field.type, classes: told, shape, read }];
    });
  }

  /** Of a thing whose type is not told, those of every type it may be of. */
  #classesOf(typename: string, name: string): readonly number[] {
    const { types, classes } = this.setting;
    const type = types.schema.getType(typename);
    const members = isInterfaceType(type) ? [typename, ...types.members(type)] : [typename];
    return [...new Set(members.flatMap((member) => classes.of(member, name, this.around)))];
  }

  #gather(
    set: SelectionSetNode,
    typename: string,
    nodes: Map<string, { name: string; sets: SelectionSetNode[] }>,
  ): void {
    const { types, fragments } = this.setting;
    for (const selection of set.selections) {
      if (!this.#isWanted(selection.directives)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = keyOf(selection);
        const known = nodes.get(key);
        const sets = selection.selectionSet ? [selection.selectionSet] : [];
        if (known) known.sets.push(...sets);
        else nodes.set(key, { name: selection.name.value, sets });
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragments.get(selection.name.value);
      if (!fragment) continue;
      const condition = fragment.typeCondition?.name.value;
      if (condition === undefined || types.satisfies(typename, [condition])) {
        this.#gather(fragment.selectionSet, typename, nodes);
      }
    }
  }

  #isWanted(directives: readonly DirectiveNode[] | undefined): boolean {
    for (const { name, arguments: given } of directives ?? []) {
      if (name.value !== 'skip' && name.value !== 'include') continue;
      const holds = truthOf(given?.[0]?.value, this.setting.variables);
      if (holds === (name.value === 'skip')) return false;
    }
    return true;
  }
}

const textReader = leafReader(GraphQLString);
const TYPENAME = new GraphQLNonNull(GraphQLString);

function truthOf(value: ValueNode | undefined, variables: Readonly<Record<string, unknown>>): boolean {
  if (value?.kind === Kind.VARIABLE) return variables[value.name.value] === true;
  return value?.kind === Kind.BOOLEAN && value.value;
}
