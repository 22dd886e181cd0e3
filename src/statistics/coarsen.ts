import type { Value } from './groups.js';

/** How a value that narrows down who somebody is gets coarser. */
export type Coarsening =
  | { readonly to: 'same' }
  /** The year or month of a date, in UTC: `2026`, `2026-06`. */
  | { readonly to: 'year' | 'month' }
  /** The range a number is in: with a width of 10, 37 is `30 to below 40`. */
  | { readonly to: 'range'; readonly width: number }
  /** The first characters: of a postcode, its area. */
  | { readonly to: 'prefix'; readonly characters: number };

/** The coarser value; null for null, and for what is not of the kind the coarsening is for: it could say too much. */
export function coarsen(value: Value, coarsening: Coarsening): string | null {
  if (value === null) return null;
  switch (coarsening.to) {
    case 'same':
      return value instanceof Date ? value.toISOString() : String(value);
    case 'year':
      return isoOf(value)?.slice(0, 4) ?? null;
    case 'month':
      return isoOf(value)?.slice(0, 7) ?? null;
    case 'range': {
      if (typeof value !== 'number' || !Number.isFinite(value)) return null;
      const from = Math.floor(value / coarsening.width) * coarsening.width;
      return `${from} to below ${from + coarsening.width}`;
    }
    case 'prefix':
      return typeof value === 'string' ? [...value].slice(0, coarsening.characters).join('') : null;
  }
}

const ISO_DAY = /^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])(?:T|$)/;

function isoOf(value: Value): string | null {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  return typeof value === 'string' && ISO_DAY.test(value) ? value : null;
}
