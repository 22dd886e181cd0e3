import {
  type FieldNode,
  type GraphQLCompositeType,
  isCompositeType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { ACCOUNT } from './accounts.js';
import type { FieldClasses } from './classes.js';
import { ACCOUNT_KEY } from './data.js';
import { keyOf, selectionSet } from './question.js';
import type { Types } from './types.js';

/** One value a sub-request asks for. */
export interface Leaf {
  /** `Type.field`, for every type it may turn out to be of. */
  readonly coordinates: readonly string[];
  /** Classes of field of the gate; see `FieldClasses`. */
  readonly classes: readonly number[];
  /** Whether it lies beyond an account that this very answer leads to. */
  readonly isBeyond: boolean;
}

/** What a selection asks for, leaf by leaf, so that parts of it can be left out. */
export class Leaves {
  readonly #leaves = new Map<FieldNode, Leaf>();

  constructor(
    private readonly set: SelectionSetNode,
    typename: string,
    private readonly types: Types,
    private readonly classes: FieldClasses,
    /** `Type.field` of entity keys: they join services and are asked for whatever else is. */
    private readonly keys: ReadonlySet<string>,
  ) {
    this.#note(set, typename, false);
  }

  all(): readonly Leaf[] {
    return [...this.#leaves.values()];
  }

  /** The selection without what is refused; null where nothing else would be left. */
  without(isRefused: (classes: readonly number[]) => boolean): SelectionSetNode | null {
    const { set, refused, kept } = this.#prune(this.set, isRefused);
    return refused && !kept ? null : set;
  }

  #note(set: SelectionSetNode, typename: string, isBeyond: boolean): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        const type = selection.typeCondition?.name.value ?? typename;
        this.#note(selection.selectionSet, type, isBeyond);
      } else if (selection.kind === Kind.FIELD) {
        const name = selection.name.value;
        const target = this.types.target(typename, name);
        if (selection.selectionSet) {
          this.#note(selection.selectionSet, target ?? '', isBeyond || target === ACCOUNT);
        } else this.#noteLeaf(selection, typename, isBeyond);
      }
    }
  }

  #noteLeaf(node: FieldNode, typename: string, isBeyond: boolean): void {
    const name = node.name.value;
    if (name === '__typename' || keyOf(node) === ACCOUNT_KEY) return;
    const coordinates = this.#typesOf(typename).map((type) => `${type}.${name}`);
    if (coordinates.every((coordinate) => this.keys.has(coordinate))) return;
    const classes = [...new Set(coordinates.map((coordinate) => this.classes.of(coordinate)))];
    this.#leaves.set(node, { coordinates, classes, isBeyond });
  }

  /** The type itself, and those that may stand behind it. */
  #typesOf(typename: string): readonly string[] {
    const type = this.types.schema.getType(typename);
    if (!isCompositeType(type)) return [typename];
    return [...new Set([typename, ...this.types.members(type as GraphQLCompositeType)])];
  }

  #prune(set: SelectionSetNode, isRefused: (classes: readonly number[]) => boolean): Pruned {
    let refused = false;
    let kept = false;
    const selections = set.selections.flatMap((selection): readonly SelectionNode[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      if (selection.selectionSet) {
        const below = this.#prune(selection.selectionSet, isRefused);
        refused ||= below.refused;
        kept ||= below.kept;
        return below.refused && !below.kept ? [] : [{ ...selection, selectionSet: below.set }];
      }
      const leaf = selection.kind === Kind.FIELD ? this.#leaves.get(selection) : undefined;
      if (!leaf) return [selection];
      if (isRefused(leaf.classes)) {
        refused = true;
        return [];
      }
      kept = true;
      return [selection];
    });
    return { set: selectionSet(selections), refused, kept };
  }
}

interface Pruned {
  readonly set: SelectionSetNode;
  readonly refused: boolean;
  readonly kept: boolean;
}
