import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner';
import { type DataObject, isObject, type Value } from './data.js';
import { personBelow, type Types } from './types.js';

/** One thing in the answer so far that another service is to say more of. */
export interface Target {
  readonly object: DataObject;
  readonly path: readonly (string | number)[];
  /** The account it hangs below; null where that is not known. */
  readonly person: string | null;
}

/** Everything at the end of a path through the answer, lists followed item by item. */
export function findTargets(root: DataObject, path: readonly FlattenNodePathSegment[], types: Types): Target[] {
  const found: Target[] = [];
  const here: (string | number)[] = [];
  const walk = (value: Value, position: number, above: string | null): void => {
    if (Array.isArray(value)) {
      const next = path[position] === '@' ? position + 1 : position;
      for (const [index, item] of value.entries()) {
        here.push(index);
        walk(item, next, above);
        here.pop();
      }
      return;
    }
    if (!isObject(value)) return;
    const person = personBelow(value, above);
    const segment = path[position];
    if (segment === undefined) found.push({ object: value, path: [...here], person });
    else if (segment === '@') return;
    else if ('Field' in segment) {
      here.push(segment.Field);
      walk(value[segment.Field], position + 1, person);
      here.pop();
    } else {
      const { __typename: typename } = value;
      const fits = typeof typename !== 'string' || types.satisfies(typename, segment.TypeCondition);
      if (fits) walk(value, position + 1, above);
    }
  };
  walk(root, 0, null);
  return found;
}
