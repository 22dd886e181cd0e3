import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { type Config, ConfigError } from '../config.js';
import { loadKeys } from '../crypto/keys.js';
import { ServiceError } from '../errors.js';
import { missingFromAbout } from '../exports/package/about.js';
import { buildCoreSchema } from '../graph/core-schema.js';
import { ownNamesTaken } from '../graph/own-part.js';
import { CompositionError, compose, OWN_PART } from '../graph/supergraph.js';
import { signedCredentials } from '../services/credentials.js';
import { parseManifest, readManifests } from '../services/manifest.js';
import type { Mend } from '../services/mend.js';
import { checkPostgres } from '../services/postgres/check.js';
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
  const registry = openRegistry({ services, taxonomy: known }, credentials, {
    unclassified: config.unclassified,
  });
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
      tell(service.name, [...explainable(config, service), ...(await checkLive(config, registry, service))]);
    tell('graph', [
      ...(await checkComposition(config, registry, services)),
      ...notes.map((text) => ({ needed: false, text })),
    ]);
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

async function checkLive(config: Config, registry: Registry, service: Service): Promise<readonly Mend[]> {
  if (service.kind === 'POSTGRES') return checkPostgres(service);
  const health = await registry.health(service);
  const unwell: Mend[] = health.healthy ? [] : [{ needed: true, text: health.reason }];
  const { connection } = service;
  if (connection.kind !== 'subgraph') return unwell;
  const hasSdl = health.healthy || connection.sdlFile !== null || connection.sdlUrl !== undefined;
  return hasSdl ? [...unwell, ...(await checkSubgraph(config, registry, service))] : unwell;
}

/** What an export of a subgraph cannot reach by itself. */
async function checkSubgraph(config: Config, registry: Registry, service: Service): Promise<readonly Mend[]> {
  try {
    const plan = planRecords(readSchema(await registry.connector(service.name).sdl()));
    if (!plan) {
      const needed = config.unclassified === 'refuse';
      return [{ needed, text: 'has no type Account @key(fields: "id"): nothing of it would be exported.' }];
    }
    const { connection } = service;
    const erases = connection.kind === 'subgraph' && connection.eraseUrl !== undefined;
    const noWay = { needed: false, text: 'nobody can be erased: name its endpoint in connection.subgraph.erase_url.' };
    const leftOut = plan.leftOut.map(({ field, reason }) => ({
      needed: false,
      text: `${field}: is not exported: ${reason}`,
    }));
    return erases ? leftOut : [...leftOut, noWay];
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return [{ needed: true, text: error.message }];
  }
}

async function checkComposition(config: Config, registry: Registry, services: readonly Service[]): Promise<Mend[]> {
  const own = { name: OWN_PART, sdl: (await buildCoreSchema()).sdl };
  const parts = await Promise.allSettled(
    services.map(async ({ name }) => ({ name, sdl: await registry.connector(name).sdl() })),
  );
  const known = parts.flatMap((part) => (part.status === 'fulfilled' ? [part.value] : []));
  const taken = config.unclassified === 'allow' ? ownNamesTaken(own, known) : [];
  const leftOut = `Habeas' own part is left out of the graph: services use its names ${taken.join(', ')}.`;
  try {
    compose(taken.length > 0 ? known : [own, ...known]);
    return taken.length > 0 ? [{ needed: false, text: leftOut }] : [];
  } catch (error) {
    if (!(error instanceof CompositionError)) throw error;
    return error.problems.map(({ text }) => ({ needed: true, text }));
  }
}
