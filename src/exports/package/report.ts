import type { Field, Service } from '../../services/service.js';
import { escapeDots } from './columns.js';
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
  /** What fields mean, by dotted name; only those that occur and are described. */
  readonly fields: readonly FieldMeaning[];
  readonly records: number;
  /** How many of the records the readable page shows; 0 where it shows none. */
  readonly shown: number;
  readonly files: readonly FileReport[];
}

export interface FieldMeaning {
  readonly name: string;
  readonly description: string;
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

export interface CollectionDescription {
  readonly title: string;
  readonly description: string | null;
  /** Dotted names of all fields that hold no others. */
  readonly columns: readonly string[];
  readonly meanings: readonly FieldMeaning[];
}

/** How the manifest describes a collection; for one it does not know, the name made readable. */
export function describeCollection(service: PartService, name: string): CollectionDescription {
  const declared = service.datasets
    .flatMap((dataset) => dataset.collections)
    .find((collection) => collection.name === name || `${collection.dataset}.${collection.name}` === name);
  const fields = declared ? dotted(declared.fields, '') : [];
  return {
    title: declared?.title ?? humanise(name),
    description: declared?.description ?? null,
    columns: fields.filter(({ field }) => field.fields.length === 0).map(({ path }) => path),
    meanings: fields.flatMap(({ path, field }) =>
      field.description ? [{ name: path, description: field.description }] : [],
    ),
  };
}

/** Of those, what occurs under these columns: as a column, inside one, or around some. */
export const occurring = (meanings: readonly FieldMeaning[], columns: readonly string[]): FieldMeaning[] =>
  meanings.filter(({ name }) =>
    columns.some((column) => column === name || name.startsWith(`${column}.`) || column.startsWith(`${name}.`)),
  );

function dotted(fields: readonly Field[], outer: string): { path: string; field: Field }[] {
  return fields.flatMap((field) => {
    const path = outer + escapeDots(field.name);
    return [{ path, field }, ...dotted(field.fields, `${path}.`)];
  });
}
