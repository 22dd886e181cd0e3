import type { FlattenNodePathSegment } from '@graphql-hive/router-query-planner';
import { type FieldNode, Kind, type SelectionNode, type SelectionSetNode } from 'graphql';
import { ACCOUNT_KEY } from './data.js';
import { fieldNode, fragmentOn, keyOf, selectionSet } from './question.js';
import type { Types } from './types.js';

export const ACCOUNT = 'Account';

/** A part asked of an account that a service leads to in the midst of its answer: taken out, to be asked by itself. */
export interface Beyond {
  readonly path: readonly FlattenNodePathSegment[];
  readonly selections: readonly SelectionNode[];
}

/**
 * Makes every account in a selection carry its id. Where `beyond` is given, all else that is asked of an account is
 * moved there: whose it is will be known when this answer is there, and only then may it be asked for.
 */
export function markAccounts(
  set: SelectionSetNode,
  typename: string,
  types: Types,
  beyond: Beyond[] | null,
  path: readonly FlattenNodePathSegment[] = [],
): SelectionSetNode {
  const selections = set.selections.map((selection): SelectionNode => {
    if (selection.kind === Kind.FRAGMENT_SPREAD || !selection.selectionSet) return selection;
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const type = selection.typeCondition?.name.value ?? typename;
      const into = type === typename ? path : [...path, { TypeCondition: [type] }];
      return { ...selection, selectionSet: markAccounts(selection.selectionSet, type, types, beyond, into) };
    }
    return { ...selection, selectionSet: markBelow(selection, selection.selectionSet, typename, types, beyond, path) };
  });
  if (typename === ACCOUNT) selections.push(fieldNode('id', ACCOUNT_KEY));
  else if (types.couldBe(typename, ACCOUNT)) selections.push(fieldNode('__typename'));
  return { ...set, selections };
}

function markBelow(
  field: FieldNode,
  set: SelectionSetNode,
  typename: string,
  types: Types,
  beyond: Beyond[] | null,
  path: readonly FlattenNodePathSegment[],
): SelectionSetNode {
  const target = types.target(typename, field.name.value);
  if (target === undefined) return set;
  const here: FlattenNodePathSegment[] = [...path, { Field: keyOf(field) }];
  if (beyond && target === ACCOUNT) return leaveAccount(set, here, beyond);
  return markAccounts(set, target, types, beyond, here);
}

/** Of an account beyond, only its id is asked here. */
function leaveAccount(
  set: SelectionSetNode,
  path: readonly FlattenNodePathSegment[],
  beyond: Beyond[],
): SelectionSetNode {
  const rest = set.selections.filter((selection) => !isKey(selection));
  if (rest.length > 0) beyond.push({ path, selections: rest });
  const keys = set.selections.filter(isKey);
  return selectionSet([...keys, fieldNode('__typename'), fieldNode('id'), fieldNode('id', ACCOUNT_KEY)]);
}

/** Whether it tells no more than who it is. */
function isKey(selection: SelectionNode): boolean {
  if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet.selections.every(isKey);
  if (selection.kind === Kind.FRAGMENT_SPREAD) return false;
  return selection.name.value === 'id' || selection.name.value === '__typename';
}

/** What asks a service for `selections` of accounts it knows by id. */
export const accountEntities = (selections: readonly SelectionNode[]): SelectionSetNode =>
  selectionSet([fragmentOn(ACCOUNT, selectionSet(selections))]);
