import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type BenchService, type FieldType, PURPOSE, SERVICES, snakeCase, storeField, storeName } from './services.js';

/**
 * Writes eight manifests, JSON being YAML too: each service once as a subgraph, in the order of `urls`, and once as a
 * table of the database at `storeUrl`. All of it may be read for one purpose, with the person's consent.
 */
export function writeManifests(directory: string, urls: readonly string[], storeUrl: string): string {
  const folder = path.join(directory, 'manifests');
  mkdirSync(folder);
  for (const [index, service] of SERVICES.entries()) {
    const asSubgraph = { subgraph: { url: urls[index] ?? '' } };
    const asStore = { postgres: { url: storeUrl } };
    write(folder, service.name, {
      habeas: { field: service.name, connection: asSubgraph },
      ...system(service, service.name),
    });
    write(folder, storeName(service), {
      habeas: { field: storeField(service), connection: asStore },
      ...system(service, storeName(service)),
      dataset: [dataset(service)],
    });
  }
  return folder;
}

const write = (folder: string, name: string, manifest: unknown) =>
  writeFileSync(path.join(folder, `${name}.yml`), JSON.stringify(manifest, null, 2));

function system({ category }: BenchService, name: string) {
  const declaration = {
    data_use: PURPOSE,
    data_categories: [category, 'user.unique_id'],
    data_subjects: ['customer'],
    legal_basis_for_processing: 'Consent',
  };
  return { system: [{ fides_key: name, privacy_declarations: [declaration] }] };
}

function dataset(service: BenchService) {
  const field = (name: string, type: FieldType) => ({
    name: snakeCase(name),
    data_categories: [service.category],
    fides_meta: { data_type: DATA_TYPES[type] },
  });
  const known = (name: string, meta: object) => ({ name, data_categories: ['user.unique_id'], fides_meta: meta });
  return {
    fides_key: storeName(service),
    collections: [
      {
        name: service.name,
        fields: [
          known('id', { primary_key: true, data_type: 'integer' }),
          known('account_id', { identity: 'external_id', data_type: 'string' }),
          ...Object.entries(service.fields).map(([name, type]) => field(name, type)),
        ],
      },
    ],
  };
}

const DATA_TYPES: Readonly<Record<FieldType, string>> = { Int: 'integer', String: 'string', Boolean: 'boolean' };
