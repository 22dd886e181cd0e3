import { type ConstDirectiveNode, type DocumentNode, Kind, parse, type SelectionSetNode, type TypeNode } from 'graphql';

export interface FieldName {
  readonly type: string;
  readonly field: string;
}

/** What each field is worked out from: the values that `@requires` names, by `Type.field`. */
export function requiredFields(supergraph: DocumentNode): Map<string, readonly FieldName[]> {
  const targets = new Map<string, string>();
  const asked: { readonly coordinate: string; readonly type: string; readonly set: SelectionSetNode }[] = [];
  for (const definition of supergraph.definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION && definition.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    const type = definition.name.value;
    for (const { name, type: target, directives = [] } of definition.fields ?? []) {
      const coordinate = `${type}.${name.value}`;
      targets.set(coordinate, innermost(target));
      for (const set of directives.flatMap(requirementOf)) asked.push({ coordinate, type, set });
    }
  }
  const required = new Map<string, readonly FieldName[]>();
  for (const { coordinate, type, set } of asked) {
    required.set(coordinate, [...(required.get(coordinate) ?? []), ...leavesOf(set, type, targets)]);
  }
  return required;
}

function requirementOf({ name, arguments: given = [] }: ConstDirectiveNode): SelectionSetNode[] {
  const requires = name.value === 'join__field' && given.find((argument) => argument.name.value === 'requires');
  if (!requires || requires.value.kind !== Kind.STRING) return [];
  const [operation] = parse(`{ ${requires.value.value} }`, { noLocation: true }).definitions;
  return operation?.kind === Kind.OPERATION_DEFINITION ? [operation.selectionSet] : [];
}

function leavesOf(set: SelectionSetNode, type: string, targets: ReadonlyMap<string, string>): FieldName[] {
  return set.selections.flatMap((selection) => {
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return leavesOf(selection.selectionSet, selection.typeCondition?.name.value ?? type, targets);
    }
    const field = selection.name.value;
    if (field === '__typename') return [];
    if (!selection.selectionSet) return [{ type, field }];
    return leavesOf(selection.selectionSet, targets.get(`${type}.${field}`) ?? '', targets);
  });
}

const innermost = (type: TypeNode): string => (type.kind === Kind.NAMED_TYPE ? type.name.value : innermost(type.type));
