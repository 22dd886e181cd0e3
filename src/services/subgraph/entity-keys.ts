import {
  type ConstDirectiveNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  isInterfaceType,
  isObjectType,
  Kind,
  parse,
  print,
  type SelectionSetNode,
} from 'graphql';
import { readPersonalData } from '../personal-data-directive.js';
import { isFederation } from './schema.js';

/** One field by which entities of a type are asked for. */
export interface KeyField {
  readonly name: string;
  /** As it is selected, e.g. `organisation { id }`. */
  readonly text: string;
  /** Fields of the key inside it; none for a plain value. */
  readonly inside: readonly KeyField[];
}

/** By type: every field of every key the subgraph answers. */
export type EntityKeys = ReadonlyMap<string, readonly KeyField[]>;

/**
 * The keys of a subgraph's entities; none where it holds nothing of people, so that nothing needs to be checked
 * against the person asked for.
 */
export function readEntityKeys(schema: GraphQLSchema): EntityKeys {
  const keys = new Map<string, readonly KeyField[]>();
  if (!holdsPersonalData(schema)) return keys;
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    const fields = new Map(answeredKeys(type).flatMap((text) => keyFields(text).map((field) => [field.text, field])));
    if (fields.size > 0) keys.set(type.name, [...fields.values()]);
  }
  return keys;
}

function holdsPersonalData(schema: GraphQLSchema): boolean {
  if (schema.getType('Account')) return true;
  return Object.values(schema.getTypeMap()).some(
    (type) =>
      (isObjectType(type) || isInterfaceType(type)) &&
      Object.values(type.getFields()).some(({ astNode }) => astNode && readPersonalData(astNode)),
  );
}

function answeredKeys(type: GraphQLNamedType): string[] {
  return [type.astNode, ...type.extensionASTNodes]
    .flatMap((node) => node?.directives ?? [])
    .filter((directive) => isFederation(directive, 'key') && isResolvable(directive))
    .flatMap((directive) => {
      const fields = argument(directive, 'fields');
      return fields?.kind === Kind.STRING ? [fields.value] : [];
    });
}

function isResolvable(directive: ConstDirectiveNode): boolean {
  const resolvable = argument(directive, 'resolvable');
  return resolvable?.kind !== Kind.BOOLEAN || resolvable.value;
}

function argument({ arguments: given }: ConstDirectiveNode, name: string) {
  return given?.find((candidate) => candidate.name.value === name)?.value;
}

function keyFields(text: string): KeyField[] {
  const [operation] = parse(`{ ${text} }`, { noLocation: true }).definitions;
  return operation?.kind === Kind.OPERATION_DEFINITION ? fieldsIn(operation.selectionSet) : [];
}

function fieldsIn({ selections }: SelectionSetNode): KeyField[] {
  return selections.flatMap((selected) => {
    if (selected.kind !== Kind.FIELD || selected.name.value === '__typename') return [];
    const inside = selected.selectionSet ? fieldsIn(selected.selectionSet) : [];
    return [{ name: selected.name.value, text: print(selected).replaceAll(/\s+/g, ' '), inside }];
  });
}
