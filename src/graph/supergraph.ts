import { composeServices } from '@theguild/federation-composition';
import { Kind, parse } from 'graphql';
import { type CompositionProblem, toProblem } from './composition-problems.js';
import { repairSupergraph } from './composition-repairs.js';
import { isReachableAfterAll } from './reachability.js';

/** One part of the graph, by name. */
export interface Subgraph {
  readonly name: string;
  readonly sdl: string;
}

/** What Habeas' own part is called among them. */
export const OWN_PART = 'habeas';

/** The parts do not fit together. Each problem names service, coordinate and mend, in one line. */
export class CompositionError extends Error {
  override readonly name = 'CompositionError';
  constructor(readonly problems: readonly CompositionProblem[]) {
    super(`The services’ graphs do not fit together:\n${problems.map(({ text }) => text).join('\n')}`);
  }
}

/** One graph out of many: supergraph SDL. Throws `CompositionError`. */
export function compose(subgraphs: readonly Subgraph[]): string {
  const parts = subgraphs.map(({ name, sdl }) => ({
    name,
    url: `habeas://${encodeURIComponent(name)}`,
    typeDefs: parse(sdl),
  }));
  const repaired = (sdl: string) => repairSupergraph(sdl, subgraphs, partNames(sdl));
  const { supergraphSdl, errors = [] } = composeServices(parts);
  if (supergraphSdl !== undefined) return repaired(supergraphSdl);
  const unchecked = composeServices(parts, { disableValidationRules: ['SatisfiabilityRule'] }).supergraphSdl;
  const composed = unchecked === undefined ? undefined : repaired(unchecked);
  if (composed !== undefined && isReachableAfterAll(errors, composed)) return composed;
  const known = subgraphs.map(({ name }) => name);
  throw new CompositionError(errors.map((error) => toProblem(error, known)));
}

/** The parts of a supergraph as plans name them (its enum `join__Graph`), with their own names. */
export function partNames(supergraphSdl: string): ReadonlyMap<string, string> {
  const parts = parse(supergraphSdl).definitions.flatMap((definition) =>
    definition.kind === Kind.ENUM_TYPE_DEFINITION && definition.name.value === 'join__Graph'
      ? (definition.values ?? [])
      : [],
  );
  return new Map(
    parts.map(({ name, directives }) => {
      const join = directives?.find((directive) => directive.name.value === 'join__graph');
      const value = join?.arguments?.find((argument) => argument.name.value === 'name')?.value;
      return [name.value, value?.kind === Kind.STRING ? value.value : name.value];
    }),
  );
}

/** Tells whether a part can be asked about accounts by their id alone (`@key(fields: "id")` that it resolves). */
export function partsKnowingAccounts(supergraphSdl: string): (part: string) => boolean {
  const names = partNames(supergraphSdl);
  const knowing = new Set<string>();
  for (const definition of parse(supergraphSdl).definitions) {
    if (definition.kind !== Kind.OBJECT_TYPE_DEFINITION || definition.name.value !== 'Account') continue;
    for (const { name, arguments: given } of definition.directives ?? []) {
      if (name.value !== 'join__type') continue;
      const value = (argument: string) => given?.find((each) => each.name.value === argument)?.value;
      const [graph, key, resolvable] = [value('graph'), value('key'), value('resolvable')];
      const byId = key?.kind === Kind.STRING && key.value.trim() === 'id';
      const resolves = !(resolvable?.kind === Kind.BOOLEAN && !resolvable.value);
      if (graph?.kind === Kind.ENUM && byId && resolves) knowing.add(names.get(graph.value) ?? graph.value);
    }
  }
  return (part) => knowing.has(names.get(part) ?? part);
}

/** What could be composed, and what could not. */
export interface Fitted {
  readonly parts: readonly Subgraph[];
  readonly supergraphSdl: string;
  /** By service: what keeps its new SDL out of the graph. */
  readonly unfit: ReadonlyMap<string, readonly CompositionProblem[]>;
}

/**
 * Composes as much as fits: all of `wanted`, or else `good` (parts that fit together, perhaps none) with each new or
 * changed part that fits beside them. A part that does not stays as `good` has it. Throws `CompositionError` where not
 * even these compose.
 */
export function composeFitting(wanted: readonly Subgraph[], good: readonly Subgraph[]): Fitted {
  try {
    return { parts: wanted, supergraphSdl: compose(wanted), unfit: new Map() };
  } catch (error) {
    if (!(error instanceof CompositionError)) throw error;
    return fitOneByOne(wanted, good, error);
  }
}

function fitOneByOne(wanted: readonly Subgraph[], good: readonly Subgraph[], all: CompositionError): Fitted {
  const kept = new Map(good.map((part) => [part.name, part]));
  const inOrder = () => wanted.flatMap(({ name }) => kept.get(name) ?? []);
  let pending = wanted.filter(({ name, sdl }) => kept.get(name)?.sdl !== sdl);
  let supergraphSdl: string | null = null;
  const unfit = new Map<string, readonly CompositionProblem[]>();
  for (let more = true; more; ) {
    more = false;
    for (const part of pending) {
      const before = kept.get(part.name);
      kept.set(part.name, part);
      try {
        supergraphSdl = compose(inOrder());
        unfit.delete(part.name);
        more = true;
      } catch (error) {
        if (!(error instanceof CompositionError)) throw error;
        unfit.set(part.name, error.problems);
        if (before) kept.set(part.name, before);
        else kept.delete(part.name);
      }
    }
    pending = pending.filter(({ name }) => unfit.has(name));
  }
  if (good.length === 0 && supergraphSdl === null) throw all;
  return { parts: inOrder(), supergraphSdl: supergraphSdl ?? compose(inOrder()), unfit };
}
