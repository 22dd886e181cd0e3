import type { PersonalData } from './personal-data-directive.js';
import { purposesOf } from './purposes.js';
import type { Collection, Dataset, Field, Service } from './service.js';

/**
 * The GraphQL type of a field's values: `String`, `Int`, `Float`, `Boolean`, `ID`, `DateTime`, `Date` or `JSON`, in
 * brackets for a list (`[String]`). Not asked for fields with declared nested fields.
 */
export type ScalarNames = (dataset: Dataset, collection: Collection, field: Field) => string;

/** One collection as the graph shows it. */
export interface CollectionFace {
  /** Field of the service's type, e.g. `orderItems`. */
  readonly name: string;
  readonly description: string;
  readonly dataset: Dataset;
  readonly collection: Collection;
  readonly record: ObjectFace;
}

export interface ObjectFace {
  readonly typeName: string;
  readonly description: string;
  readonly fields: readonly FieldFace[];
}

export interface FieldFace {
  readonly name: string;
  /** The field's name in the dataset and in records. */
  readonly source: string;
  readonly description: string;
  readonly list: boolean;
  /** A scalar's name, or the nested object. */
  readonly type: string | ObjectFace;
  /** Null only for an object without a category of its own: its fields carry theirs. */
  readonly personalData: PersonalData | null;
}

/**
 * The collections of a service that the graph can show: classified fields only, without collections that are skipped
 * or have nothing classified. Two names that become one in the graph are an error naming the manifest and the mend.
 */
export function collectionFaces(service: Service, scalarOf: ScalarNames): readonly CollectionFace[] {
  const prefix = pascalCase(service.field);
  const pairs = service.datasets.flatMap((dataset) =>
    dataset.collections.filter(({ skipProcessing }) => !skipProcessing).map((collection) => ({ dataset, collection })),
  );
  const faces = pairs.map(({ dataset, collection }) => {
    const alone = pairs.filter((other) => camelCase(other.collection.name) === camelCase(collection.name)).length === 1;
    const name = alone ? collection.name : `${dataset.key}_${collection.name}`;
    const typeName = prefix + pascalCase(name);
    return {
      name: camelCase(name),
      description: collection.description ?? `${words(collection.name)} of ${dataset.title}.`,
      dataset,
      collection,
      record: {
        typeName,
        description: `One record of ${words(collection.name).toLowerCase()} at ${service.title}.`,
        fields: fieldFaces(collection.fields, typeName, service, (field) => scalarOf(dataset, collection, field)),
      },
    };
  });
  const shown = faces.filter(({ record }) => record.fields.length > 0);
  requireDistinct(
    service,
    shown.map(({ name, collection }) => ({ name, source: collection.name })),
    'collections',
  );
  return shown;
}

function fieldFaces(
  fields: readonly Field[],
  typeName: string,
  service: Service,
  scalarOf: (field: Field) => string,
): readonly FieldFace[] {
  const faces = fields.flatMap((field): FieldFace[] => {
    const [category] = field.categories;
    const nested = fieldFaces(field.fields, typeName + pascalCase(field.name), service, scalarOf);
    // An object whose parts are declared is shown by its classified parts alone; an unclassified value not at all.
    if (field.fields.length > 0 ? nested.length === 0 : category === undefined) return [];
    const scalar = field.fields.length > 0 ? null : unwrap(scalarOf(field));
    return [
      {
        name: camelCase(field.name),
        source: field.name,
        description: field.description ?? (category ? `${words(field.name)} (${category}).` : `${words(field.name)}.`),
        list: scalar ? scalar.list : (field.dataType?.endsWith('[]') ?? false),
        type: scalar
          ? scalar.name
          : {
              typeName: typeName + pascalCase(field.name),
              description: `${words(field.name)}, as ${service.title} keeps it.`,
              fields: nested,
            },
        personalData: category ? { category, purposes: purposesOf(service, field.categories) } : null,
      },
    ];
  });
  requireDistinct(service, faces, 'fields');
  return faces;
}

function unwrap(type: string): { name: string; list: boolean } {
  return type.startsWith('[') ? { name: type.slice(1, -1), list: true } : { name: type, list: false };
}

function requireDistinct(service: Service, named: readonly { name: string; source: string }[], what: string): void {
  const first = new Map<string, string>();
  for (const { name, source } of named) {
    const other = first.get(name);
    if (other !== undefined) {
      throw new Error(
        `${service.file}: the ${what} "${other}" and "${source}" of ${service.name} are both "${name}" in the graph. ` +
          'Rename one in the dataset, or set skip_processing for it.',
      );
    }
    first.set(name, source);
  }
}

/** `order_item` → `orderItem`. Characters GraphQL does not allow in names part words. */
export function camelCase(name: string): string {
  const pascal = pascalCase(name);
  return pascal.charAt(0).toLowerCase() + pascal.slice(1);
}

/** `order_item` and `ORDER_ITEM` → `OrderItem`; what would begin with a digit gets an underscore. */
export function pascalCase(name: string): string {
  const joined = name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => (word === word.toUpperCase() ? word.toLowerCase() : word))
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join('');
  return /^[A-Za-z]/.test(joined) ? joined : `_${joined}`;
}

/** `order_item` → `Order item`. */
function words(name: string): string {
  const text = name
    .replaceAll(/([a-z])([A-Z])/g, '$1 $2')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
  return text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();
}
