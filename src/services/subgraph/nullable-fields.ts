import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type InterfaceTypeDefinitionNode,
  type InterfaceTypeExtensionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  type ObjectTypeExtensionNode,
  parse,
  print,
  visit,
} from 'graphql';
import type { Config } from '../../config.js';
import { readPersonalData } from '../personal-data-directive.js';
import { isFederation } from './schema.js';

type Fielded =
  | ObjectTypeDefinitionNode
  | ObjectTypeExtensionNode
  | InterfaceTypeDefinitionNode
  | InterfaceTypeExtensionNode;

/**
 * The SDL with every governed field nullable, so that withholding one never takes its parents with it: all fields of
 * entities but their keys, and all with `@personalData`. Interfaces follow, for their types may not promise less.
 * `unclassified: 'allow'`: fields without `@personalData` are not governed and stay as they are.
 */
export function nullableFields(sdl: string, unclassified: Config['unclassified'] = 'refuse'): string {
  const document = parse(sdl, { noLocation: true });
  const types = document.definitions.filter(isFielded);
  const keys = new Map<string, Set<string>>();
  for (const { name, directives } of types) {
    for (const field of keyFields(directives)) keys.set(name.value, (keys.get(name.value) ?? new Set()).add(field));
  }
  const governed = new Map<string, Set<string>>();
  const govern = (type: string, field: string) => governed.set(type, (governed.get(type) ?? new Set()).add(field));
  for (const type of types) {
    for (const field of type.fields ?? []) {
      const ofEntity = keys.has(type.name.value) && !keys.get(type.name.value)?.has(field.name.value);
      if (!(ofEntity && unclassified === 'refuse') && !readPersonalData(field)) continue;
      govern(type.name.value, field.name.value);
      for (const { name } of type.interfaces ?? []) govern(name.value, field.name.value);
    }
  }
  const nullable = (type: Fielded) => ({
    ...type,
    fields: (type.fields ?? []).map((field) =>
      governed.get(type.name.value)?.has(field.name.value) ? loosen(field) : field,
    ),
  });
  return print(
    visit(document, {
      ObjectTypeDefinition: nullable,
      ObjectTypeExtension: nullable,
      InterfaceTypeDefinition: nullable,
      InterfaceTypeExtension: nullable,
    }),
  );
}

function loosen(field: FieldDefinitionNode): FieldDefinitionNode {
  return field.type.kind === Kind.NON_NULL_TYPE ? { ...field, type: field.type.type } : field;
}

/** Top-level names of all keys: `@key(fields: "id organisation { id }")` has `id` and `organisation`. */
function keyFields(directives: readonly ConstDirectiveNode[] | undefined): string[] {
  return (directives ?? [])
    .filter((directive) => isFederation(directive, 'key'))
    .flatMap(({ arguments: given }) => {
      const fields = given?.find(({ name }) => name.value === 'fields')?.value;
      if (fields?.kind !== Kind.STRING) return [];
      const [operation] = parse(`{ ${fields.value} }`).definitions;
      if (operation?.kind !== Kind.OPERATION_DEFINITION) return [];
      return operation.selectionSet.selections.flatMap((selected) =>
        selected.kind === Kind.FIELD ? [selected.name.value] : [],
      );
    });
}

function isFielded(definition: { kind: string }): definition is Fielded {
  return [
    Kind.OBJECT_TYPE_DEFINITION,
    Kind.OBJECT_TYPE_EXTENSION,
    Kind.INTERFACE_TYPE_DEFINITION,
    Kind.INTERFACE_TYPE_EXTENSION,
  ].includes(definition.kind as Kind);
}
