import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
} from 'graphql';

const isIntrospection = (selection: SelectionNode) =>
  selection.kind === Kind.FIELD && (selection.name.value === '__schema' || selection.name.value === '__type');

/**
 * The planner answers questions about the schema or about data, not both in one: takes `__schema` and `__type` out of a
 * mixed operation. Null where there is nothing to take out.
 */
export function splitIntrospection(
  document: DocumentNode,
  operation: OperationDefinitionNode,
): { schemaPart: DocumentNode; dataPart: DocumentNode } | null {
  const { selections } = operation.selectionSet;
  const mixed = selections.some(isIntrospection) && !selections.every(isIntrospection);
  if (!mixed) return null;
  const only = (keep: (selection: SelectionNode) => boolean): DocumentNode => ({
    ...document,
    definitions: document.definitions.map((definition) =>
      definition === operation
        ? { ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections: selections.filter(keep) } }
        : definition,
    ),
  });
  return { schemaPart: only(isIntrospection), dataPart: only((selection) => !isIntrospection(selection)) };
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
export async function introspect(
  schema: GraphQLSchema,
  document: DocumentNode,
  variableValues: Record<string, unknown>,
  operationName: string | undefined,
): Promise<ExecutionResult> {
  return execute({ schema, document, variableValues, ...(operationName ? { operationName } : {}) });
}
