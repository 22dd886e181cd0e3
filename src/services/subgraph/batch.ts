import { type ExecutionResult, GraphQLError } from 'graphql';
import { ServiceError } from '../../errors.js';
import type { Json } from '../connector.js';
import { copyOf, UnreadableAnswer } from '../outgoing-json.js';
import type { Service } from '../service.js';
import {
  asObject,
  type Fault,
  isTheOneAskedFor,
  type JsonObject,
  type RawAnswer,
  readFault,
  toldFault,
} from './answers.js';
import type { EntitiesField, PreparedQuestion } from './prepared.js';

/** Representations in one call at most. */
export const MOST_REPRESENTATIONS = 200;

/** What became of one representation, whoever asked for it. */
interface Slot {
  readonly representation: Json;
  readonly text: string;
  entity: Json;
  /** Whether somebody has been given the entity already; the next gets a copy. */
  isTaken: boolean;
  faults: readonly Fault[];
  call: Call | null;
}

/** One `_entities` field for all who asked: each representation once, and where each of them finds theirs. */
interface Gathered {
  readonly field: EntitiesField;
  readonly slots: readonly Slot[];
  /** For each who asked, slots in the order of their representations. */
  readonly places: readonly (readonly Slot[])[];
}

/** One HTTP call, once it has ended. */
interface Call {
  readonly hasData: boolean;
  /** Faults of no entity in particular. */
  readonly faults: readonly Fault[];
  readonly error: unknown;
}

/** Some of the slots of each field: what one call asks for. */
type Portion = readonly (readonly Slot[])[];

export interface BatchOptions {
  readonly service: Pick<Service, 'name' | 'title'>;
  /** Makes one call, and turns what is wrong with its answer into an error of the service. */
  send<Read>(body: string, read: (answer: RawAnswer) => Read): Promise<Read>;
  /** Whether a portion that failed so may be asked for once more, in so many calls; resolves when it may. */
  mayRetry(error: unknown, calls: number): Promise<boolean>;
  /** An entity came that is not the one asked for. */
  onSwapped(representation: Json): void;
}

/**
 * Asks one question for all who ask it at the moment, in as few calls as there can be, and gives to each what is
 * theirs, in objects that nobody else has. Where a call fails, so do those alone who asked for something in it.
 * @param others the values of all variables but the representations, as JSON members: `"first":5,`
 */
export async function askTogether(
  question: PreparedQuestion,
  others: string,
  asked: readonly Readonly<Record<string, unknown>>[],
  options: BatchOptions,
): Promise<(ExecutionResult | Error)[]> {
  const gathered = question.entities.map((field) => gather(field, asked));
  const send = (portion: Portion) =>
    options.send(bodyOf(question, others, portion), (answer) => fill(portion, gathered, answer, options));
  await Promise.all(portionsOf(gathered).map((portion) => ask(portion, send, options)));
  return asked.map((_variables, caller) => answerFor(caller, gathered, options.service));
}

function gather(field: EntitiesField, asked: readonly Readonly<Record<string, unknown>>[]): Gathered {
  const slots = new Map<string, Slot>();
  const places = asked.map((variables) => {
    const representations = variables[field.variable];
    return (Array.isArray(representations) ? (representations as Json[]) : []).map((representation) => {
      const text = JSON.stringify(representation);
      let slot = slots.get(text);
      if (!slot) {
        slot = { representation, text, entity: null, isTaken: false, faults: [], call: null };
        slots.set(text, slot);
      }
      return slot;
    });
  });
  return { field, slots: [...slots.values()], places };
}

/** A field with nothing to ask goes along as an empty list. */
function portionsOf(gathered: readonly Gathered[]): Portion[] {
  const most = Math.max(1, Math.floor(MOST_REPRESENTATIONS / gathered.length));
  const calls = Math.max(...gathered.map(({ slots }) => Math.ceil(slots.length / most)));
  return Array.from({ length: calls }, (_, n) => gathered.map(({ slots }) => slots.slice(n * most, (n + 1) * most)));
}

async function ask(
  portion: Portion,
  send: (portion: Portion) => Promise<void>,
  { mayRetry }: BatchOptions,
): Promise<void> {
  const attempt = async (part: Portion): Promise<unknown> => {
    try {
      await send(part);
      return null;
    } catch (error) {
      for (const slot of part.flat()) slot.call = { hasData: false, faults: [], error };
      return error;
    }
  };
  const error = await attempt(portion);
  if (error === null) return;
  const halves = halvesOf(portion);
  if (await mayRetry(error, halves.length)) await Promise.all(halves.map(attempt));
}

/** So that half of it is had where the other half is what breaks the service. */
function halvesOf(portion: Portion): Portion[] {
  if (portion.flat().length < 2) return [portion];
  const [first, second] = [0, 1].map((half) =>
    portion.map((slots) => {
      const middle = Math.ceil(slots.length / 2);
      return half === 0 ? slots.slice(0, middle) : slots.slice(middle);
    }),
  );
  return [first ?? [], second ?? []].filter((half) => half.flat().length > 0);
}

function bodyOf({ head, entities }: PreparedQuestion, others: string, portion: Portion): string {
  const lists = entities.map(
    ({ variable }, index) => `${JSON.stringify(variable)}:[${(portion[index] ?? []).map(({ text }) => text).join()}]`,
  );
  return `${head}{${others}${lists.join()}}}`;
}

/** Lays out what came where it belongs. Throws `UnreadableAnswer` where that cannot be told. */
function fill(
  portion: Portion,
  gathered: readonly Gathered[],
  { data, errors }: RawAnswer,
  { onSwapped }: BatchOptions,
): void {
  const faults = errors.map(readFault);
  const ofEntities = new Map<Slot, Fault[]>();
  const ofNone = faults.filter((fault) => {
    const index = gathered.findIndex(({ field }) => field.key === fault.path?.[0]);
    const [, at] = fault.path ?? [];
    const slot = typeof at === 'number' ? portion[index]?.[at] : undefined;
    if (slot) ofEntities.set(slot, [...(ofEntities.get(slot) ?? []), fault]);
    return !slot;
  });
  const call: Call = { hasData: data !== null, faults: ofNone, error: null };
  for (const [index, { field }] of gathered.entries()) {
    const slots = portion[index] ?? [];
    const found = entitiesIn(data, field, slots.length);
    for (const [at, slot] of slots.entries()) {
      const entity = asObject(found?.[at]);
      const isRight = !entity || isTheOneAskedFor(entity, slot.representation, field);
      if (!isRight) onSwapped(slot.representation);
      slot.call = call;
      slot.entity = isRight ? entity : null;
      const swapped: Fault[] = isRight ? [] : [{ path: [field.key, at], code: undefined }];
      slot.faults = [...(ofEntities.get(slot) ?? []), ...swapped];
    }
  }
}

function entitiesIn(data: JsonObject | null, { key }: EntitiesField, count: number): readonly Json[] | null {
  const found = data?.[key] ?? null;
  if (found === null) return null;
  if (!Array.isArray(found) || found.length !== count) {
    throw new UnreadableAnswer('it has more or fewer entities than were asked for');
  }
  return found;
}

function answerFor(caller: number, gathered: readonly Gathered[], service: BatchOptions['service']) {
  const own = gathered.map(({ places }) => places[caller] ?? []);
  const calls = new Set(own.flat().flatMap(({ call }) => call ?? []));
  const failures = [...calls].flatMap(({ error }) => (error === null ? [] : [error]));
  const [failure] = failures;
  if (failure !== undefined && failures.length === calls.size) return failure as Error;
  const data: JsonObject = {};
  const errors: GraphQLError[] = [...calls].flatMap(({ faults }) => faults.map((fault) => toldFault(fault, service)));
  for (const [index, { field }] of gathered.entries()) {
    data[field.key] = (own[index] ?? []).map((slot, at) => {
      const error = slot.call?.error ?? null;
      if (error !== null) errors.push(toldError(error, service, [field.key, at]));
      for (const fault of slot.faults) {
        errors.push(toldFault(fault, service, [field.key, at, ...(fault.path ?? []).slice(2)]));
      }
      return taken(slot);
    });
  }
  const hasData = calls.size === 0 || [...calls].some((call) => call.hasData);
  return { data: hasData ? data : null, ...(errors.length > 0 ? { errors } : {}) };
}

function toldError(error: unknown, service: BatchOptions['service'], path: readonly (string | number)[]): GraphQLError {
  if (!(error instanceof ServiceError)) return toldFault({ path, code: undefined }, service);
  return new GraphQLError(error.message, { path, extensions: error.extensions, originalError: error });
}

function taken(slot: Slot): Json {
  if (slot.isTaken) return copyOf(slot.entity);
  slot.isTaken = true;
  return slot.entity;
}
