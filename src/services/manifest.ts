import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type Located, toDatasets } from './manifest-datasets.js';
import { didYouMean, ManifestError, type ManifestPath, type ManifestProblem } from './manifest-problems.js';
import { checkReferences } from './manifest-references.js';
import {
  datasetSchema,
  type FidesSystem,
  type FidesTerm,
  type Habeas,
  habeasSchema,
  readPart,
  systemSchema,
  termSchema,
} from './manifest-schema.js';
import { toDeclarations, toService } from './manifest-service.js';
import { ManifestSource, resolvePlaceholders } from './manifest-source.js';
import type { Service } from './service.js';
import { nearest, taxonomy as standardTaxonomy, type Taxonomy, type TermKind } from './taxonomy.js';

export { ManifestError, type ManifestProblem } from './manifest-problems.js';

/** What a directory of manifests says. */
export interface Manifests {
  readonly services: Service[];
  /** Fideslang's keys and the company's own. */
  readonly taxonomy: Taxonomy;
  /** What the reader should know though nothing needs mending, one line each: cycles that were cut. */
  readonly notes: readonly string[];
}

/**
 * Reads every `.yml` and `.yaml` file of a directory, sorted by name. A file without a `habeas:` part is used where a
 * manifest includes it, or for the company's own keys of the taxonomy.
 * Throws `ManifestError` with all that is to be mended in all files.
 */
export async function readManifests(directory: string, environment: NodeJS.ProcessEnv): Promise<Manifests> {
  const files = new ManifestFiles(directory);
  const sources = manifestFiles(directory).flatMap((file) => files.open(path.join(directory, file)) ?? []);
  const taxonomy = extendTaxonomy(sources);
  const manifests = sources.filter((source) => part(source, 'habeas') !== undefined);
  const read = manifests.map((source) => readService(source, files, environment, taxonomy));
  checkDistinct(
    manifests,
    read.map(({ service }) => service),
  );
  for (const source of sources) checkUsed(source, files);
  throwProblems(files);
  return {
    services: read.flatMap(({ service }) => service ?? []),
    taxonomy,
    notes: read.flatMap(({ notes }) => notes),
  };
}

/** The services of a directory of manifests. See `readManifests`. */
export async function loadManifests(directory: string, environment: NodeJS.ProcessEnv): Promise<Service[]> {
  return (await readManifests(directory, environment)).services;
}

/**
 * Reads one manifest. Files it includes are looked for beside `file`.
 * Throws `ManifestError` with all that is to be mended in it.
 */
export function parseManifest(text: string, file: string, environment: NodeJS.ProcessEnv): Service {
  const files = new ManifestFiles(path.dirname(file));
  const source = files.add(file, text);
  const { service } = readService(source, files, environment, extendTaxonomy([source]));
  throwProblems(files);
  if (!service) throw new Error(`${file} gave neither a service nor a problem.`);
  return service;
}

/** The YAML files of one directory, each opened once, named in messages from the directory. */
class ManifestFiles {
  readonly sources = new Map<string, ManifestSource>();
  readonly included = new Set<string>();

  constructor(private readonly directory: string) {}

  add(file: string, text: string): ManifestSource {
    const source = new ManifestSource(text, path.relative(this.directory, file));
    this.sources.set(path.resolve(file), source);
    return source;
  }

  /** Undefined where there is no such file. */
  open(file: string): ManifestSource | undefined {
    const known = this.sources.get(path.resolve(file));
    if (known) return known;
    return existsSync(file) ? this.add(file, readFileSync(file, 'utf8')) : undefined;
  }

  include(file: string): ManifestSource | undefined {
    this.included.add(path.resolve(file));
    return this.open(file);
  }

  get problems(): ManifestProblem[] {
    return [...this.sources.values()].flatMap((source) => source.problems.toSorted((a, b) => a.line - b.line));
  }

  pathOf(source: ManifestSource): string {
    return path.resolve(this.directory, source.file);
  }
}

function manifestFiles(directory: string): string[] {
  if (!existsSync(directory)) {
    throw new ManifestError([
      { file: directory, path: '', line: 1, message: 'there is no such directory: HABEAS_SERVICES must name one.' },
    ]);
  }
  return readdirSync(directory)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort();
}

function throwProblems(files: ManifestFiles): void {
  const { problems } = files;
  if (problems.length > 0) throw new ManifestError(problems);
}

function part(source: ManifestSource, key: string): unknown {
  const { value } = source;
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function readService(
  source: ManifestSource,
  files: ManifestFiles,
  environment: NodeJS.ProcessEnv,
  taxonomy: Taxonomy,
): { service: Service | null; notes: string[] } {
  if (source.problems.some(({ message }) => message.startsWith('not YAML'))) return { service: null, notes: [] };
  const raw = part(source, 'habeas');
  if (raw === undefined) {
    source.report([], 'has no habeas: part, which says how the service is reached.');
    return { service: null, notes: [] };
  }
  const habeas = readPart(habeasSchema, resolvePlaceholders(raw, ['habeas'], environment, source), ['habeas'], source);
  const before = files.problems.length;
  const datasetParts = [
    ...readList(datasetSchema, source, 'dataset'),
    ...includes(habeas?.datasets, 'datasets', source, files).flatMap((file) =>
      readList(datasetSchema, file, 'dataset'),
    ),
  ];
  const complete = files.problems.length === before;
  const systems = [
    ...readList(systemSchema, source, 'system'),
    ...includes(habeas?.systems, 'systems', source, files).flatMap((file) => readList(systemSchema, file, 'system')),
  ];
  const datasets = toDatasets(datasetParts, taxonomy);
  const walked = habeas?.connection.postgres !== undefined;
  if (walked && complete && datasets.length === 0) {
    source.report(['habeas', 'connection', 'postgres'], 'needs a dataset: say under dataset: which tables hold what.');
  }
  const cuts = complete ? checkReferences(datasets, datasetParts, walked) : [];
  const notes = cuts.map((note) => `${source.file}: ${note}`);
  const system = chooseSystem(systems, habeas, source);
  const declarations = system ? toDeclarations(system, taxonomy) : [];
  if (!habeas || !system) return { service: null, notes };
  const located = { part: habeas, source, path: ['habeas'] };
  return { service: toService(located, system, declarations, datasets, files.pathOf(source), environment), notes };
}

function includes(
  names: readonly string[] | undefined,
  key: string,
  source: ManifestSource,
  files: ManifestFiles,
): ManifestSource[] {
  return (names ?? []).flatMap((name, index) => {
    const found = files.include(path.resolve(path.dirname(files.pathOf(source)), name));
    if (!found) source.report(['habeas', key, index], `there is no file "${name}": the path starts at this manifest.`);
    return found ?? [];
  });
}

function readList<Schema extends z.ZodType>(
  schema: Schema,
  source: ManifestSource,
  key: string,
): Located<z.output<Schema>>[] {
  const list = readPart(z.array(z.unknown()).default([]), part(source, key) ?? undefined, [key], source) ?? [];
  return list.flatMap((item, index) => {
    const at: ManifestPath = [key, index];
    const read = readPart(schema, item, at, source);
    return read === undefined ? [] : [{ part: read, source, path: at }];
  });
}

function chooseSystem(
  systems: readonly Located<FidesSystem>[],
  habeas: Habeas | undefined,
  source: ManifestSource,
): Located<FidesSystem> | undefined {
  const keys = systems.map((system) => system.part.fides_key);
  if (habeas?.system !== undefined) {
    const named = systems.find((system) => system.part.fides_key === habeas.system);
    if (!named) {
      const guess = didYouMean(nearest(habeas.system, keys));
      source.report(['habeas', 'system'], `there is no system "${habeas.system}" in this manifest${guess || '.'}`);
    }
    return named;
  }
  if (systems.length > 1) {
    source.report(['habeas'], `there are several systems: set habeas.system to one of ${keys.join(', ')}.`);
  } else if (systems.length === 0 && !source.problems.some(({ path: at }) => at.startsWith('system'))) {
    source.report(['system'], 'is missing: give one system with a fides_key and its privacy_declarations.');
  }
  return systems[0];
}

/** A company's own keys stand under existing ones, of Fideslang's or of its own. */
function extendTaxonomy(sources: readonly ManifestSource[]): Taxonomy {
  const kinds: readonly TermKind[] = ['data_category', 'data_use', 'data_subject'];
  return kinds.reduce((taxonomy, kind) => {
    const added = sources.flatMap((source) => readList(termSchema, source, kind));
    const extended = taxonomy.with(
      kind,
      added.map(({ part: term }) => toTerm(term)),
    );
    for (const { part: term, source, path: at } of added) {
      const parent = term.fides_key.split('.').slice(0, -1).join('.');
      if (parent !== '' && !extended.has(kind, parent)) {
        source.report(
          [...at, 'fides_key'],
          `its parent "${parent}" does not exist${didYouMean(extended.nearest(kind, parent)) || '.'}`,
        );
      } else if (parent === '' && kind !== 'data_subject' && !taxonomy.has(kind, term.fides_key)) {
        source.report([...at, 'fides_key'], `must stand under an existing key, as in "user.${term.fides_key}".`);
      }
    }
    return extended;
  }, standardTaxonomy);
}

function toTerm({ fides_key, name, description }: FidesTerm) {
  return { key: fides_key, title: name ?? fides_key, description: description ?? '' };
}

function checkDistinct(sources: readonly ManifestSource[], services: readonly (Service | null)[]): void {
  services.forEach((service, index) => {
    const source = sources[index];
    if (!service || !source) return;
    const earlier = services.slice(0, index);
    const fileOf = (found: (other: Service) => boolean) =>
      sources[earlier.findIndex((other) => other !== null && found(other))]?.file;
    const sameName = fileOf((other) => other.name === service.name);
    // Fields of subgraphs are in their SDLs, and held against each other by composition.
    const sameField = fileOf(
      (other) => other.field === service.field && other.kind !== 'SUBGRAPH' && service.kind !== 'SUBGRAPH',
    );
    if (sameName !== undefined) {
      source.report(['habeas'], `the service "${service.name}" is in ${sameName} already: each system is one service.`);
    } else if (sameField !== undefined) {
      source.report(['habeas'], `the field "${service.field}" is taken by ${sameField}: set habeas.field to another.`);
    }
  });
}

/** A file nobody uses would look as though its service had joined. */
function checkUsed(source: ManifestSource, files: ManifestFiles): void {
  const own = ['habeas', 'data_category', 'data_use', 'data_subject'].some((key) => part(source, key) !== undefined);
  if (own || source.problems.length > 0 || files.included.has(files.pathOf(source))) return;
  source.report(
    [],
    'has no habeas: part and no manifest includes it: add one, or name the file in habeas.datasets or habeas.systems.',
  );
}
