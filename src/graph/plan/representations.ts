import type { RequiresSelection } from '@graphql-hive/router-query-planner';
import { type DataObject, isObject, merge, type Value } from './data.js';
import type { Types } from './types.js';

/**
 * What a service needs to know of a thing to say more of it: its type, its key and what else its fields require.
 * Null where that is not known, so that it cannot be asked.
 */
export function representationOf(
  object: DataObject,
  requires: readonly RequiresSelection[],
  types: Types,
): DataObject | null {
  if (typeof object.__typename !== 'string') return null;
  const representation = pick(object, requires, types);
  if (!isObject(representation)) return null;
  representation.__typename ??= object.__typename;
  return representation;
}

function pick(value: Value, requires: readonly RequiresSelection[], types: Types): Value {
  if (Array.isArray(value)) return value.map((item) => pick(item, requires, types));
  if (!isObject(value)) return value;
  const picked: DataObject = {};
  for (const wanted of requires) {
    if (wanted.kind === 'Field') {
      const key = wanted.alias ?? wanted.name;
      const known = value[wanted.name] === undefined ? value[key] : value[wanted.name];
      const part = wanted.selections ? pick(known, wanted.selections, types) : known;
      if (part !== null && part !== undefined) picked[key] = part;
    } else if (wanted.kind === 'InlineFragment') {
      const { __typename: typename } = value;
      if (typeof typename !== 'string' || !types.satisfies(typename, [wanted.typeCondition])) continue;
      const part = pick(value, wanted.selections, types);
      if (isObject(part)) merge(picked, part);
    }
  }
  return Object.keys(picked).some((key) => key !== '__typename') ? picked : null;
}

/** The same for the same representation, whatever the order of its keys. */
export function identityOf(value: Value): string {
  if (Array.isArray(value)) return `[${value.map(identityOf).join()}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const entries = Object.keys(value)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${identityOf(value[key])}`);
  return `{${entries.join()}}`;
}
