import { type ExecutionResult, GraphQLError, type OperationTypeNode } from 'graphql';
import { FREE, type Judgement } from '../../gate/judgement.js';
import { copy, type DataObject, isObject, merge, type Value } from './data.js';
import type { Question } from './question.js';
import { identityOf, representationOf } from './representations.js';
import type { EntityFetch, Fetch, Step } from './steps.js';
import { findTargets, type Target } from './targets.js';
import type { Types } from './types.js';

/** One operation being answered. */
export interface Run {
  readonly types: Types;
  readonly variables: Readonly<Record<string, unknown>>;
  /** The answer so far, as the services gave it. */
  readonly data: DataObject;
  readonly errors: GraphQLError[];
  readonly ask: Ask;
  /** What may be read of these people, read together; null where everybody's everything may. */
  readonly judge: ((accountIds: readonly string[]) => Promise<ReadonlyMap<string, Judgement>>) | null;
}

/** Asks a service. What a service does wrong is in the result; only what is wrong with Habeas is thrown. */
export type Ask = (
  service: string,
  question: Question,
  variables: Readonly<Record<string, unknown>>,
  operation: OperationTypeNode,
) => Promise<ExecutionResult>;

/** Carries out a plan: what the services say is gathered in `run.data`, what went wrong in `run.errors`. */
export async function carryOut(step: Step, run: Run): Promise<void> {
  switch (step.kind) {
    case 'sequence':
      for (const each of step.steps) await carryOut(each, run);
      return;
    case 'parallel':
      await Promise.all(step.steps.map((each) => carryOut(each, run)));
      return;
    case 'root':
      return askRoot(step.fetch, run);
    case 'entities':
      return askEntities(step.fetch, run);
    case 'entity batch':
      return askTogether(step, run);
    case 'condition': {
      const next = run.variables[step.variable] === true ? step.ifTrue : step.ifFalse;
      return next ? carryOut(next, run) : undefined;
    }
    case 'subscription':
      throw new Error('a subscription is not carried out, but followed');
  }
}

async function askRoot(fetch: Fetch, run: Run): Promise<void> {
  const variables = pickVariables(fetch.question, run.variables);
  takeRoot(fetch, await run.ask(fetch.service, fetch.question, variables, fetch.operation), run);
}

/** Takes in what a service answered at the root. */
export function takeRoot(fetch: Fetch, { data, errors }: ExecutionResult, run: Run): void {
  for (const error of errors ?? []) run.errors.push(error.path ? error : relocated(error, fetch.topKeys.slice(0, 1)));
  if (!data) {
    tellOfAll(fetch, errors ?? [], run);
    return;
  }
  const found = data as DataObject;
  for (const rewrite of fetch.rewrites) rewrite(found, run.types);
  merge(run.data, found);
}

/** What went wrong with one part took the others with it: that is why they are missing too. */
function tellOfAll({ topKeys }: Fetch, errors: readonly GraphQLError[], run: Run): void {
  const told = new Set(run.errors.map(({ path }) => path?.[0]));
  const [first] = errors;
  if (first) for (const key of topKeys) if (!told.has(key)) run.errors.push(relocated(first, [key]));
}

/** Things of one kind that a service is asked about in one go. */
interface Asking {
  readonly question: Question;
  readonly representations: readonly DataObject[];
  /** For each representation, the places in the answer it stands for. */
  readonly targets: readonly (readonly Target[])[];
}

async function askEntities(fetch: EntityFetch, run: Run): Promise<void> {
  const askings = await prepare(fetch, run);
  await Promise.all(askings.map((asking) => askAbout(fetch, asking, run)));
}

async function askAbout(fetch: EntityFetch, asking: Asking, run: Run): Promise<void> {
  const { question, representations } = asking;
  const variables = { ...pickVariables(question, run.variables), representations };
  const { data, errors } = await run.ask(fetch.service, question, variables, fetch.operation);
  takeEntities(fetch, asking, data?._entities as Value, run);
  for (const error of errors ?? []) placeError(error, fetch, asking, run);
}

/** One request for several kinds of things; what must be asked in part is asked by itself. */
async function askTogether(step: Extract<Step, { kind: 'entity batch' }>, run: Run): Promise<void> {
  const prepared = await Promise.all(step.fetches.map((fetch) => prepare(fetch, run)));
  const whole = step.fetches.every((fetch, index) => isWhole(fetch, prepared[index] ?? []));
  const filled = prepared.filter((askings) => askings.length > 0).length;
  if (!whole || filled < 2) {
    await Promise.all(
      step.fetches.flatMap((fetch, index) => (prepared[index] ?? []).map((asking) => askAbout(fetch, asking, run))),
    );
    return;
  }
  const variables = pickVariables(step.question, run.variables);
  for (const [index, { variable }] of step.aliases.entries()) {
    variables[variable] = prepared[index]?.[0]?.representations ?? [];
  }
  const [first] = step.fetches;
  if (!first) return;
  const { data, errors } = await run.ask(first.service, step.question, variables, first.operation);
  for (const [index, { key }] of step.aliases.entries()) {
    const fetch = step.fetches[index];
    const asking = prepared[index]?.[0];
    if (!fetch || !asking) continue;
    takeEntities(fetch, asking, data?.[key] as Value, run);
    for (const error of errors ?? []) if (error.path?.[0] === key) placeError(error, fetch, asking, run);
  }
  const keys = new Set(step.aliases.map(({ key }) => key));
  const placed = step.fetches.findIndex((_fetch, index) => (prepared[index]?.length ?? 0) > 0);
  for (const error of errors ?? []) {
    if (keys.has(String(error.path?.[0]))) continue;
    const [fetch, asking] = [step.fetches[placed], prepared[placed]?.[0]];
    if (fetch && asking) placeError(error, fetch, asking, run);
  }
}

const isWhole = (fetch: EntityFetch, askings: readonly Asking[]) =>
  askings.length === 0 || (askings.length === 1 && askings[0]?.question === fetch.question);

/** Finds what is to be asked about, leaves out what may not be, and puts together what is asked alike. */
async function prepare(fetch: EntityFetch, run: Run): Promise<Asking[]> {
  const targets = fetch.paths.flatMap((path) => findTargets(run.data, path, run.types));
  if (targets.length === 0) return [];
  const askings = new Map<string, { question: Question; byIdentity: Map<string, [DataObject, Target[]]> }>();
  const judgements = run.judge ? await run.judge(personsOf(targets)) : null;
  for (const target of targets) {
    const judgement = judgements ? judgementOf(target, judgements, fetch) : FREE;
    const question = judgement && questionFor(fetch, judgement);
    if (!judgement || !question) continue;
    const representation = representationOf(target.object, fetch.requires, run.types);
    if (!representation) continue;
    for (const rewrite of fetch.inputRewrites) rewrite(representation, run.types);
    const asking = askings.get(judgement.mask) ?? { question, byIdentity: new Map() };
    askings.set(judgement.mask, asking);
    const identity = identityOf(representation);
    const known = asking.byIdentity.get(identity);
    if (known) known[1].push(target);
    else asking.byIdentity.set(identity, [representation, [target]]);
  }
  return [...askings.values()].map(({ question, byIdentity }) => ({
    question,
    representations: [...byIdentity.values()].map(([representation]) => representation),
    targets: [...byIdentity.values()].map(([, places]) => places),
  }));
}

const personsOf = (targets: readonly Target[]) => [
  ...new Set(targets.flatMap(({ person }) => (person === null ? [] : [person]))),
];

/** Null where nothing may be asked: nobody is known whose it would be. What belongs to no person is free. */
function judgementOf(
  { person }: Target,
  judgements: ReadonlyMap<string, Judgement>,
  { isPersonal }: EntityFetch,
): Judgement | null {
  if (person === null) return isPersonal ? null : FREE;
  return judgements.get(person) ?? null;
}

function questionFor(fetch: EntityFetch, judgement: Judgement): Question | null {
  if (judgement.isFree) return fetch.question;
  return fetch.without(judgement.mask, (classes) => judgement.reason(classes) !== null);
}

function takeEntities(fetch: EntityFetch, { targets }: Asking, entities: Value, run: Run): void {
  if (!Array.isArray(entities)) return;
  for (const [index, places] of targets.entries()) {
    const entity = entities[index];
    if (!isObject(entity)) continue;
    for (const rewrite of fetch.rewrites) rewrite(entity, run.types);
    for (const [nth, { object }] of places.entries()) merge(object, nth === 0 ? entity : copy(entity));
  }
}

/** An error of one thing is told wherever that thing stands; one of the whole, where all of it would have stood. */
function placeError(error: GraphQLError, fetch: EntityFetch, { targets }: Asking, run: Run): void {
  const [, index, ...rest] = error.path ?? [];
  const places = typeof index === 'number' ? targets[index] : undefined;
  const key = fetch.topKeys.length === 1 ? fetch.topKeys : [];
  if (places) {
    for (const { path } of places) run.errors.push(relocated(error, [...path, ...(rest.length > 0 ? rest : key)]));
    return;
  }
  const all = targets.flat();
  const [only] = all;
  if (only && all.length === 1) run.errors.push(relocated(error, [...only.path, ...key]));
  else run.errors.push(relocated(error, only?.path.filter((part) => typeof part === 'string') ?? []));
}

/** The same error at another place of the answer. */
export function relocated(error: GraphQLError, path: readonly (string | number)[]): GraphQLError {
  return new GraphQLError(error.message, { path, extensions: error.extensions, originalError: error });
}

export function pickVariables(
  { variables }: Question,
  all: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const picked: Record<string, unknown> = {};
  for (const name of variables) if (Object.hasOwn(all, name)) picked[name] = all[name];
  return picked;
}
