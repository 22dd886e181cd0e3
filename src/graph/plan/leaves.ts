import { type FieldNode, Kind, type SelectionNode, type SelectionSetNode } from 'graphql';
import { ACCOUNT } from './accounts.js';
import { type Around, type FieldClasses, NOTHING_AROUND } from './classes.js';
import { ACCOUNT_KEY } from './data.js';
import { keyOf, selectionSet } from './question.js';
import type { Types } from './types.js';

/** Something a sub-request asks to be told: a value, or that something or somebody is there. */
export interface Leaf {
  /** `Type.field`, for every type it may turn out to be of. */
  readonly coordinates: readonly string[];
  /** Classes of field of the gate; see `FieldClasses`. */
  readonly classes: readonly number[];
  /** Whether it lies beyond an account that this very answer leads to. */
  readonly isBeyond: boolean;
  /** Whether it is a thing of which only the key is asked, perhaps so that another service can be asked about it. */
  readonly isKey: boolean;
}

/** What of a sub-request may not be asked of somebody. */
export interface Refusal {
  isRefused(classes: readonly number[]): boolean;
  /**
   * Whether another service is to be asked about the thing at this place, so that its key is needed.
   * @param path names of the answer, lists left out.
   */
  leadsOn(path: readonly string[]): boolean;
}

/** Who asks. */
export interface LeavesSetting {
  readonly types: Types;
  readonly classes: FieldClasses;
  /** `Type.field` of entity keys: they join services and are asked for whatever else is. */
  readonly keys: ReadonlySet<string>;
  /** Whom. */
  readonly service: string;
}

/** Where a selection stands in a sub-request. */
interface Spot {
  readonly around: Around;
  readonly isBeyond: boolean;
  /** Names of the answer, lists left out. */
  readonly path: readonly string[];
}

/** What a selection asks for, leaf by leaf, so that parts of it can be left out. */
export class Leaves {
  readonly #leaves = new Map<FieldNode, Leaf>();
  /** Where the selection leads on to another account. */
  readonly links: (readonly string[])[] = [];

  constructor(
    private readonly set: SelectionSetNode,
    typename: string,
    private readonly setting: LeavesSetting,
  ) {
    this.#note(set, typename, { around: this.#outset(), isBeyond: false, path: [] });
  }

  all(): readonly Leaf[] {
    return [...this.#leaves.values()];
  }

  /** The selection without what is refused; null where nothing else would be left. */
  without(refusal: Refusal): SelectionSetNode | null {
    const { set, refused, kept } = this.#prune(this.set, refusal, []);
    return refused && !kept ? null : set;
  }

  #note(set: SelectionSetNode, typename: string, spot: Spot): void {
    for (const selection of set.selections) {
      if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.#note(selection.selectionSet, selection.typeCondition?.name.value ?? typename, spot);
      } else if (selection.kind === Kind.FIELD) this.#noteField(selection, typename, spot);
    }
  }

  #noteField(node: FieldNode, typename: string, spot: Spot): void {
    const name = node.name.value;
    if (name === '__typename' || keyOf(node) === ACCOUNT_KEY) return;
    const coordinates = this.#typesOf(typename).map((type) => `${type}.${name}`);
    if (!node.selectionSet) {
      if (coordinates.every((coordinate) => this.setting.keys.has(coordinate))) return;
      this.#leaves.set(node, this.#leaf(name, typename, spot, false));
      return;
    }
    const target = this.setting.types.target(typename, name) ?? '';
    const path = [...spot.path, keyOf(node)];
    if (target === ACCOUNT) {
      this.links.push(path);
      this.#leaves.set(node, this.#leaf(name, typename, spot, false));
      this.#note(node.selectionSet, target, { around: this.#outset(), isBeyond: true, path });
      return;
    }
    const before = this.#leaves.size;
    const around = this.setting.classes.inside(typename, name, target, spot.around);
    this.#note(node.selectionSet, target, { ...spot, around, path });
    if (this.#leaves.size === before) this.#leaves.set(node, this.#leaf(name, typename, spot, true));
  }

  #outset(): Around {
    return { ...NOTHING_AROUND, services: [this.setting.service] };
  }

  #leaf(name: string, typename: string, { around, isBeyond }: Spot, isKey: boolean): Leaf {
    const types = this.#typesOf(typename);
    return {
      coordinates: types.map((type) => `${type}.${name}`),
      classes: [...new Set(types.flatMap((type) => this.setting.classes.of(type, name, around)))],
      isBeyond,
      isKey,
    };
  }

  /** The type itself, and those that may stand behind it. */
  #typesOf(typename: string): readonly string[] {
    return [...new Set([typename, ...this.setting.types.membersOf(typename)])];
  }

  #prune(set: SelectionSetNode, refusal: Refusal, path: readonly string[]): Pruned {
    let refused = false;
    let kept = false;
    const selections = set.selections.flatMap((selection): readonly SelectionNode[] => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return [selection];
      const here = selection.kind === Kind.FIELD && selection.selectionSet ? [...path, keyOf(selection)] : path;
      const leaf = selection.kind === Kind.FIELD ? this.#leaves.get(selection) : undefined;
      if (leaf) {
        const isOut = refusal.isRefused(leaf.classes) && !(leaf.isKey && refusal.leadsOn(here));
        refused ||= isOut;
        kept ||= !isOut;
        return isOut ? [] : [selection];
      }
      if (!selection.selectionSet) return [selection];
      const below = this.#prune(selection.selectionSet, refusal, here);
      const isKept = below.kept || (below.refused && here !== path && refusal.leadsOn(here));
      refused ||= below.refused;
      kept ||= isKept;
      return below.refused && !isKept ? [] : [{ ...selection, selectionSet: below.set }];
    });
    return { set: selectionSet(selections), refused, kept };
  }
}

interface Pruned {
  readonly set: SelectionSetNode;
  readonly refused: boolean;
  readonly kept: boolean;
}
