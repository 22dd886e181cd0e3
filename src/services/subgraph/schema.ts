import {
  buildASTSchema,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  Kind,
  parse,
} from 'graphql';

/** Directives as Federation 2 names them, imported or not. */
export type FederationDirective = 'key' | 'external' | 'requires';

const EXTENDED = {
  [Kind.OBJECT_TYPE_EXTENSION]: Kind.OBJECT_TYPE_DEFINITION,
  [Kind.INTERFACE_TYPE_EXTENSION]: Kind.INTERFACE_TYPE_DEFINITION,
  [Kind.UNION_TYPE_EXTENSION]: Kind.UNION_TYPE_DEFINITION,
  [Kind.ENUM_TYPE_EXTENSION]: Kind.ENUM_TYPE_DEFINITION,
  [Kind.SCALAR_TYPE_EXTENSION]: Kind.SCALAR_TYPE_DEFINITION,
  [Kind.INPUT_OBJECT_TYPE_EXTENSION]: Kind.INPUT_OBJECT_TYPE_DEFINITION,
} as const;

/**
 * A subgraph's SDL as a schema to look things up in; it is not checked. Types a subgraph only extends count as its
 * own, and definitions of directives are left out, since they name types of federation.
 */
export function readSchema(sdl: string): GraphQLSchema {
  const document = parse(sdl, { noLocation: true });
  const defined = new Set(
    document.definitions.flatMap((definition) => (isExtension(definition) ? [] : nameOf(definition))),
  );
  const definitions = document.definitions
    .filter(({ kind }) => kind !== Kind.DIRECTIVE_DEFINITION && kind !== Kind.SCHEMA_EXTENSION)
    .map((definition): DefinitionNode => {
      const [name] = nameOf(definition);
      if (!isExtension(definition) || name === undefined || defined.has(name)) return definition;
      defined.add(name);
      return { ...definition, kind: EXTENDED[definition.kind] } as DefinitionNode;
    });
  const read: DocumentNode = { kind: Kind.DOCUMENT, definitions };
  return buildASTSchema(read, { assumeValid: true, assumeValidSDL: true });
}

/** The fields of each `@key` of a type, as written; empty for a type that is no entity. */
export function keysOf(type: GraphQLNamedType): readonly string[] {
  const nodes = [type.astNode, ...type.extensionASTNodes];
  return nodes
    .flatMap((node) => node?.directives ?? [])
    .filter((directive) => isFederation(directive, 'key'))
    .flatMap(({ arguments: given }) => {
      const fields = given?.find(({ name }) => name.value === 'fields')?.value;
      return fields?.kind === Kind.STRING ? [fields.value.trim()] : [];
    });
}

export function isFederation({ name }: ConstDirectiveNode, directive: FederationDirective): boolean {
  return name.value === directive || name.value === `federation__${directive}`;
}

function isExtension(definition: DefinitionNode): definition is DefinitionNode & { kind: keyof typeof EXTENDED } {
  return definition.kind in EXTENDED;
}

function nameOf(definition: DefinitionNode): string[] {
  return 'name' in definition && definition.name ? [definition.name.value] : [];
}
