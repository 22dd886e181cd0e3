import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Config, ConfigError } from '../config.js';
import { loadKeys } from '../crypto/keys.js';
import { ServiceError } from '../errors.js';
import { missingFromAbout } from '../exports/package/about.js';
import { buildCoreSchema } from '../graph/core-schema.js';
import { CompositionError, compose } from '../graph/supergraph.js';
import { signedCredentials } from '../services/credentials.js';
import { parseManifest, readManifests } from '../services/manifest.js';
import { checkPostgres, type Mend } from '../services/postgres/check.js';
import { openRegistry, type Registry } from '../services/registry.js';
import type { Service } from '../services/service.js';
import { planRecords } from '../services/subgraph/record-queries.js';
import { readSchema } from '../services/subgraph/schema.js';
import { taxonomy } from '../services/taxonomy.js';

/**
 * Holds manifests against the live services and prints one line per mend, `!` for what must be mended and `-` for what
 * could be better. Answers how many must be: 0 where all is well. Throws `ManifestError` for a file that cannot be read.
 */
export async function checkServices(
  config: Config,
  files: readonly string[],
  print: (line: string) => void,
): Promise<number> {
  const { services, notes, known } = await readAll(config, files);
  const keys = await loadKeys(config.keysFile, { create: config.environment !== 'production' });
  const credentials = signedCredentials(keys.signing, config.publicUrl ?? `http://${config.host}:${config.port}`);
  const registry = openRegistry({ services, taxonomy: known }, credentials);
  let needed = 0;
  const tell = (name: string, mends: readonly Mend[]) => {
    const lines = mends.map((mend) => `  ${mend.needed ? '!' : '-'} ${mend.text}`);
    const must = mends.filter((mend) => mend.needed).length;
    const better = mends.length > must ? `, ${mends.length - must} could be better` : '';
    print([`${name}: ${must === 0 ? 'ready' : `${must} to mend`}${better}`, ...lines].join('\n'));
    needed += must;
  };
  try {
    for (const service of services)
      tell(service.name, [...explainable(config, service), ...(await checkLive(registry, service))]);
    tell('graph', [...(await checkComposition(registry, services)), ...notes.map((text) => ({ needed: false, text }))]);
  } finally {
    await registry.close();
  }
  return needed;
}

async function readAll(config: Config, files: readonly string[]) {
  if (files.length > 0) {
    const missing = files.filter((file) => !statSync(file, { throwIfNoEntry: false })?.isFile());
    if (missing.length > 0) throw new ConfigError(`There is no file ${missing.join(', ')}.`);
    const services = files.map((file) => parseManifest(readFileSync(file, 'utf8'), path.resolve(file), process.env));
    return { services, notes: [], known: taxonomy };
  }
  if (!config.servicesDirectory) {
    throw new ConfigError('Name the manifests to check, or set HABEAS_SERVICES to the folder they are in.');
  }
  const { services, notes, taxonomy: known } = await readManifests(config.servicesDirectory, process.env);
  return { services, notes, known };
}

/** What a person could not be told about the service (Article 15(1)). */
function explainable(config: Config, service: Service): Mend[] {
  const missing = missingFromAbout({ controller: config.controller, dps: config.dps, services: [service] });
  return missing.map((text) => ({ needed: true, text }));
}

async function checkLive(registry: Registry, service: Service): Promise<readonly Mend[]> {
  if (service.kind === 'POSTGRES') return checkPostgres(service);
  const health = await registry.health(service);
  const unwell: Mend[] = health.healthy ? [] : [{ needed: true, text: health.reason }];
  const hasSdl = service.connection.kind === 'subgraph' && (health.healthy || service.connection.sdlFile !== null);
  return hasSdl ? [...unwell, ...(await checkSubgraph(registry, service))] : unwell;
}

/** What an export of a subgraph cannot reach by itself. */
async function checkSubgraph(registry: Registry, service: Service): Promise<readonly Mend[]> {
  try {
    const plan = planRecords(readSchema(await registry.connector(service.name).sdl()));
    if (!plan) {
      return [{ needed: true, text: 'has no type Account @key(fields: "id"): nothing of it would be exported.' }];
    }
    return plan.leftOut.map(({ field, reason }) => ({ needed: false, text: `${field}: is not exported: ${reason}` }));
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return [{ needed: true, text: error.message }];
  }
}

async function checkComposition(registry: Registry, services: readonly Service[]): Promise<Mend[]> {
  const core = await buildCoreSchema();
  const parts = await Promise.allSettled(
    services.map(async ({ name }) => ({ name, sdl: await registry.connector(name).sdl() })),
  );
  const known = parts.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
  try {
    compose([{ name: 'habeas', sdl: core.sdl }, ...known]);
    return [];
  } catch (error) {
    if (!(error instanceof CompositionError)) throw error;
    return error.problems.map((text) => ({ needed: true, text }));
  }
}
