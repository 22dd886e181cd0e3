import {
  type DocumentNode,
  type ExecutionResult,
  type FieldNode,
  GraphQLError,
  Kind,
  print,
  type SelectionSetNode,
} from 'graphql';
import type { Json } from '../connector.js';
import { UnreadableAnswer } from '../outgoing-json.js';
import type { Service } from '../service.js';

export type JsonObject = { [key: string]: Json };

/** A GraphQL answer of a service, its shape checked and its words not yet. */
export interface RawAnswer {
  readonly data: JsonObject | null;
  readonly errors: readonly Json[];
}

/** A document made ready once: its text, its variables, and where its answers carry the ids asked for. */
export interface PreparedDocument {
  readonly text: string;
  readonly variables: readonly string[];
  readonly entities: readonly { readonly key: string; readonly variable: string; readonly idKeys: readonly string[] }[];
}

const prepared = new WeakMap<DocumentNode, PreparedDocument>();

export function prepare(document: DocumentNode): PreparedDocument {
  const known = prepared.get(document);
  if (known) return known;
  const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const made: PreparedDocument = {
    text: print(document),
    variables: operations.flatMap((operation) =>
      operation.kind === Kind.OPERATION_DEFINITION
        ? (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value)
        : [],
    ),
    entities: operations.flatMap((operation) =>
      operation.kind === Kind.OPERATION_DEFINITION
        ? fieldsOf(operation.selectionSet)
            .filter(({ name }) => name.value === '_entities')
            .flatMap(entitiesField)
        : [],
    ),
  };
  prepared.set(document, made);
  return made;
}

function entitiesField(field: FieldNode): PreparedDocument['entities'] {
  const representations = field.arguments?.find(({ name }) => name.value === 'representations')?.value;
  if (representations?.kind !== Kind.VARIABLE || !field.selectionSet) return [];
  const ids = fieldsOf(field.selectionSet).filter(({ name }) => name.value === 'id');
  return [{ key: keyOf(field), variable: representations.name.value, idKeys: ids.map(keyOf) }];
}

function fieldsOf({ selections }: SelectionSetNode): FieldNode[] {
  return selections.flatMap((selected) => {
    if (selected.kind === Kind.FIELD) return [selected];
    return selected.kind === Kind.INLINE_FRAGMENT ? fieldsOf(selected.selectionSet) : [];
  });
}

const keyOf = ({ alias, name }: FieldNode): string => (alias ?? name).value;

/** Throws `UnreadableAnswer` for what is no GraphQL answer. */
export function readAnswer(body: Json | undefined): RawAnswer {
  const answer = asObject(body);
  const data = answer?.data ?? null;
  const errors = answer?.errors ?? [];
  if (
    !answer ||
    (data !== null && !asObject(data)) ||
    !Array.isArray(errors) ||
    (data === null && errors.length === 0)
  ) {
    throw new UnreadableAnswer('it is no GraphQL answer');
  }
  return { data: asObject(data), errors };
}

/**
 * The answer as the graph may have it: keys that could reach an object's prototype dropped, the service's own words
 * replaced, and an entity that is not the one asked for withheld (T-34).
 */
export function releasedAnswer(
  { data, errors }: RawAnswer,
  { entities }: PreparedDocument,
  variables: Readonly<Record<string, unknown>>,
  service: Pick<Service, 'name' | 'title'>,
): ExecutionResult {
  const told = errors.map((error) => masked(service, pathOf(error), codeOf(error)));
  dropPrototypeKeys(data);
  for (const { key, variable, idKeys } of entities) {
    const found = data?.[key];
    const asked = variables[variable];
    if (found === null || found === undefined || !Array.isArray(asked)) continue;
    if (!Array.isArray(found) || found.length !== asked.length) {
      throw new UnreadableAnswer('it has more or fewer entities than were asked for');
    }
    for (const [index, entity] of found.entries()) {
      const { id } = asked[index] as { id?: unknown };
      const given = asObject(entity);
      if (id === undefined || !given || idKeys.every((idKey) => isSame(given[idKey], id))) continue;
      found[index] = null;
      told.push(masked(service, [key, index]));
    }
  }
  return { data, ...(told.length > 0 ? { errors: told } : {}) };
}

const isSame = (given: Json | undefined, asked: unknown) => given === undefined || String(given) === String(asked);

function masked(
  { name, title }: Pick<Service, 'name' | 'title'>,
  path: (string | number)[] | null,
  code: Json | undefined = undefined,
): GraphQLError {
  if (code === 'BAD_USER_INPUT') {
    return new GraphQLError(`${title} does not accept an argument of this field: see what the schema says of them.`, {
      extensions: { code, service: name },
      ...(path ? { path } : {}),
    });
  }
  return new GraphQLError(`${title} could not answer this part.`, {
    extensions: { code: 'SERVICE_UNAVAILABLE', service: name, failure: 'SERVICE_ANSWER_INVALID' },
    ...(path ? { path } : {}),
  });
}

function pathOf(error: Json): (string | number)[] | null {
  const path = asObject(error)?.path;
  if (!Array.isArray(path)) return null;
  const parts = path.filter((part) => typeof part === 'string' || typeof part === 'number');
  return parts.length === path.length ? parts : null;
}

const codeOf = (error: Json) => asObject(asObject(error)?.extensions)?.code;

export function asObject(value: Json | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

/** Harmless where JSON.parse has put them, harmful where they are assigned onward (T-30). */
function dropPrototypeKeys(value: Json): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, item] of Object.entries(value)) {
    const reaches = key === '__proto__' || (key === 'constructor' && Object.hasOwn(Object(item), 'prototype'));
    if (reaches) Reflect.deleteProperty(value, key);
    else dropPrototypeKeys(item);
  }
}
