import type { FetchNodePathSegment, FetchRewrite } from '@graphql-hive/router-query-planner';
import { type DataObject, isObject, type Value } from './data.js';
import type { Types } from './types.js';

/** Renames a key or sets a value in a representation or an answer, as the plan says. Changes `value` itself. */
export type Rewrite = (value: Value, types: Types) => void;

/** Throws for a kind of rewrite this executor does not know. */
export function compileRewrites(rewrites: readonly FetchRewrite[] | undefined): readonly Rewrite[] {
  return (rewrites ?? []).map((rewrite) => {
    if ('KeyRenamer' in rewrite) {
      const { path, renameKeyTo } = rewrite.KeyRenamer;
      return at(path, (object, key) => {
        if (!(key in object)) return;
        object[renameKeyTo] = object[key];
        if (renameKeyTo !== key) delete object[key];
      });
    }
    const { path, setValueTo } = 'ValueSetter' in rewrite ? rewrite.ValueSetter : rewrite;
    return at(path, (object, key) => {
      object[key] = setValueTo;
    });
  });
}

function at(path: readonly FetchNodePathSegment[], change: (object: DataObject, key: string) => void): Rewrite {
  const walk = (value: Value, position: number, types: Types): void => {
    if (Array.isArray(value)) {
      for (const item of value) walk(item, position, types);
      return;
    }
    const segment = path[position];
    if (!isObject(value) || segment === undefined) return;
    if ('TypenameEquals' in segment) {
      const { __typename: typename } = value;
      if (typeof typename === 'string' && !types.satisfies(typename, [segment.TypenameEquals].flat())) return;
      walk(value, position + 1, types);
    } else if (position === path.length - 1) change(value, segment.Key);
    else walk(value[segment.Key], position + 1, types);
  };
  return (value, types) => walk(value, 0, types);
}
