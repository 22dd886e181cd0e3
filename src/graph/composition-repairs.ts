import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  Kind,
  type NamedTypeNode,
  type ObjectTypeDefinitionNode,
  parse,
  parseConstValue,
  print,
  type TypeNode,
  visit,
} from 'graphql';

/** One part of the graph. */
interface Part {
  readonly name: string;
  readonly sdl: string;
}

/** A field as one part of the graph has it. */
interface Declared {
  /** The part, as the supergraph names it. */
  readonly graph: string;
  readonly type: TypeNode;
  readonly isExternal: boolean;
}

type Fielded = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

/**
 * Puts right what `@theguild/federation-composition` 0.27 leaves wrong in a supergraph:
 * - a field that is a union in one part and one of its members in another has the union's type;
 * - a field of an interface that is `@external` where the interface is an `@interfaceObject` is not resolved there.
 *
 * @param names the parts as the supergraph names them, with their own names.
 */
export function repairSupergraph(
  supergraphSdl: string,
  parts: readonly Part[],
  names: ReadonlyMap<string, string>,
): string {
  const document = parse(supergraphSdl);
  const declared = declaredFields(parts, names);
  const members = membersOf(document.definitions);
  let changed = false;
  const repaired = (type: Fielded): Fielded => ({
    ...type,
    fields: (type.fields ?? []).map((field) => {
      const all = declared.get(`${type.name.value}.${field.name.value}`) ?? [];
      const better = withGeneralType(field, all, members) ?? withExternal(type, field, all);
      changed ||= better !== null;
      return better ?? field;
    }),
  });
  const result = visit(document, { ObjectTypeDefinition: repaired, InterfaceTypeDefinition: repaired });
  return changed ? print(result) : supergraphSdl;
}

/** Null where the field's type is general enough already. */
function withGeneralType(
  field: FieldDefinitionNode,
  declared: readonly Declared[],
  members: ReadonlyMap<string, ReadonlySet<string>>,
): FieldDefinitionNode | null {
  const resolved = declared.filter(({ isExternal }) => !isExternal);
  const types = new Set(resolved.map(({ type }) => innermost(type).name.value));
  if (types.size < 2) return null;
  const general = [...types].find((one) => [...types].every((other) => other === one || members.get(one)?.has(other)));
  if (general === undefined || innermost(field.type).name.value === general) return null;
  const joins = resolved.map(({ graph, type }) => join(`graph: ${graph}, type: ${JSON.stringify(print(type))}`));
  return { ...field, type: renamed(field.type, general), directives: [...others(field), ...joins] };
}

/** Null where the field says of each part what it is there, or is external nowhere. */
function withExternal(
  type: Fielded,
  field: FieldDefinitionNode,
  declared: readonly Declared[],
): FieldDefinitionNode | null {
  const isJoined = (field.directives ?? []).some(({ name }) => name.value === 'join__field');
  if (type.kind !== Kind.INTERFACE_TYPE_DEFINITION || isJoined) return null;
  if (!declared.some(({ isExternal }) => isExternal)) return null;
  const joins = declared.map(({ graph, isExternal }) => join(`graph: ${graph}${isExternal ? ', external: true' : ''}`));
  return { ...field, directives: [...others(field), ...joins] };
}

function declaredFields(parts: readonly Part[], names: ReadonlyMap<string, string>): Map<string, Declared[]> {
  const fields = new Map<string, Declared[]>();
  for (const [graph, name] of names) {
    const part = parts.find((each) => each.name === name);
    for (const definition of part ? parse(part.sdl).definitions : []) {
      if (!('fields' in definition) || !definition.name || isInput(definition)) continue;
      const keys = keyFields(definition.directives);
      for (const field of definition.fields ?? []) {
        if (field.kind !== Kind.FIELD_DEFINITION) continue;
        const isExternal = !keys.has(field.name.value) && (field.directives ?? []).some((each) => is(each, 'external'));
        const coordinate = `${definition.name.value}.${field.name.value}`;
        fields.set(coordinate, [...(fields.get(coordinate) ?? []), { graph, type: field.type, isExternal }]);
      }
    }
  }
  return fields;
}

const isInput = ({ kind }: { kind: Kind }) =>
  kind === Kind.INPUT_OBJECT_TYPE_DEFINITION || kind === Kind.INPUT_OBJECT_TYPE_EXTENSION;

function membersOf(definitions: ReturnType<typeof parse>['definitions']): Map<string, ReadonlySet<string>> {
  return new Map(
    definitions.flatMap((definition) =>
      definition.kind === Kind.UNION_TYPE_DEFINITION
        ? [[definition.name.value, new Set((definition.types ?? []).map(({ name }) => name.value))]]
        : [],
    ),
  );
}

const is = ({ name }: ConstDirectiveNode, directive: string) =>
  name.value === directive || name.value === `federation__${directive}`;

function keyFields(directives: readonly ConstDirectiveNode[] | undefined): Set<string> {
  const keys = (directives ?? [])
    .filter((directive) => is(directive, 'key'))
    .flatMap((key) => key.arguments ?? [])
    .flatMap(({ value }) => (value.kind === Kind.STRING ? (value.value.match(/\w+/g) ?? []) : []));
  return new Set(keys);
}

const others = ({ directives }: FieldDefinitionNode) =>
  (directives ?? []).filter(({ name }) => name.value !== 'join__field');

function join(given: string): ConstDirectiveNode {
  const named = parseConstValue(`{ ${given} }`);
  return {
    kind: Kind.DIRECTIVE,
    name: { kind: Kind.NAME, value: 'join__field' },
    arguments:
      named.kind === Kind.OBJECT ? named.fields.map(({ name, value }) => ({ kind: Kind.ARGUMENT, name, value })) : [],
  };
}

function innermost(type: TypeNode): NamedTypeNode {
  return type.kind === Kind.NAMED_TYPE ? type : innermost(type.type);
}

function renamed<Type extends TypeNode>(type: Type, name: string): Type {
  if (type.kind === Kind.NAMED_TYPE) return { ...type, name: { kind: Kind.NAME, value: name } };
  return { ...type, type: renamed(type.type, name) };
}
