import { didYouMean, type ManifestPath } from './manifest-problems.js';
import type { FidesCollection, FidesDataset, FidesField } from './manifest-schema.js';
import type { ManifestSource } from './manifest-source.js';
import { describeEdge, fieldPaths, referenceGraph } from './reference-graph.js';
import type { Collection, Dataset, Field, Reference } from './service.js';
import { nearest, type Taxonomy, type TermKind } from './taxonomy.js';

/** A part of a manifest, with the file and place it was read from. */
export interface Located<Part> {
  readonly part: Part;
  readonly source: ManifestSource;
  readonly path: ManifestPath;
}

/** Fides' datasets as ours. Categories that do not exist are reported. */
export function toDatasets(parts: readonly Located<FidesDataset>[], taxonomy: Taxonomy): Dataset[] {
  const keys = new Set<string>();
  for (const { part, source, path } of parts) {
    if (keys.has(part.fides_key)) source.report([...path, 'fides_key'], 'this dataset is here twice: remove one.');
    keys.add(part.fides_key);
  }
  return parts.map(({ part, source, path }) => {
    const meta = { ...part.fidesops_meta, ...part.fides_meta };
    checkTerms('data_category', part.data_categories, [...path, 'data_categories'], source, taxonomy);
    const after = (meta.after ?? []).flatMap((key) => {
      const other = parts.find((located) => located.part.fides_key === key)?.part;
      return other?.collections.map(({ name }) => `${key}.${name}`) ?? [];
    });
    return {
      key: part.fides_key,
      title: part.name ?? part.fides_key,
      description: part.description ?? null,
      namespace: meta.namespace?.schema ?? null,
      collections: part.collections.map((collection, index) =>
        toCollection(part, { part: collection, source, path: [...path, 'collections', index] }, after, taxonomy),
      ),
    };
  });
}

function toCollection(
  dataset: FidesDataset,
  { part, source, path }: Located<FidesCollection>,
  datasetAfter: readonly string[],
  taxonomy: Taxonomy,
): Collection {
  const meta = { ...part.fidesops_meta, ...part.fides_meta };
  if (dataset.collections.findIndex(({ name }) => name === part.name) !== path.at(-1)) {
    source.report([...path, 'name'], 'this collection is in the dataset twice: remove one.');
  }
  checkTerms('data_category', part.data_categories, [...path, 'data_categories'], source, taxonomy);
  const inherited = part.data_categories ?? dataset.data_categories ?? [];
  return {
    dataset: dataset.fides_key,
    name: part.name,
    title: part.title ?? part.name,
    description: part.description ?? null,
    fields: toFields(part.fields, { source, path: [...path, 'fields'] }, inherited, taxonomy),
    after: [...datasetAfter, ...(meta.after ?? [])],
    skipProcessing: meta.skip_processing ?? false,
  };
}

function toFields(
  fields: readonly FidesField[],
  { source, path }: Omit<Located<unknown>, 'part'>,
  inherited: readonly string[],
  taxonomy: Taxonomy,
): Field[] {
  return fields.map((field, index) => {
    const here = [...path, index];
    const meta = { ...field.fidesops_meta, ...field.fides_meta };
    if (fields.findIndex(({ name }) => name === field.name) !== index) {
      source.report([...here, 'name'], 'this field is here twice: remove one.');
    }
    checkTerms('data_category', field.data_categories, [...here, 'data_categories'], source, taxonomy);
    const categories = field.data_categories ?? inherited;
    return {
      name: field.name,
      description: field.description ?? null,
      categories,
      primaryKey: meta.primary_key ?? false,
      identity: meta.identity ?? null,
      references: (meta.references ?? []).map(toReference),
      dataType: meta.data_type ?? null,
      returnAllElements: meta.return_all_elements ?? false,
      fields: toFields(field.fields ?? [], { source, path: [...here, 'fields'] }, categories, taxonomy),
    };
  });
}

function toReference(reference: {
  dataset: string;
  field: string;
  direction?: 'from' | 'to' | null | undefined;
}): Reference {
  const [collection = '', ...rest] = reference.field.split('.');
  return { dataset: reference.dataset, collection, field: rest.join('.'), direction: reference.direction ?? null };
}

/** Reports each key the taxonomy does not have, with the nearest one it has. */
export function checkTerms(
  kind: TermKind,
  keys: readonly string[] | null | undefined,
  path: ManifestPath,
  source: ManifestSource,
  taxonomy: Taxonomy,
): void {
  for (const [index, key] of (keys ?? []).entries()) {
    if (!taxonomy.has(kind, key)) source.report([...path, index], notATerm(kind, key, taxonomy));
  }
}

/** `"x" is not a Fideslang data use; did you mean "y"?` */
export function notATerm(kind: TermKind, key: string, taxonomy: Taxonomy): string {
  const guess = didYouMean(taxonomy.nearest(kind, key));
  return `"${key}" is not a Fideslang ${kind.replace('_', ' ')}${guess || '.'}`;
}

/**
 * Reports references that lead nowhere or whose direction cannot be told. Where the store is walked from an identity to
 * rows, a collection that is never reached is reported too. Returns one line for each cycle that was cut.
 */
export function checkReferences(
  datasets: readonly Dataset[],
  parts: readonly Located<FidesDataset>[],
  walked: boolean,
): string[] {
  const places = parts.flatMap(placesOf);
  const broken = places.filter(({ reference, source, path }) => {
    const problem = reference && leadsNowhere(reference, datasets);
    if (problem) source.report(path, problem);
    return problem;
  });
  const keys = places.filter(({ reference }) => reference === null).map(({ key }) => key);
  // What follows from a mistake is not told as another one.
  if (!walked || broken.length > 0 || new Set(keys).size < keys.length) return [];
  const graph = referenceGraph(datasets);
  for (const edge of graph.ambiguous) {
    const place = places.find(
      ({ key, reference }) =>
        reference?.direction === null &&
        `${key} → ${reference.dataset}.${reference.collection}.${reference.field}` === describeEdge(edge),
    );
    place?.source.report(
      place.path,
      'needs a direction, as both of its collections are reached without it: "to" where values of this field select ' +
        'rows there, "from" where values there select rows here.',
    );
  }
  for (const key of graph.unreachable) {
    const place = places.find((candidate) => candidate.key === key);
    place?.source.report(
      place.path,
      'no identity leads to this collection: give a field of it fides_meta.identity or a reference from a collection ' +
        'that is reached, or set fides_meta.skip_processing to true.',
    );
  }
  return graph.cuts.map((edge) => `${describeEdge(edge)} closes a cycle and is not followed.`);
}

/** Collections by "dataset.collection", and references by "dataset.collection.field". */
interface Place {
  readonly key: string;
  readonly reference: Reference | null;
  readonly source: ManifestSource;
  readonly path: ManifestPath;
}

function placesOf({ part, source, path }: Located<FidesDataset>): Place[] {
  return part.collections.flatMap((collection, index) => {
    const here = [...path, 'collections', index];
    const key = `${part.fides_key}.${collection.name}`;
    return [
      { key, reference: null, source, path: here },
      ...referencesOf(collection.fields, key, { source, path: [...here, 'fields'] }),
    ];
  });
}

function referencesOf(fields: readonly FidesField[], prefix: string, { source, path }: Omit<Located<unknown>, 'part'>) {
  return fields.flatMap((field, index): Place[] => {
    const key = `${prefix}.${field.name}`;
    const here = [...path, index];
    const meta = field.fides_meta?.references ? 'fides_meta' : 'fidesops_meta';
    const references = (field[meta]?.references ?? []).map((reference, at) => ({
      key,
      reference: toReference(reference),
      source,
      path: [...here, meta, 'references', at],
    }));
    return [...references, ...referencesOf(field.fields ?? [], key, { source, path: [...here, 'fields'] })];
  });
}

function leadsNowhere(reference: Reference, datasets: readonly Dataset[]): string | undefined {
  const dataset = datasets.find(({ key }) => key === reference.dataset);
  if (!dataset) {
    const guess = nearest(
      reference.dataset,
      datasets.map(({ key }) => key),
    );
    return `there is no dataset "${reference.dataset}" in this manifest${didYouMean(guess)}`;
  }
  const collection = dataset.collections.find(({ name }) => name === reference.collection);
  if (!collection) {
    const guess = nearest(
      reference.collection,
      dataset.collections.map(({ name }) => name),
    );
    return `there is no collection "${reference.collection}" in ${dataset.key}${didYouMean(guess)}`;
  }
  const paths = fieldPaths(collection.fields).map(({ path }) => path);
  if (paths.includes(reference.field)) return undefined;
  return `there is no field "${reference.field}" in ${dataset.key}.${collection.name}${didYouMean(nearest(reference.field, paths))}`;
}
