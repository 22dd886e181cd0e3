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
  readFault,
  type SizedAnswer,
  toldFault,
} from './answers.js';
import type { EntitiesField, PreparedQuestion } from './prepared.js';

/** Representations in one call at most. */
export const MOST_REPRESENTATIONS = 200;

/**
 * Bytes an answer should not exceed: what a socket gives in one piece. V8 keeps larger strings apart from the rest of
 * its memory, which makes reading them several times as dear. Only what different people ask is parted for it; one
 * question alone never is.
 */
const EASILY_READ = 50_000;

/** How large one entity of a question comes, as told by its last answer. */
const sizes = new WeakMap<PreparedQuestion, number>();

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
  send<Read>(body: string, read: (answer: SizedAnswer) => Read): Promise<Read>;
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
  const { gathered, portions } = gather(question, asked);
  const send = (portion: Portion) =>
    options.send(bodyOf(question, others, portion), (answer) => {
      sizes.set(question, Math.ceil(answer.bytes / portion.flat().length));
      fill(portion, gathered, answer, options);
    });
  await Promise.all(portions.map((portion) => ask(portion, send, options)));
  return asked.map((_variables, caller) => answerFor(caller, gathered, options.service));
}

/** Goes through who asks, one after the other, and begins another call where one is full. */
function gather(
  question: PreparedQuestion,
  asked: readonly Readonly<Record<string, unknown>>[],
): { gathered: Gathered[]; portions: Portion[] } {
  const { entities } = question;
  const easily = Math.floor(EASILY_READ / (sizes.get(question) ?? 1));
  const known = entities.map(() => new Map<string, Slot>());
  const places: Slot[][][] = entities.map(() => []);
  const portions: Slot[][][] = [];
  let portion: Slot[][] = [];
  let size = 0;
  const begin = () => {
    portion = entities.map(() => []);
    portions.push(portion);
    size = 0;
  };
  for (const variables of asked) {
    const fresh: [field: number, slot: Slot][] = [];
    for (const [field, { variable }] of entities.entries()) {
      const representations = variables[variable];
      const own: Slot[] = [];
      for (const representation of Array.isArray(representations) ? (representations as Json[]) : []) {
        const text = JSON.stringify(representation);
        let slot = known[field]?.get(text);
        if (!slot) {
          slot = { representation, text, entity: null, isTaken: false, faults: NONE, call: null };
          known[field]?.set(text, slot);
          fresh.push([field, slot]);
        }
        own.push(slot);
      }
      places[field]?.push(own);
    }
    if (portions.length === 0 || (size > 0 && size + fresh.length > Math.min(easily, MOST_REPRESENTATIONS))) begin();
    for (const [field, slot] of fresh) {
      if (size === MOST_REPRESENTATIONS) begin();
      portion[field]?.push(slot);
      size += 1;
    }
  }
  const gathered = entities.map((field, index) => ({ field, places: places[index] ?? [] }));
  return { gathered, portions: portions.filter((each) => each.some((slots) => slots.length > 0)) };
}

const NONE: readonly Fault[] = [];

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
  { data, errors }: SizedAnswer,
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
      slot.faults = ofEntities.get(slot) ?? NONE;
      if (!isRight) slot.faults = [...slot.faults, { path: [field.key, at], code: undefined }];
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

function answerFor(
  caller: number,
  gathered: readonly Gathered[],
  service: BatchOptions['service'],
): ExecutionResult | Error {
  const calls: Call[] = [];
  const errors: GraphQLError[] = [];
  const data: JsonObject = {};
  for (const { field, places } of gathered) {
    const slots = places[caller] ?? [];
    data[field.key] = slots.map((slot, at) => {
      const { call } = slot;
      if (call && !calls.includes(call)) {
        calls.push(call);
        for (const fault of call.faults) errors.push(toldFault(fault, service));
      }
      if (call && call.error !== null) errors.push(toldError(call.error, service, [field.key, at]));
      for (const fault of slot.faults) {
        errors.push(toldFault(fault, service, [field.key, at, ...(fault.path ?? []).slice(2)]));
      }
      return taken(slot);
    });
  }
  const failed = calls.length > 0 && calls.every(({ error }) => error !== null);
  if (failed) return calls[0]?.error as Error;
  const hasData = calls.length === 0 || calls.some((call) => call.hasData);
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
