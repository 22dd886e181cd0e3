import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

/** One part of the graph, by name. */
export interface Subgraph {
  readonly name: string;
  readonly sdl: string;
}

/** The parts do not fit together. Each problem names the part and what is wrong with it. */
export class CompositionError extends Error {
  override readonly name = 'CompositionError';
  constructor(readonly problems: readonly string[]) {
    super(`The services’ graphs do not fit together:\n${problems.join('\n')}`);
  }
}

/** One graph out of many: supergraph SDL. Throws `CompositionError`. */
export function compose(subgraphs: readonly Subgraph[]): string {
  const result = composeServices(
    subgraphs.map(({ name, sdl }) => ({ name, url: `habeas://${name}`, typeDefs: parse(sdl) })),
  );
  if (result.supergraphSdl === undefined) {
    throw new CompositionError((result.errors ?? []).map((error) => error.message));
  }
  return result.supergraphSdl;
}
