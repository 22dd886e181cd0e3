import { didYouMean, type ManifestPath } from './manifest-problems.js';
import type { FidesCollection, FidesDataset, FidesField } from './manifest-schema.js';
import type { ManifestSource } from './manifest-source.js';
import type { Collection, Dataset, Field, Reference } from './service.js';
import type { Taxonomy, TermKind } from './taxonomy.js';

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

/** A reference as Fides writes it, its collection and field apart. */
export function toReference(reference: {
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
