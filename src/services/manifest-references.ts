import { type Located, toReference } from './manifest-datasets.js';
import { didYouMean, type ManifestPath } from './manifest-problems.js';
import type { FidesDataset, FidesField } from './manifest-schema.js';
import type { ManifestSource } from './manifest-source.js';
import { describeEdge, fieldPaths, referenceGraph } from './reference-graph.js';
import type { Dataset, Reference } from './service.js';
import { nearest } from './taxonomy.js';

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
