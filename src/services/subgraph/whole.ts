import type { ExecutionResult } from 'graphql';
import type { Json } from '../connector.js';
import { UnreadableAnswer } from '../outgoing-json.js';
import type { Service } from '../service.js';
import { asObject, isTheOneAskedFor, type RawAnswer, readFault, toldFault } from './answers.js';
import type { PreparedQuestion } from './prepared.js';

/**
 * The answer to a question that was asked alone, as the graph may have it: the service's own words replaced, and an
 * entity that is not the one asked for withheld (T-34). Throws `UnreadableAnswer` where that cannot be told.
 */
export function releasedWhole(
  { data, errors }: RawAnswer,
  { entities }: PreparedQuestion,
  variables: Readonly<Record<string, unknown>>,
  service: Pick<Service, 'name' | 'title'>,
  onSwapped: (representation: Json) => void,
): ExecutionResult {
  const told = errors.map((error) => toldFault(readFault(error), service));
  for (const field of entities) {
    const found = data?.[field.key];
    const asked = variables[field.variable];
    if (found === null || found === undefined || !Array.isArray(asked)) continue;
    if (!Array.isArray(found) || found.length !== asked.length) {
      throw new UnreadableAnswer('it has more or fewer entities than were asked for');
    }
    for (const [index, representation] of (asked as Json[]).entries()) {
      const entity = asObject(found[index]);
      if (!entity || isTheOneAskedFor(entity, representation, field)) continue;
      found[index] = null;
      onSwapped(representation);
      told.push(toldFault({ path: [field.key, index], code: undefined }, service));
    }
  }
  return { data, ...(told.length > 0 ? { errors: told } : {}) };
}
