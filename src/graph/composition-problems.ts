import type { GraphQLError } from 'graphql';

/** Why the parts of the graph do not fit together: one thing to mend. */
export interface CompositionProblem {
  /** The services it is about, as far as they are known; the first is the one to look at first. */
  readonly services: readonly string[];
  /** `Type.field`, `Type.field(argument:)`, `Type` or `@directive`; null where no one thing is wrong. */
  readonly coordinate: string | null;
  /** The code of Federation 2, as SATISFIABILITY_ERROR. */
  readonly code: string;
  /** One line: service, coordinate, what is wrong, and the mend. */
  readonly text: string;
}

/** What helps against each kind of problem. Codes that are not here name the rule well enough by themselves. */
const MENDS: Readonly<Record<string, string>> = {
  INVALID_FIELD_SHARING:
    'let one service alone resolve the field, mark it @shareable in all of them, or move it with @override(from:)',
  INVALID_SHAREABLE_USAGE: 'mark fields of object types @shareable, not those of interfaces',
  FIELD_TYPE_MISMATCH: 'give the field the same type in all of them',
  FIELD_ARGUMENT_TYPE_MISMATCH: 'give the argument the same type in all of them',
  FIELD_ARGUMENT_DEFAULT_MISMATCH: 'give the argument the same default in all of them',
  INPUT_FIELD_DEFAULT_MISMATCH: 'give the input field the same default in all of them',
  EXTERNAL_TYPE_MISMATCH: 'copy the type from the service that resolves the field',
  EXTERNAL_ARGUMENT_MISSING: 'repeat the argument where the field is @external',
  EXTERNAL_MISSING_ON_BASE: 'let one of the services resolve it, without @external',
  EXTERNAL_UNUSED: 'remove the field, or use it in a @key, @requires or @provides',
  TYPE_KIND_MISMATCH: 'rename one of the types, or make them of one kind',
  EXTENSION_WITH_NO_BASE: 'define the type in one of the services, without "extend"',
  SATISFIABILITY_ERROR: 'give the type a @key that the other services can resolve, or mark the field @shareable',
  REQUIRED_ARGUMENT_MISSING_IN_SOME_SUBGRAPH: 'add the argument everywhere, or give it a default or a nullable type',
  REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH: 'add the input field everywhere, or make it nullable',
  INTERFACE_FIELD_NO_IMPLEM: 'add the field to the type in that service, or remove it from the interface',
  INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE: 'define the missing types there with the same @key',
  INTERFACE_KEY_NOT_ON_IMPLEMENTATION: 'repeat the interface’s @key on the types that implement it',
  INTERFACE_OBJECT_USAGE_ERROR: 'define the interface itself, with its @key, in one of the services',
  ENUM_VALUE_MISMATCH: 'give the enum the same values in all of them: it is both an input and an output',
  EMPTY_MERGED_ENUM_TYPE: 'let the services share at least one value',
  EMPTY_MERGED_INPUT_TYPE: 'let the services share at least one field',
  KEY_INVALID_FIELDS: 'name fields of the type in its @key',
  KEY_FIELDS_SELECT_INVALID_TYPE: 'take fields of other types into the @key',
  KEY_FIELDS_HAS_ARGS: 'take a field without arguments into the @key',
  REQUIRES_INVALID_FIELDS: 'declare the required field in this service too, as @external',
  REQUIRES_FIELDS_MISSING_EXTERNAL: 'mark the required field @external here, or remove it from @requires',
  PROVIDES_INVALID_FIELDS: 'declare the provided field in this service too, as @external',
  PROVIDES_FIELDS_MISSING_EXTERNAL: 'mark the provided field @external here, or remove it from @provides',
  PROVIDES_ON_NON_OBJECT_FIELD: 'put @provides on a field that leads to an entity',
  OVERRIDE_FROM_SELF_ERROR: 'name the service the field comes from in @override(from:)',
  OVERRIDE_SOURCE_HAS_OVERRIDE: 'let only one service override the field',
  OVERRIDE_COLLISION_WITH_ANOTHER_DIRECTIVE: 'take the other directive off the field',
  DIRECTIVE_COMPOSITION_ERROR:
    'import the directive by one name, from one specification and major version, in all of them',
  LINK_IMPORT_NAME_MISMATCH: 'import the directive by one name in all of them',
  UNKNOWN_LINK_VERSION: 'link a version of the specification that exists',
  UNKNOWN_FEDERATION_LINK_VERSION: 'link a version of Federation from v2.0 to v2.9',
  INVALID_LINK_IDENTIFIER: 'end the address of @link in a version, as in "/federation/v2.7"',
  INVALID_LINK_DIRECTIVE_USAGE: 'link each specification once, and import only what it has',
  ONLY_INACCESSIBLE_CHILDREN: 'mark the type itself @inaccessible, or leave one of its parts accessible',
  REFERENCED_INACCESSIBLE: 'mark what refers to the type @inaccessible too',
  IMPLEMENTED_BY_INACCESSIBLE: 'mark the interface’s field @inaccessible too',
  REQUIRED_INACCESSIBLE: 'make what is @inaccessible optional',
  DEFAULT_VALUE_USES_INACCESSIBLE: 'take another default',
  NO_QUERIES: 'let at least one service have a field on Query',
  QUERY_ROOT_TYPE_INACCESSIBLE: 'leave Query accessible',
  INVALID_SUBGRAPH_NAME: 'give the system another fides_key',
  INVALID_GRAPHQL: 'correct it in the service’s SDL',
};

/** Puts an error of composition into one line. `known`: the names of all parts. */
export function toProblem(error: GraphQLError, known: readonly string[]): CompositionProblem {
  const [, prefix, said = error.message] = /^\[([^\]]+)\] ([\s\S]*)$/.exec(error.message) ?? [];
  const code = String(error.extensions.code ?? 'INVALID_GRAPHQL');
  const services = servicesOf(error, prefix, known);
  const coordinate = coordinateOf(said, known);
  const what = told(said);
  const mend = MENDS[code];
  const about = [services.join(' and ') || 'graph', coordinate].filter((part) => part !== null).join(': ');
  return { services, coordinate, code, text: `${about}: ${what}${mend ? `: ${mend}` : ''} (${code}).` };
}

function servicesOf({ message, extensions }: GraphQLError, prefix: string | undefined, known: readonly string[]) {
  const named = [extensions.subgraphName, prefix].filter((name) => typeof name === 'string' && known.includes(name));
  if (named.length > 0) return [...new Set(named as string[])];
  return known
    .map((name) => ({ name, at: message.indexOf(`"${name}"`) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)
    .map(({ name }) => name);
}

const NAME = '[_A-Za-z]\\w*';
const FIELD = new RegExp(`["“ ](${NAME}\\.${NAME}(?:\\(${NAME}:\\))?)["” ]`);
const TYPE = new RegExp(`"(@?${NAME})"`, 'g');

/** The first coordinate of a message; the names of services are none. */
function coordinateOf(message: string, known: readonly string[]): string | null {
  const field = FIELD.exec(` ${message} `)?.[1];
  if (field) return field;
  for (const [, name = ''] of message.matchAll(TYPE)) if (!known.includes(name)) return name;
  return null;
}

/** The library writes paragraphs and examples of queries: one line says it. */
function told(message: string): string {
  const [first = '', ...more] = message.trim().split('\n');
  const ways = more.flatMap((line) => /^\s*- (.*)$/.exec(line)?.[1] ?? []);
  const said = ways.length > 0 ? `cannot be reached: ${ways.join(' ')}` : first;
  return said.replace(/[\s.:]+$/, '');
}
