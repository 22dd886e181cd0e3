import {
  buildASTSchema,
  type DefinitionNode,
  type GraphQLSchema,
  isScalarType,
  isSpecifiedScalarType,
  Kind,
  type NameNode,
  parse,
  type StringValueNode,
  valueFromASTUntyped,
} from 'graphql';
import type { CoreSchema } from './core-schema.js';

/**
 * The schema callers see, out of what the planner tells of it: without the types and fields by which it is asked about,
 * which every schema has of itself.
 */
export function buildPublicSchema(consumerSdl: string): GraphQLSchema {
  const document = parse(consumerSdl, { noLocation: true });
  const definitions = document.definitions.flatMap((definition): DefinitionNode[] => {
    if ('name' in definition && isOfIntrospection(definition.name)) return [];
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION) return [definition];
    return [{ ...definition, fields: (definition.fields ?? []).filter(({ name }) => !isOfIntrospection(name)) }];
  });
  return buildASTSchema({ ...document, definitions }, { assumeValid: true, assumeValidSDL: true });
}

const isOfIntrospection = (name: NameNode | undefined) => name?.value.startsWith('__') ?? false;

/** Gives the composed graph, as callers see it, what composition leaves out. Changes `composed` itself. */
export function finishPublicSchema(composed: GraphQLSchema, core: CoreSchema): void {
  checkScalars(composed, core.schema);
  describeDirectives(composed, core.sdl);
}

/**
 * A composed scalar takes anything. Lets those of our own check what they are given as the core does, so that a bad
 * value is the caller's error before anything is planned; what is passed on stays as it was written.
 */
function checkScalars(composed: GraphQLSchema, core: GraphQLSchema): void {
  for (const scalar of Object.values(core.getTypeMap())) {
    const ours = isScalarType(scalar) && !isSpecifiedScalarType(scalar) ? composed.getType(scalar.name) : null;
    if (!isScalarType(scalar) || !isScalarType(ours)) continue;
    ours.parseValue = (value) => {
      scalar.parseValue(value);
      return value;
    };
    ours.parseLiteral = (node, variables) => {
      scalar.parseLiteral(node, variables);
      return valueFromASTUntyped(node, variables);
    };
  }
}

function describeDirectives(composed: GraphQLSchema, sdl: string): void {
  for (const definition of parse(sdl).definitions) {
    if (definition.kind !== Kind.DIRECTIVE_DEFINITION) continue;
    const directive = composed.getDirective(definition.name.value);
    if (!directive) continue;
    directive.description = text(definition.description);
    for (const argument of directive.args) {
      argument.description = text(definition.arguments?.find(({ name }) => name.value === argument.name)?.description);
    }
  }
}

const text = (description: StringValueNode | undefined) => description?.value ?? null;
