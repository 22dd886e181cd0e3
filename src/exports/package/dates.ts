import { DateTime } from 'luxon';
import { type Html, html } from './html.js';

/** ISO 8601 and Postgres' text form of a date or a time. */
const MOMENT = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?$/;
const ZONE = 'Europe/London';

/** A date as a person in the UK reads it, with the machine's form in `datetime`; null where the text is no date. */
export function dateHtml(value: string): Html | null {
  const match = MOMENT.exec(value);
  if (!match) return null;
  const iso = value.replace(' ', 'T');
  // Without an offset nobody knows the zone: the time is shown as it was written.
  const moment = DateTime.fromISO(iso, { zone: match[1] ? ZONE : 'utc', locale: 'en-GB' });
  if (!moment.isValid) return null;
  const format =
    iso.length === 10 ? 'd MMMM yyyy' : match[1] ? "d MMMM yyyy 'at' HH:mm ZZZZ" : "d MMMM yyyy 'at' HH:mm";
  return html`<time datetime="${iso}">${moment.toFormat(format)}</time>`;
}

/** "26 November 2026". */
export const dayOf = (date: Date): string =>
  DateTime.fromJSDate(date, { zone: ZONE }).setLocale('en-GB').toFormat('d MMMM yyyy');
