import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type OperationDefinitionNode,
  print,
  type SelectionNode,
  type SelectionSetNode,
  visit,
} from 'graphql';

/** What one service is asked: made once, asked many times. */
export interface Question {
  readonly document: DocumentNode;
  /** The document as it is sent. */
  readonly text: string;
  /** Names of the variables it uses. */
  readonly variables: readonly string[];
}

/** The operation alone, without the variables it does not use. It must hold no fragment spreads. */
export function toQuestion(operation: OperationDefinitionNode): Question {
  const used = new Set<string>();
  visit(operation, {
    VariableDefinition: () => false,
    Variable: ({ name }) => {
      used.add(name.value);
    },
  });
  const document: DocumentNode = {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        ...operation,
        variableDefinitions: (operation.variableDefinitions ?? []).filter(({ variable }) =>
          used.has(variable.name.value),
        ),
      },
    ],
  };
  return { document, text: print(document), variables: [...used] };
}

/**
 * The one operation of a sub-request, its fragments written out in place: no two places share a field. Throws where
 * there is none.
 */
export function withoutSpreads(document: DocumentNode): OperationDefinitionNode {
  const fragments = new Map<string, FragmentDefinitionNode>();
  let operation: OperationDefinitionNode | undefined;
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
    else if (definition.kind === Kind.OPERATION_DEFINITION) operation = definition;
  }
  if (!operation) throw new Error('the plan holds a sub-request without an operation');
  const spell = ({ selections }: SelectionSetNode): SelectionSetNode => ({
    kind: Kind.SELECTION_SET,
    selections: selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        const fragment = fragments.get(selection.name.value);
        if (!fragment) throw new Error('the plan spreads a fragment it does not hold');
        return {
          kind: Kind.INLINE_FRAGMENT,
          typeCondition: fragment.typeCondition,
          directives: selection.directives ?? [],
          selectionSet: spell(fragment.selectionSet),
        };
      }
      return selection.selectionSet ? { ...selection, selectionSet: spell(selection.selectionSet) } : { ...selection };
    }),
  });
  return { ...operation, selectionSet: spell(operation.selectionSet) };
}

export const keyOf = ({ alias, name }: FieldNode): string => (alias ?? name).value;

export const fieldNode = (name: string, alias?: string): FieldNode => ({
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: name },
  ...(alias ? { alias: { kind: Kind.NAME, value: alias } } : {}),
});

export const selectionSet = (selections: readonly SelectionNode[]): SelectionSetNode => ({
  kind: Kind.SELECTION_SET,
  selections,
});

export const fragmentOn = (type: string, set: SelectionSetNode): SelectionNode => ({
  kind: Kind.INLINE_FRAGMENT,
  typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: type } },
  selectionSet: set,
});
