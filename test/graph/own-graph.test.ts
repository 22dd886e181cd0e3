import { type ExecutionResult, getOperationAST, parse } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { ANONYMOUS } from '../../src/gate/caller.js';
import { buildCoreSchema } from '../../src/graph/core-schema.js';
import type { Graph } from '../../src/graph/graph.js';
import { buildOwnGraph } from '../../src/graph/own-graph.js';
import { openRegistry } from '../../src/services/registry.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import type { World } from '../../src/world.js';
import { plainCredentials } from '../support/services/credentials.js';

let graph: Graph;
beforeAll(async () => {
  const registry = openRegistry({ services: [], taxonomy }, plainCredentials);
  graph = buildOwnGraph(registry, await buildCoreSchema(), 'refuse');
});

/** Asked by a stranger. */
async function ask(query: string, environment: 'development' | 'production'): Promise<ExecutionResult> {
  const document = parse(query);
  const operation = getOperationAST(document);
  if (!operation) throw new Error('the question has no operation');
  const context = { world: { config: { environment } } as World, caller: ANONYMOUS };
  graph.check(document, operation, context);
  return (await graph.execute({ document, operation, context })) as ExecutionResult;
}

describe('the SDL of Habeas’ own part', () => {
  it('is shown to a stranger outside production only, as the schema is', async () => {
    const shown = await ask('{ _service { sdl } }', 'development');
    expect(shown).toMatchObject({ data: { _service: { sdl: expect.stringContaining('type Account @key') } } });
    const hidden = await ask('{ _service { sdl } }', 'production');
    expect(hidden.data).toBeNull();
    expect(hidden.errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
    await expect(ask('{ __schema { types { name } } }', 'production')).rejects.toThrow(/Say who is calling/);
  });
});
