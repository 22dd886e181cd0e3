import { stringify } from 'csv-stringify/sync';
import type { DataRecord, Json } from '../../services/connector.js';
import { flatten } from './columns.js';
import type { Rendering } from './rendering.js';

/** Said in every manifest, because the guard changes what is in the file. */
export const CSV_NOTES: readonly string[] = [
  'CSV files follow RFC 4180: UTF-8 with a byte order mark (spreadsheets need it to recognise UTF-8), comma, CRLF.',
  'Nested fields have columns of their own, such as address.city; lists are JSON text. An empty cell is an empty or a missing value.',
  'A text that a spreadsheet might run as a formula (it begins with = + - @, tab, carriage return, NUL or a full-width = + - @, or with apostrophes and one of these) has one apostrophe put before it. Take that apostrophe away to have the original.',
];

const BYTE_ORDER_MARK = '\ufeff';
const OTHER_FIELDS = 'other fields';

/** OWASP "CSV injection": how a text begins that spreadsheets take for a formula. */
const FORMULA_STARTS = new Set(['=', '+', '-', '@', '\t', '\r', '\0', '\uff1d', '\uff0b', '\uff0d', '\uff20']);

/** The records of one collection as CSV. */
export class CsvFile implements Rendering {
  readonly extension = 'csv';

  /** `overflow`: some records have fields beyond these columns; one more column holds them as JSON. */
  constructor(
    private readonly columns: readonly string[],
    private readonly overflow: boolean,
  ) {}

  start(): string {
    return BYTE_ORDER_MARK + lines([[...this.columns, ...(this.overflow ? [OTHER_FIELDS] : [])]]);
  }

  add(records: readonly DataRecord[]): string {
    return lines(records.map((record) => this.#row(record)));
  }

  end(): string {
    return '';
  }

  get full(): boolean {
    return false;
  }

  #row(record: DataRecord): Json[] {
    const cells = flatten(record);
    const known = this.columns.map((column) => {
      const cell = cells.get(column) ?? null;
      cells.delete(column);
      return cell;
    });
    // Without overflow what is left is null: an object that other records have, with columns for its fields.
    return this.overflow ? [...known, cells.size > 0 ? Object.fromEntries(cells) : null] : known;
  }
}

const lines = (rows: readonly Json[][]) =>
  stringify(
    rows.map((cells) => cells.map(cellText)),
    // A lone CR or LF inside a cell ends the line for many readers, so it is quoted too.
    // A line of one empty cell would read as no line at all.
    { record_delimiter: 'windows', quoted_match: /[\r\n]/, quoted_empty: rows[0]?.length === 1 },
  );

function cellText(value: Json): string {
  if (value === null) return '';
  if (typeof value === 'string') return looksLikeFormula(value) ? `'${value}` : value;
  // Numbers stay as they are, negative ones too; lists and empty objects begin with a bracket.
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Apostrophes before a formula count as well, so that taking one away always gives the original back. */
const looksLikeFormula = (value: string) => FORMULA_STARTS.has(value.replace(/^'+/, '').charAt(0));
