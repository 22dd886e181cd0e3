import { type DefinitionNode, type FieldDefinitionNode, Kind, parse } from 'graphql';
import { OWN_PART, type Subgraph } from './supergraph.js';

const ROOTS = ['Query', 'Mutation', 'Subscription'];

/**
 * Names of Habeas' own part that services use for something of theirs, sorted: the two cannot be in one graph. A
 * service that adds fields to `Account`, repeats what is @shareable, or shares a scalar uses nothing of ours. A
 * directive for questions is named too: it is lost where one of the parts does not have it.
 */
export function ownNamesTaken(own: Subgraph, services: readonly Subgraph[]): string[] {
  const ours = typesOf(own);
  const taken = new Set(services.filter(({ name }) => name === OWN_PART).map(({ name }) => name));
  for (const service of services) {
    for (const directive of questionDirectives(service)) taken.add(directive);
    for (const [name, theirs] of typesOf(service)) {
      const type = ours.get(name);
      if (!type || (type.isScalar && theirs.isScalar)) continue;
      const both = [...theirs.fields.keys()].filter((field) => type.fields.has(field));
      if (ROOTS.includes(name)) for (const field of both) taken.add(`${name}.${field}`);
      else if (!isShared(type, theirs, both) && !isExtension(theirs, both)) taken.add(name);
    }
  }
  return [...taken].sort();
}

const IN_QUESTIONS = new Set([
  'QUERY',
  'MUTATION',
  'SUBSCRIPTION',
  'FIELD',
  'FRAGMENT_DEFINITION',
  'FRAGMENT_SPREAD',
  'INLINE_FRAGMENT',
  'VARIABLE_DEFINITION',
]);

function questionDirectives({ sdl }: Subgraph): string[] {
  return parse(sdl).definitions.flatMap((definition) =>
    definition.kind === Kind.DIRECTIVE_DEFINITION && definition.locations.some(({ value }) => IN_QUESTIONS.has(value))
      ? [`@${definition.name.value}`]
      : [],
  );
}

interface Type {
  readonly isScalar: boolean;
  readonly isShareable: boolean;
  readonly keys: readonly string[];
  readonly fields: Map<string, FieldDefinitionNode>;
}

function isShared(ours: Type, theirs: Type, both: readonly string[]): boolean {
  return ours.isShareable && theirs.isShareable && both.length === theirs.fields.size;
}

/** A type that is joined by `id`, has nothing else of ours, and so says more of the same thing. */
function isExtension({ keys }: Type, both: readonly string[]): boolean {
  return keys.includes('id') && both.every((field) => field === 'id');
}

function typesOf({ sdl }: Subgraph): Map<string, Type> {
  const types = new Map<string, Type>();
  for (const definition of parse(sdl).definitions) {
    if (!('name' in definition) || !definition.name || definition.kind === Kind.DIRECTIVE_DEFINITION) continue;
    const name = definition.name.value;
    const known = types.get(name);
    types.set(name, {
      isScalar: definition.kind === Kind.SCALAR_TYPE_DEFINITION || definition.kind === Kind.SCALAR_TYPE_EXTENSION,
      isShareable: (known?.isShareable ?? false) || hasDirective(definition, 'shareable'),
      keys: [...(known?.keys ?? []), ...keysOf(definition)],
      fields: new Map([
        ...(known?.fields ?? []),
        ...fieldsOf(definition).map((each) => [each.name.value, each] as const),
      ]),
    });
  }
  return types;
}

function fieldsOf(definition: DefinitionNode): readonly FieldDefinitionNode[] {
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.OBJECT_TYPE_EXTENSION:
    case Kind.INTERFACE_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_EXTENSION:
      return definition.fields ?? [];
    default:
      return [];
  }
}

const directivesOf = (definition: DefinitionNode) => ('directives' in definition ? (definition.directives ?? []) : []);

const hasDirective = (definition: DefinitionNode, wanted: string) =>
  directivesOf(definition).some(({ name }) => name.value === wanted || name.value === `federation__${wanted}`);

function keysOf(definition: DefinitionNode): string[] {
  return directivesOf(definition)
    .filter(({ name }) => name.value === 'key' || name.value === 'federation__key')
    .flatMap(({ arguments: given }) => {
      const fields = given?.find(({ name }) => name.value === 'fields')?.value;
      return fields?.kind === Kind.STRING ? [fields.value.trim()] : [];
    });
}
