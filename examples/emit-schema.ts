import 'reflect-metadata';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { unifiedGraphHandler } from '@graphql-hive/router-runtime';
import { buildSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { projectRoot } from '../src/database/project-root.js';
import { buildCoreSchema } from '../src/graph/core-schema.js';
import { finishPublicSchema } from '../src/graph/public-schema.js';
import { compose, type Subgraph } from '../src/graph/supergraph.js';
import { generateSubgraph, type ScalarNames } from '../src/services/generated-subgraph.js';
import { loadManifests } from '../src/services/manifest.js';
import { graphqlTypeOf } from '../src/services/postgres/types.js';
import type { Service } from '../src/services/service.js';
import { nullableFields } from '../src/services/subgraph/nullable-fields.js';
import { NOWHERE, SDLS } from './not-started.js';

/** The company's databases number everything so. */
const NUMBERED_BY = { name: 'int8', sql: 'bigint', array: false };

/**
 * Writes the graph of Habeas with the demo company into `folder`: `core.graphql` (Habeas' own part), `api.graphql`
 * (what callers see) and `supergraph.graphql` (what the planner reads). Needs nothing running.
 */
export async function emitSchema(folder: string): Promise<void> {
  const root = fileURLToPath(projectRoot());
  const core = await buildCoreSchema();
  const services = await loadManifests(path.join(root, 'examples/manifests'), NOWHERE);
  const supergraph = compose([{ name: 'habeas', sdl: core.subgraphSdl }, ...services.map(partOf)]);
  const { unifiedGraph } = await unifiedGraphHandler({
    unifiedGraph: buildSchema(supergraph, { assumeValid: true, assumeValidSDL: true }),
    getUnifiedGraphSDL: () => supergraph,
    onSubgraphExecute: () => {
      throw new Error('nothing is asked here');
    },
  });
  finishPublicSchema(unifiedGraph, core);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'core.graphql'), core.sdl);
  writeFileSync(path.join(folder, 'supergraph.graphql'), `${supergraph}\n`);
  writeFileSync(path.join(folder, 'api.graphql'), `${printSchema(lexicographicSortSchema(unifiedGraph))}\n`);
}

function partOf(service: Service): Subgraph {
  if (service.kind === 'SUBGRAPH') return { name: service.name, sdl: nullableFields(SDLS[service.name] ?? '') };
  const isDatabase = service.kind === 'POSTGRES';
  const types: ScalarNames = (_dataset, _collection, field) =>
    graphqlTypeOf(field, isDatabase && field.dataType === 'integer' ? NUMBERED_BY : null);
  const unread = () => Promise.reject(new Error('nothing is read here'));
  return { name: service.name, sdl: generateSubgraph(service, types, { read: unread }).sdl };
}

await emitSchema(process.argv[2] ?? fileURLToPath(new URL('schema', projectRoot())));
