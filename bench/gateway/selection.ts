import { type DocumentNode, type FieldNode, Kind, type SelectionSetNode, type ValueNode } from 'graphql';

/** One root field of a question to a subgraph. */
export interface RootField {
  readonly key: string;
  readonly name: string;
  readonly args: Readonly<Record<string, ValueNode>>;
  /** Cuts what is selected out of a value that has `__typename` wherever it may be asked for. */
  readonly project: (value: unknown) => unknown;
}

/** Reads a question once. Fragments are followed; all the bench's services know one entity, so no condition is checked. */
export function readQuestion(document: DocumentNode): RootField[] {
  const fragments = new Map<string, SelectionSetNode>();
  for (const each of document.definitions) {
    if (each.kind === Kind.FRAGMENT_DEFINITION) fragments.set(each.name.value, each.selectionSet);
  }
  const fieldsOf = ({ selections }: SelectionSetNode): FieldNode[] =>
    selections.flatMap((each) => {
      if (each.kind === Kind.FIELD) return [each];
      const spread = each.kind === Kind.INLINE_FRAGMENT ? each.selectionSet : fragments.get(each.name.value);
      return spread ? fieldsOf(spread) : [];
    });
  const projection = (set: SelectionSetNode | undefined): ((value: unknown) => unknown) => {
    if (!set) return (value) => value;
    const fields = fieldsOf(set).map((field) => ({
      key: keyOf(field),
      name: field.name.value,
      project: projection(field.selectionSet),
    }));
    const project = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(project);
      const whole = value as Record<string, unknown>;
      return Object.fromEntries(fields.map(({ key, name, project: inner }) => [key, inner(whole[name])]));
    };
    return project;
  };
  const operation = document.definitions.find((each) => each.kind === Kind.OPERATION_DEFINITION);
  return operation ? fieldsOf(operation.selectionSet).map((field) => rootField(field, projection)) : [];
}

function rootField(
  field: FieldNode,
  projection: (set: SelectionSetNode | undefined) => RootField['project'],
): RootField {
  return {
    key: keyOf(field),
    name: field.name.value,
    args: Object.fromEntries((field.arguments ?? []).map(({ name, value }) => [name.value, value])),
    project: projection(field.selectionSet),
  };
}

const keyOf = ({ alias, name }: FieldNode) => (alias ?? name).value;
