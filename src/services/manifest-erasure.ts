import { Duration } from 'luxon';
import { didYouMean, type ManifestPath } from './manifest-problems.js';
import type { Habeas } from './manifest-schema.js';
import type { ManifestSource } from './manifest-source.js';
import { fieldPaths } from './reference-graph.js';
import type { Dataset, ErasureAction, ErasureRule, Mask, RetentionRule } from './service.js';
import { nearest } from './taxonomy.js';

/** What an erasure does with each collection that is not simply deleted. */
export function toErasure(
  { erasure }: Habeas,
  datasets: readonly Dataset[],
  source: ManifestSource,
): Map<string, ErasureRule> {
  return new Map(
    Object.entries(erasure).map(([collection, rule]) => {
      const at = ['habeas', 'erasure', collection];
      const mask = rule.mask.map((written, index) => toMask(written, [...at, 'mask', index], source));
      const fields = [...(rule.from ? [rule.from] : []), ...mask.map(({ field }) => field)];
      checkCollection(collection, fields, datasets, at, source);
      checkDuration(rule.for, [...at, 'for'], source);
      if (rule.action === 'keep') {
        const missing = (['for', 'from', 'reason'] as const).filter((key) => !rule[key]);
        if (missing.length > 0) {
          source.report(at, `what is kept needs ${missing.join(', ')}: the person is told why and until when.`);
        }
      }
      if (rule.action === 'mask' && rule.mask.length === 0) source.report(at, 'needs mask: the fields to mask.');
      return [
        collection,
        {
          action: rule.action.toUpperCase() as ErasureAction,
          keepFor: rule.for ?? null,
          keepFrom: rule.from ?? null,
          reason: rule.reason ?? null,
          legalGround: rule.legal_ground ?? null,
          mask,
          shared: rule.shared,
        },
      ];
    }),
  );
}

type WrittenMask = Habeas['erasure'][string]['mask'][number];

function toMask(written: WrittenMask, at: ManifestPath, source: ManifestSource): Mask {
  if (typeof written === 'string') return { field: written, with: 'null', value: null };
  const { field, value, with: strategy } = written;
  if ((strategy === 'constant') !== (value !== undefined)) {
    source.report(at, 'value goes with constant, and constant with value: give both or neither.');
  }
  return { field, with: strategy ?? 'null', value: value === undefined ? null : String(value) };
}

/** How long each collection is kept, counted from one of its fields. */
export function toRetention(
  { retention }: Habeas,
  datasets: readonly Dataset[],
  source: ManifestSource,
): Map<string, RetentionRule> {
  for (const [collection, rule] of Object.entries(retention)) {
    const at = ['habeas', 'retention', collection];
    checkCollection(collection, [rule.from], datasets, at, source);
    checkDuration(rule.for, [...at, 'for'], source);
  }
  return new Map(Object.entries(retention));
}

/** Services that classify nothing in a dataset name their collections themselves, so nothing can be checked. */
function checkCollection(
  name: string,
  fields: readonly string[],
  datasets: readonly Dataset[],
  at: ManifestPath,
  source: ManifestSource,
): void {
  if (datasets.length === 0) return;
  const collections = datasets.flatMap((dataset) => dataset.collections);
  const collection = collections.find((candidate) => candidate.name === name);
  if (!collection) {
    const guess = nearest(
      name,
      collections.map((candidate) => candidate.name),
    );
    source.report(at, `there is no collection "${name}" in the datasets${didYouMean(guess) || '.'}`);
    return;
  }
  const paths = fieldPaths(collection.fields).map((field) => field.path);
  for (const field of fields) {
    if (!paths.includes(field)) {
      source.report(at, `there is no field "${field}" in ${name}${didYouMean(nearest(field, paths)) || '.'}`);
    }
  }
}

function checkDuration(duration: string | undefined, at: ManifestPath, source: ManifestSource): void {
  if (duration === undefined) return;
  const parsed = Duration.fromISO(duration);
  if (!parsed.isValid || parsed.toMillis() <= 0) {
    source.report(at, `"${duration}" is no ISO 8601 duration: write P6Y for six years, P30D for thirty days.`);
  }
}
