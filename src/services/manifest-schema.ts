import { z } from 'zod';
import { SAFEGUARDS } from './manifest-country.js';
import { didYouMean, type ManifestPath } from './manifest-problems.js';
import type { ManifestSource } from './manifest-source.js';
import { MASK_STRATEGIES } from './service.js';
import { nearest } from './taxonomy.js';

const text = z.string().min(1);
const texts = z.array(text);

/** Keys under `habeas:` are ours alone, so that one which is not known is a mistake. */
function closed<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const known = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `this key is not known here${didYouMean(nearest(key, known))}`).join('\n')
        : undefined,
  });
}

/** A field alone is emptied. YAML reads `with: null` as no value, which is what it means. */
const maskSchema = z.union([
  text,
  closed({
    field: text,
    with: z.enum(MASK_STRATEGIES).nullish(),
    value: z.union([z.string(), z.number(), z.boolean()]).optional(),
  }),
]);

/** What Fideslang does not know of a service. */
export const habeasSchema = closed({
  field: text.optional(),
  title: text.optional(),
  description: text.optional(),
  system: text.optional(),
  affiliation: z.enum(['affiliated', 'external']).default('affiliated'),
  country: text.default('GB'),
  transfer_safeguard: z.enum(SAFEGUARDS).nullish(),
  source: text.nullish(),
  datasets: texts.default([]),
  systems: texts.default([]),
  connection: closed({
    postgres: closed({ url: text, erase_url: text.optional(), schema: text.default('public') }).optional(),
    subgraph: closed({
      url: text,
      sdl: text.optional(),
      erase_url: text.optional(),
      audience: text.optional(),
    }).optional(),
    http: closed({
      url: text,
      audience: text.optional(),
      query_scope: text.default('gdprquery'),
      delete_scope: text.default('gdprdelete'),
    }).optional(),
  }),
  notify: closed({ url: text.optional(), secret: text.optional(), client: text.optional() }).optional(),
  erasure: z
    .record(
      text,
      closed({
        action: z.enum(['delete', 'anonymise', 'mask', 'keep']),
        for: text.optional(),
        from: text.optional(),
        reason: text.optional(),
        legal_ground: text.optional(),
        mask: z.array(maskSchema).default([]),
        shared: z.enum(['keep', 'erase']).default('keep'),
      }),
    )
    .default({}),
  retention: z.record(text, closed({ for: text, from: text })).default({}),
});

const referenceSchema = z.looseObject({
  dataset: text,
  field: z.string().regex(/^[^.]+\../, 'must name collection and field, as in "customer.id"'),
  direction: z.enum(['from', 'to']).nullish(),
});

const fieldMetaSchema = z
  .looseObject({
    references: z.array(referenceSchema).nullish(),
    identity: text.nullish(),
    primary_key: z.boolean().nullish(),
    data_type: text.nullish(),
    return_all_elements: z.boolean().nullish(),
  })
  .nullish();

const fieldSchema = z.looseObject({
  name: text,
  description: z.string().nullish(),
  data_categories: texts.nullish(),
  fides_meta: fieldMetaSchema,
  fidesops_meta: fieldMetaSchema,
  get fields() {
    return z.array(fieldSchema).nullish();
  },
});

const collectionMetaSchema = z
  .looseObject({ after: texts.nullish(), skip_processing: z.boolean().nullish() })
  .nullish();

const collectionSchema = z.looseObject({
  name: text,
  title: text.nullish(),
  description: z.string().nullish(),
  data_categories: texts.nullish(),
  fides_meta: collectionMetaSchema,
  fidesops_meta: collectionMetaSchema,
  fields: z.array(fieldSchema),
});

const datasetMetaSchema = z
  .looseObject({
    after: texts.nullish(),
    namespace: z.looseObject({ schema: text.nullish() }).nullish(),
  })
  .nullish();

export const datasetSchema = z.looseObject({
  fides_key: text,
  name: text.nullish(),
  description: z.string().nullish(),
  data_categories: texts.nullish(),
  fides_meta: datasetMetaSchema,
  fidesops_meta: datasetMetaSchema,
  collections: z.array(collectionSchema),
});

const declarationSchema = z.looseObject({
  name: text.nullish(),
  data_use: text,
  data_categories: texts,
  data_subjects: texts.default([]),
  legal_basis_for_processing: text.nullish(),
  retention_period: z.string().nullish(),
  data_shared_with_third_parties: z.boolean().nullish(),
  third_parties: text.nullish(),
});

export const systemSchema = z.looseObject({
  fides_key: text,
  name: text.nullish(),
  description: z.string().nullish(),
  privacy_declarations: z.array(declarationSchema).default([]),
});

export const termSchema = z.looseObject({
  fides_key: text,
  name: text.nullish(),
  description: z.string().nullish(),
});

export type Habeas = z.output<typeof habeasSchema>;
export type FidesField = z.output<typeof fieldSchema>;
export type FidesCollection = z.output<typeof collectionSchema>;
export type FidesDataset = z.output<typeof datasetSchema>;
export type FidesSystem = z.output<typeof systemSchema>;
export type FidesTerm = z.output<typeof termSchema>;

/**
 * Reads a part of a file; what does not fit is reported. Undefined where it cannot be used; a key too many is reported
 * and left out, so that the rest is checked too.
 */
export function readPart<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: ManifestPath,
  source: ManifestSource,
): z.output<Schema> | undefined {
  const result = schema.safeParse(value, { error: inPlainWords });
  if (result.success) return result.data;
  const usable = structuredClone(value);
  for (const issue of result.error.issues) {
    const at = issue.path.map((step) => (typeof step === 'symbol' ? step.toString() : step));
    if (issue.code !== 'unrecognized_keys') {
      source.report([...path, ...at], issue.message);
      continue;
    }
    const holder = at.reduce((part, step) => (isObject(part) ? part[step] : undefined), usable);
    for (const [index, message] of issue.message.split('\n').entries()) {
      const key = issue.keys[index] ?? '';
      source.report([...path, ...at, key], message);
      if (isObject(holder)) delete holder[key];
    }
  }
  return schema.safeParse(usable).data;
}

function isObject(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map of keys',
  record: 'a map of keys',
};

function inPlainWords(issue: z.core.$ZodRawIssue): string | undefined {
  if (issue.code === 'invalid_type') {
    const expected = EXPECTED[issue.expected] ?? `a ${issue.expected}`;
    return issue.input === undefined || issue.input === null ? `is missing: give ${expected}.` : `must be ${expected}.`;
  }
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String);
    const guess = typeof issue.input === 'string' ? nearest(issue.input, values) : undefined;
    return `must be one of ${values.join(', ')}${didYouMean(guess)}`;
  }
  if (issue.code === 'invalid_union') {
    return `must be the name of a field, or a map with field, with (${MASK_STRATEGIES.join(', ')}) and value.`;
  }
  if (issue.code === 'too_small') return 'must not be empty.';
  return undefined;
}
