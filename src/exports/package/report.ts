import type { Collection, Field, Service } from '../../services/service.js';
import { humanise } from './titles.js';

export type ExportFormat = 'JSON' | 'CSV' | 'HTML';

/** What a part needs to know of its service. */
export type PartService = Pick<Service, 'name' | 'title' | 'datasets'>;

/** One plaintext file of a part; `name` is the file's name in the part's directory. */
export interface FileReport {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

export interface CollectionReport {
  /** As the service calls it. */
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly records: number;
  /** How many of the records the readable page shows; 0 where it shows none. */
  readonly shown: number;
  readonly files: readonly FileReport[];
}

/** What one service's part of a package holds. */
export interface PartReport {
  /** The service's name. */
  readonly service: string;
  readonly title: string;
  readonly collections: readonly CollectionReport[];
  readonly records: number;
  /** Of all files, before sealing. */
  readonly bytes: number;
}

/** How the manifest describes a collection; for one it does not know, the name made readable. */
export function describeCollection(
  service: PartService,
  name: string,
): { title: string; description: string | null; columns: string[] } {
  const declared = service.datasets
    .flatMap((dataset) => dataset.collections)
    .find((collection) => collection.name === name || `${collection.dataset}.${collection.name}` === name);
  return {
    title: declared?.title ?? humanise(name),
    description: declared?.description ?? null,
    columns: declared ? declaredColumns(declared) : [],
  };
}

function declaredColumns(collection: Collection): string[] {
  const columns = (fields: readonly Field[], outer: string): string[] =>
    fields.flatMap((field) => {
      const name = outer + field.name.replaceAll(/[\\.]/g, '\\$&');
      return field.fields.length > 0 ? columns(field.fields, `${name}.`) : [name];
    });
  return columns(collection.fields, '');
}
