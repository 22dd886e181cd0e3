import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import type { ExecutionRequest } from '@graphql-tools/utils';
import { composeServices } from '@theguild/federation-composition';
import { buildSchema, type ExecutionResult, parse, print } from 'graphql';

/** A company's own router over subgraphs that are asked over HTTP: composed of what they tell, planned by Hive's planner. */
export interface CompanyRouter {
  readonly supergraphSdl: string;
  /** What the subgraphs said in `extensions` comes in the order they answered. */
  ask(query: string, headers: Readonly<Record<string, string>>): Promise<RouterAnswer>;
}

export interface RouterAnswer extends ExecutionResult {
  readonly told: readonly unknown[];
}

/** @param headers to read the SDLs with. */
export async function companyRouter(
  subgraphs: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): Promise<CompanyRouter> {
  const parts = await Promise.all(
    Object.entries(subgraphs).map(async ([name, url]) => {
      const { data, errors } = await post(url, { query: '{ _service { sdl } }' }, headers);
      if (!data) throw new Error(`${name} does not tell its SDL: ${JSON.stringify(errors)}`);
      const { sdl } = data._service as { sdl: string };
      return { name, url, typeDefs: parse(sdl) };
    }),
  );
  const { supergraphSdl, errors } = composeServices(parts);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'));
  const { executor } = await unifiedGraphHandler({
    unifiedGraph: buildSchema(supergraphSdl, { assumeValid: true, assumeValidSDL: true }),
    getUnifiedGraphSDL: () => supergraphSdl,
    onSubgraphExecute: async (name: string, { document, variables, context }: ExecutionRequest) => {
      const { sent, told } = context as Asking;
      const url = subgraphs[name.toLowerCase()] ?? '';
      const { extensions, ...result } = await post(url, { query: print(document), variables }, sent);
      if (extensions) told.push(extensions);
      return result;
    },
  });
  if (!executor) throw new Error('the planner made no executor');
  return {
    supergraphSdl,
    ask: async (query, sent) => {
      const told: unknown[] = [];
      const result = (await executor({ document: parse(query), context: { sent, told } })) as ExecutionResult;
      return { ...(JSON.parse(JSON.stringify(result)) as ExecutionResult), told };
    },
  };
}

interface Asking {
  readonly sent: Readonly<Record<string, string>>;
  readonly told: unknown[];
}

async function post(url: string, body: unknown, headers: Readonly<Record<string, string>>): Promise<ExecutionResult> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return (await answer.json()) as ExecutionResult;
}
