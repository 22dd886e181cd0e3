import type { DataRecord, Json } from '../../services/connector.js';
import { flatten } from './columns.js';
import { type Html, html } from './html.js';
import type { Rendering } from './rendering.js';
import { humanise } from './titles.js';
import { ValueWriter, WIDEST_TABLE } from './values.js';

/** The readable page shows this many records of a collection; the data files have all. */
export const MOST_RECORDS_SHOWN = 1000;
const LONG_TEXT = 90;

/** The records of one collection as they stand in the readable page: a table, or a list of fields for each record. */
export class Fragment implements Rendering {
  readonly extension = 'html';
  readonly #values = new ValueWriter();
  readonly #table: boolean;
  #shown = 0;

  constructor(
    private readonly columns: readonly string[],
    private readonly title: string,
  ) {
    this.#table = columns.length <= WIDEST_TABLE;
  }

  /** Number of records in the page. */
  get shown(): number {
    return this.#shown;
  }

  get full(): boolean {
    return this.#shown >= MOST_RECORDS_SHOWN;
  }

  /** Whether every value of the shown records is there in full. */
  get valuesWhole(): boolean {
    return this.#values.whole;
  }

  start(): string {
    if (!this.#table) return '<div class="records">\n';
    return html`<div class="table" role="group" tabindex="0" aria-label="${this.title}"><table>
<thead><tr>${this.columns.map((column) => html`<th scope="col" dir="auto">${humanise(column)}</th>`)}</tr></thead>
<tbody>
`.toString();
  }

  add(records: readonly DataRecord[]): string {
    return records
      .slice(0, MOST_RECORDS_SHOWN - this.#shown)
      .map((record) => this.#record(record))
      .join('');
  }

  end(): string {
    return this.#table ? '</tbody></table></div>\n' : '</div>\n';
  }

  #record(record: DataRecord): Html {
    this.#shown++;
    return this.#table ? this.#row(record) : this.#list(record);
  }

  #row(record: DataRecord): Html {
    const cells = flatten(record);
    return html`<tr>${this.columns.map((column) => html`<td dir="auto">${this.#values.write(cells.get(column) ?? null, column)}</td>`)}</tr>
`;
  }

  #list(record: DataRecord): Html {
    const fields = Object.entries(record);
    const filled = fields.filter(([, value]) => value !== null && value !== '');
    const empty = fields.filter(([, value]) => value === null || value === '');
    return html`<article class="record" aria-label="Record ${this.#shown}"><p class="ordinal">${this.#shown}</p><dl>${filled.map(
      ([name, value]) =>
        html`<div${isWide(value) ? html` class="wide"` : null}><dt dir="auto">${humanise(name)}</dt><dd dir="auto">${this.#values.write(value, name)}</dd></div>`,
    )}</dl>${
      empty.length > 0
        ? html`<p class="empty">Nothing held under: ${empty.map(([name], index) => [index > 0 ? ', ' : null, html`<bdi>${humanise(name)}</bdi>`])}</p>`
        : null
    }</article>
`;
  }
}

/** Lists of records and long texts take the whole width. */
function isWide(value: Json): boolean {
  if (typeof value === 'string') return value.length > LONG_TEXT;
  return Array.isArray(value) && value.some((item) => typeof item === 'object' || String(item).length > LONG_TEXT);
}
