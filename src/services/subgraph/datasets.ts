import { type GraphQLField, getNamedType, getNullableType, isEnumType, isListType } from 'graphql';
import { readPersonalData } from '../personal-data-directive.js';
import type { Collection, Dataset, Field } from '../service.js';
import { type CollectionPlan, planRecords } from './record-queries.js';
import { readSchema } from './schema.js';
import type { Shape } from './shapes.js';

/**
 * What a subgraph contributes to `Account`, described as a dataset: the collections an export has, their fields, and
 * the categories its `@personalData` says. A field without the directive takes the category of what it is part of.
 * Empty where the subgraph knows no `Account`. Throws a syntax error for an SDL that is none.
 */
export function datasetsFromSdl(serviceName: string, sdl: string): Dataset[] {
  const plan = planRecords(readSchema(sdl));
  if (!plan) return [];
  return [
    {
      key: serviceName,
      title: serviceName,
      description: null,
      namespace: null,
      collections: plan.collections.map((planned) => collectionFrom(serviceName, planned)),
    },
  ];
}

function collectionFrom(dataset: string, { name, holds }: CollectionPlan): Collection {
  const inherited = holds.field ? categoriesOf(holds.field) : [];
  return {
    dataset,
    name,
    title: titleOf(name),
    description: holds.field?.description ?? null,
    fields: fieldsFrom(holds.shape, inherited),
    after: [],
    skipProcessing: false,
  };
}

function fieldsFrom({ selections, variants }: Shape, inherited: readonly string[]): readonly Field[] {
  const fields = new Map<string, Field>();
  for (const selection of [...selections, ...(variants ?? []).flatMap((variant) => variant.selections)]) {
    const { name, field } = selection;
    const own = categoriesOf(field);
    const categories = own.length > 0 ? own : inherited;
    const known = fields.get(name);
    if (known && known.categories.length >= categories.length) continue;
    fields.set(name, {
      name,
      description: field.description ?? null,
      categories,
      primaryKey: getNamedType(field.type).name === 'ID' && name === 'id',
      identity: null,
      references: [],
      dataType: dataTypeOf(field, selection.kind === 'connection'),
      returnAllElements: false,
      fields: selection.kind === 'leaf' ? [] : fieldsFrom(selection.shape, categories),
    });
  }
  return [...fields.values()];
}

const DATA_TYPES: Readonly<Record<string, string>> = {
  ID: 'string',
  String: 'string',
  Int: 'integer',
  Float: 'float',
  Boolean: 'boolean',
  DateTime: 'datetime',
  Date: 'date',
  JSON: 'json',
};

function dataTypeOf({ type }: GraphQLField<unknown, unknown>, connection: boolean): string | null {
  const named = getNamedType(type);
  const composite = 'getFields' in named || 'getTypes' in named;
  const scalar = composite ? 'object' : isEnumType(named) ? 'string' : (DATA_TYPES[named.name] ?? null);
  return scalar !== null && (connection || isListType(getNullableType(type))) ? `${scalar}[]` : scalar;
}

function categoriesOf({ astNode }: GraphQLField<unknown, unknown>): readonly string[] {
  const data = astNode && readPersonalData(astNode);
  return data ? [data.category] : [];
}

/** `nextCourse` → `Next course`. */
function titleOf(name: string): string {
  const text = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll('_', ' ')
    .toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
