import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../config.js';
import { loadKeys } from '../crypto/keys.js';
import { projectRoot } from '../database/project-root.js';
import { ServiceError } from '../errors.js';
import { buildCoreSchema } from '../graph/core-schema.js';
import { composedOf } from '../graph/graph.js';
import type { Composed } from '../graph/plan/operation.js';
import { composeFitting, OWN_PART, type Subgraph } from '../graph/supergraph.js';
import { signedCredentials } from '../services/credentials.js';
import { generateSubgraph } from '../services/generated-subgraph.js';
import { type Manifests, readManifests } from '../services/manifest.js';
import { graphqlTypeOf } from '../services/postgres/types.js';
import { openRegistry, type Registry } from '../services/registry.js';
import type { Service } from '../services/service.js';
import { nullableFields } from '../services/subgraph/nullable-fields.js';

/** The graph as it follows from the manifests, without a service that runs. */
export interface ManifestGraph {
  readonly composed: Composed;
  readonly registry: Registry;
  /** What is missing from it and why, one line each. */
  readonly notes: readonly string[];
}

/**
 * Composes the graph of the configured services, or of the demo company. A subgraph that tells its SDL only while it
 * runs is asked for it; one that does not answer is left out. The caller closes the registry.
 */
export async function openManifestGraph(config: Config): Promise<ManifestGraph> {
  const { manifests, sdls } = await knownServices(config);
  const credentials = {
    token: async (...asked: Parameters<ReturnType<typeof signedCredentials>['token']>) => {
      const keys = await loadKeys(config.keysFile, { create: config.environment !== 'production' });
      const publicUrl = config.publicUrl ?? `http://${config.host}:${config.port}`;
      return signedCredentials(keys.signing, publicUrl).token(...asked);
    },
  };
  const { unclassified } = config;
  const registry = openRegistry(manifests, credentials, { unclassified });
  const core = await buildCoreSchema();
  const own = { name: OWN_PART, sdl: core.subgraphSdl };
  const notes: string[] = [];
  const parts: Subgraph[] = [];
  for (const service of manifests.services) {
    try {
      parts.push({ name: service.name, sdl: await sdlOf(service, sdls, registry) });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      notes.push(`${service.name} is left out: ${error.message}`);
    }
  }
  const { parts: fitting, supergraphSdl, unfit } = composeFitting([own, ...parts], [own]);
  for (const [name, problems] of unfit) {
    notes.push(`${name} is left out: ${problems.map(({ text }) => text).join(' ')}`);
  }
  const services = fitting.filter(({ name }) => name !== OWN_PART);
  const composed = composedOf({ registry, core, own, services, supergraphSdl, unclassified });
  return { composed, registry, notes };
}

/** A database is not asked for its columns: they decide of values alone, not of what may be asked. */
async function sdlOf(service: Service, sdls: Readonly<Record<string, string>>, registry: Registry): Promise<string> {
  const known = sdls[service.name];
  if (known !== undefined) return nullableFields(known);
  if (service.kind !== 'POSTGRES') return registry.connector(service.name).sdl();
  const nothing = { read: () => Promise.reject(new Error('nothing is read to explain')) };
  return generateSubgraph(service, (_dataset, _collection, field) => graphqlTypeOf(field, null), nothing).sdl;
}

interface Known {
  readonly manifests: Manifests;
  /** SDLs known without asking, by service. */
  readonly sdls: Readonly<Record<string, string>>;
}

async function knownServices({ servicesDirectory }: Config): Promise<Known> {
  if (servicesDirectory) return { manifests: await readManifests(servicesDirectory, process.env), sdls: {} };
  const file = new URL('dist/examples/not-started.js', projectRoot());
  if (!existsSync(file)) {
    throw new Error(
      'HABEAS_SERVICES: set it to a folder of service manifests (the demo company is not installed here).',
    );
  }
  const { NOWHERE, SDLS } = (await import(file.href)) as {
    NOWHERE: Readonly<Record<string, string>>;
    SDLS: Readonly<Record<string, string>>;
  };
  const folder = path.join(fileURLToPath(projectRoot()), 'examples/manifests');
  return { manifests: await readManifests(folder, { ...process.env, ...NOWHERE }), sdls: SDLS };
}
