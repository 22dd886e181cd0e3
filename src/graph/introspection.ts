import {
  type DocumentNode,
  type ExecutionResult,
  executeSync,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { withoutSpreads } from './plan/question.js';

const isIntrospection = (selection: SelectionNode) =>
  selection.kind === Kind.FIELD && (selection.name.value === '__schema' || selection.name.value === '__type');

/** The part of an operation that asks about the schema, as a document of its own: the planner answers about data alone. */
export function schemaPart(document: DocumentNode, operation: OperationDefinitionNode): DocumentNode {
  const others = document.definitions.filter((each) => each.kind !== Kind.OPERATION_DEFINITION);
  const { selectionSet } = withoutSpreads({ ...document, definitions: [operation, ...others] });
  const only = ({ selections }: SelectionSetNode): SelectionSetNode => ({
    kind: Kind.SELECTION_SET,
    selections: selections.flatMap((selection): SelectionNode[] => {
      if (selection.kind !== Kind.INLINE_FRAGMENT) return isIntrospection(selection) ? [selection] : [];
      const below = only(selection.selectionSet);
      return below.selections.length > 0 ? [{ ...selection, selectionSet: below }] : [];
    }),
  });
  return { ...document, definitions: [{ ...operation, selectionSet: only(selectionSet) }] };
}

/** Whether an operation asks about the schema, at its root or in fragments there. */
export function asksAboutSchema(document: DocumentNode, operation: OperationDefinitionNode): boolean {
  const seen = new Set<string>();
  const asks = (selection: SelectionNode): boolean => {
    if (selection.kind === Kind.FIELD) return isIntrospection(selection);
    if (selection.kind === Kind.INLINE_FRAGMENT) return selection.selectionSet.selections.some(asks);
    const name = selection.name.value;
    if (seen.has(name)) return false;
    seen.add(name);
    return document.definitions.some(
      (each) =>
        each.kind === Kind.FRAGMENT_DEFINITION && each.name.value === name && each.selectionSet.selections.some(asks),
    );
  };
  return operation.selectionSet.selections.some(asks);
}

/** Answers the schema's part of a question. */
export function introspect(
  schema: GraphQLSchema,
  document: DocumentNode,
  variableValues: Readonly<Record<string, unknown>>,
): ExecutionResult {
  return executeSync({ schema, document, variableValues });
}
