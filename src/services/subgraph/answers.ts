import { GraphQLError } from 'graphql';
import type { Json } from '../connector.js';
import { UnreadableAnswer } from '../outgoing-json.js';
import type { Service } from '../service.js';
import type { KeyField } from './entity-keys.js';
import type { EntitiesField } from './prepared.js';

export type JsonObject = { [key: string]: Json };

/** A GraphQL answer of a service, its shape checked and its words not yet. */
export interface RawAnswer {
  readonly data: JsonObject | null;
  readonly errors: readonly Json[];
}

/** A service's answer to a question about entities, and how large it came. */
export interface SizedAnswer extends RawAnswer {
  readonly bytes: number;
}

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
 * Whether an entity is the one asked for (T-34): it must carry the key it was asked by. What was selected for this
 * check alone is taken out.
 */
export function isTheOneAskedFor(entity: JsonObject, asked: Json, { checks, added }: EntitiesField): boolean {
  const key = asObject(asked);
  const isRight = checks.every(({ type, field, responseKey }) => {
    const wanted = key?.[field.name];
    if (wanted === undefined) return true;
    const given = entity[responseKey];
    // Of another type, such as an interface the entity is of: not all of them need to be there.
    if (given === undefined && key?.__typename !== type) return true;
    return isSame(given, wanted, field);
  });
  for (const responseKey of added) Reflect.deleteProperty(entity, responseKey);
  return isRight;
}

function isSame(given: Json | undefined, wanted: Json | undefined, { inside }: KeyField): boolean {
  if (inside.length === 0) return given !== undefined && String(given) === String(wanted);
  const [found, asked] = [asObject(given), asObject(wanted)];
  if (!found || !asked) return found === asked;
  return inside.every(
    (field) => asked[field.name] === undefined || isSame(found[field.name], asked[field.name], field),
  );
}

/** What is wrong with an answer: its place, if it has one, and in whose words it can be told. */
export interface Fault {
  readonly path: readonly (string | number)[] | null;
  readonly code: Json | undefined;
}

/** An error of a service, without its words. */
export function readFault(error: Json): Fault {
  const found = asObject(error);
  const path = found?.path;
  const parts = Array.isArray(path) ? path.filter((part) => typeof part === 'string' || typeof part === 'number') : [];
  return {
    path: Array.isArray(path) && parts.length === path.length ? parts : null,
    code: asObject(found?.extensions)?.code,
  };
}

/** A fault as callers are told of it. */
export function toldFault(
  { path, code }: Fault,
  { name, title }: Pick<Service, 'name' | 'title'>,
  at: Fault['path'] = path,
): GraphQLError {
  const place = at ? { path: at } : {};
  if (code === 'BAD_USER_INPUT') {
    return new GraphQLError(`${title} does not accept an argument of this field: see what the schema says of them.`, {
      extensions: { code, service: name },
      ...place,
    });
  }
  return new GraphQLError(`${title} could not answer this part.`, {
    extensions: { code: 'SERVICE_UNAVAILABLE', service: name, failure: 'SERVICE_ANSWER_INVALID' },
    ...place,
  });
}

export function asObject(value: Json | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}
