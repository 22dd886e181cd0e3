import { type GraphQLOutputType, isListType, isNonNullType, isObjectType } from 'graphql';
import type { WithheldReason } from '../../gate/decide.js';
import type { Judgement } from '../../gate/judgement.js';
import { ACCOUNT } from './accounts.js';
import { ACCOUNT_KEY, type DataObject, isObject, type Value } from './data.js';
import type { Shape, ShapeField } from './shape.js';

/** A field that was not read of some people, and why. */
export interface Withheld {
  /** `Type.field`. */
  readonly field: string;
  readonly reason: WithheldReason;
  readonly accountIds: readonly string[];
}

export interface Projection {
  readonly data: DataObject | null;
  readonly withheld: readonly Withheld[];
  /** The people in the answer of whom anything is told. */
  readonly people: ReadonlySet<string>;
  /** Those of them who could not be judged, as it was not known that they would come. */
  readonly unjudged: ReadonlySet<string>;
  /** Places that hold nothing, or not what the schema says, although they must. */
  readonly broken: readonly { readonly path: readonly (string | number)[]; readonly coordinate: string }[];
}

/**
 * The answer as the caller asked for it, out of what the services gave: nothing beside it, nothing that is not of its
 * type, nothing that may not be read. `judgements` is null where everything may.
 */
export function project(
  shape: Shape,
  given: DataObject,
  judgements: ReadonlyMap<string, Judgement> | null,
): Projection {
  return new Projecting(judgements).run(shape, given);
}

class Projecting {
  readonly #withheld = new Map<string, { field: string; reason: WithheldReason; accountIds: Set<string> }>();
  readonly #people = new Set<string>();
  readonly #unjudged = new Set<string>();
  readonly #broken: { path: readonly (string | number)[]; coordinate: string }[] = [];
  readonly #path: (string | number)[] = [];
  /** What applies below the account the walk is in; null where all may be read. */
  #judgement: Judgement | null = null;

  constructor(private readonly judgements: ReadonlyMap<string, Judgement> | null) {}

  run(shape: Shape, given: DataObject): Projection {
    const data = this.#object(shape, given, shape.type.name);
    const withheld = [...this.#withheld.values()]
      .map(({ field, reason, accountIds }) => ({ field, reason, accountIds: [...accountIds].sort() }))
      .sort((one, other) => compare(one.field, other.field) || compare(one.reason, other.reason));
    return { data, withheld, people: this.#people, unjudged: this.#unjudged, broken: this.#broken };
  }

  #object(shape: Shape, value: DataObject, typename: string): DataObject | null {
    if (typename === ACCOUNT) return this.#account(shape, value);
    return this.#fields(shape, value, typename);
  }

  #account(shape: Shape, value: DataObject): DataObject | null {
    const person = value[ACCOUNT_KEY];
    const isToldOf = typeof person === 'string' && shape.leaves().length > 0;
    if (isToldOf) this.#people.add(person);
    if (!this.judgements) return this.#fields(shape, value, ACCOUNT);
    const judgement = isToldOf ? this.judgements.get(person) : undefined;
    if (isToldOf && !judgement) this.#unjudged.add(person);
    if (isToldOf && judgement && !judgement.isFree) this.#tell(shape, person, judgement);
    const above = this.#judgement;
    this.#judgement = judgement?.isFree ? null : (judgement ?? NOTHING);
    const fields = this.#fields(shape, value, ACCOUNT);
    this.#judgement = above;
    return fields;
  }

  #tell(shape: Shape, person: string, judgement: Judgement): void {
    for (const { coordinate, classes } of shape.leaves()) {
      const reason = judgement.reason(classes);
      if (!reason) continue;
      const key = `${coordinate}|${reason}`;
      const known = this.#withheld.get(key);
      if (known) known.accountIds.add(person);
      else this.#withheld.set(key, { field: coordinate, reason, accountIds: new Set([person]) });
    }
  }

  /** Null where something that must be there is not. */
  #fields(shape: Shape, value: DataObject, typename: string): DataObject | null {
    const result: DataObject = {};
    let isWhole = true;
    for (const field of shape.fieldsOf(typename)) {
      const { key } = field;
      if (field.name === '__typename') {
        result[key] = typename;
        continue;
      }
      if (this.#judgement && isWithheld(field, this.#judgement)) {
        const instead = insteadOf(field);
        if (instead === undefined) isWhole = false;
        else result[key] = instead;
        continue;
      }
      this.#path.push(key);
      const completed = this.#complete(field, field.type, value[key]);
      this.#path.pop();
      if (completed === undefined) isWhole = false;
      else result[key] = completed;
    }
    return isWhole ? result : null;
  }

  /** Undefined where a value that must be there is not. */
  #complete(field: ShapeField, type: GraphQLOutputType, value: Value): Value {
    if (isNonNullType(type)) {
      const completed = this.#complete(field, type.ofType, value);
      if (completed !== null) return completed;
      if (value === null || value === undefined) this.#break(field);
      return undefined;
    }
    if (value === null || value === undefined) return null;
    if (isListType(type)) return this.#list(field, type.ofType, value);
    if (field.shape) return this.#composite(field, field.shape, value);
    const leaf = field.read(value);
    if (leaf === undefined) this.#break(field);
    return leaf ?? null;
  }

  #list(field: ShapeField, type: GraphQLOutputType, value: Value): Value {
    if (!Array.isArray(value)) {
      this.#break(field);
      return null;
    }
    const items: Value[] = [];
    for (const [index, item] of value.entries()) {
      this.#path.push(index);
      const completed = this.#complete(field, type, item);
      this.#path.pop();
      if (completed === undefined) return null;
      items.push(completed);
    }
    return items;
  }

  #composite(field: ShapeField, shape: Shape, value: Value): Value {
    const typename = isObject(value) ? typenameOf(shape, value) : null;
    if (!isObject(value) || typename === null) {
      this.#break(field);
      return null;
    }
    return this.#object(shape, value, typename);
  }

  #break({ coordinate }: ShapeField): void {
    this.#broken.push({ path: [...this.#path], coordinate });
  }
}

/** Of somebody nobody judged, nothing is told. */
const NOTHING: Judgement = { isFree: false, mask: '*', reason: () => 'NO_CONSENT' };

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0);

/** What stands where something is withheld; undefined where nothing can. */
function insteadOf({ type, shape }: ShapeField): Value {
  if (!isNonNullType(type)) return null;
  if (isListType(type.ofType)) return [];
  return shape && isObjectType(shape.type) && !shape.isAccount ? emptied(shape, shape.type.name) : undefined;
}

/** A thing that must be there, of which nothing is told; undefined where something of it must be told as well. */
function emptied(shape: Shape, typename: string): DataObject | undefined {
  const result: DataObject = {};
  for (const field of shape.fieldsOf(typename)) {
    const value = field.name === '__typename' ? typename : insteadOf(field);
    if (value === undefined) return undefined;
    result[field.key] = value;
  }
  return result;
}

/** Something that may not be told; or a thing of which nothing that is asked may be. */
function isWithheld({ classes, shape }: ShapeField, judgement: Judgement): boolean {
  if (classes.length > 0) return judgement.reason(classes) !== null;
  if (!shape || shape.isAccount) return false;
  const leaves = shape.leaves();
  return leaves.length > 0 && leaves.every((leaf) => judgement.reason(leaf.classes) !== null);
}

/** What a thing's type must be known for, the plan asks; else its interface says enough. Null for a type that does not fit. */
function typenameOf(shape: Shape, { __typename: typename }: DataObject): string | null {
  if (isObjectType(shape.type) || typeof typename !== 'string') return shape.type.name;
  return shape.couldBe(typename) ? typename : null;
}
