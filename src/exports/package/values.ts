import type { Json } from '../../services/connector.js';
import { isPlainObject } from './columns.js';
import { dateHtml } from './dates.js';
import { type Html, html } from './html.js';
import { humanise } from './titles.js';

/** The readable page shortens what nobody reads on a page; the data files have all of it. */
const LONGEST_TEXT = 4000;
const MOST_ITEMS = 100;
const DEEPEST = 6;
const SHORT_TEXT = 60;
/** A table wider than this does not fit a page: each record then is a list of its own. */
export const WIDEST_TABLE = 6;

/** Writes values as a person reads them, and remembers whether any was shortened. */
export class ValueWriter {
  #whole = true;

  /** False once a value was not shown in full. */
  get whole(): boolean {
    return this.#whole;
  }

  /** `name`: of the field, for those who hear the page. */
  write(value: Json, name: string, depth = 0): Html {
    if (value === null || value === '') return html`<span class="none">–</span>`;
    if (typeof value === 'boolean') return html`${value ? 'Yes' : 'No'}`;
    if (typeof value === 'number') return html`<span class="number">${value}</span>`;
    if (typeof value === 'string') return dateHtml(value) ?? this.#text(value);
    if (depth >= DEEPEST) return html`<code>${this.#text(JSON.stringify(value))}</code>`;
    return isPlainObject(value) ? this.#fields(value, depth) : this.#list(value, name, depth);
  }

  #text(value: string): Html {
    if (value.length <= LONGEST_TEXT) return html`<bdi>${breakable(value)}</bdi>`;
    this.#whole = false;
    // Half a surrogate pair is not a character.
    const shown = value.slice(0, LONGEST_TEXT).replace(/[\ud800-\udbff]$/, '');
    return html`<bdi>${shown}</bdi> ${rest(value.length - shown.length, 'character')}`;
  }

  #fields(value: { [key: string]: Json }, depth: number): Html {
    const entries = Object.entries(value);
    if (entries.length === 0) return html`<span class="none">–</span>`;
    return html`<dl class="nested">${entries
      .slice(0, MOST_ITEMS)
      .map(
        ([name, inner]) =>
          html`<div><dt dir="auto">${humanise(name)}</dt><dd dir="auto">${this.write(inner, name, depth + 1)}</dd></div>`,
      )}</dl>${this.#more(entries.length, 'field')}`;
  }

  #list(value: readonly Json[], name: string, depth: number): Html {
    if (value.length === 0) return html`<span class="none">–</span>`;
    const items = value.slice(0, MOST_ITEMS);
    const more = this.#more(value.length, 'item');
    if (items.every((item) => typeof item !== 'object' && String(item).length <= SHORT_TEXT)) {
      return html`${items.map((item, index) => [index > 0 ? ', ' : null, this.write(item, name)])}${more}`;
    }
    const records = items.filter(isPlainObject);
    const columns = [...new Set(records.flatMap(Object.keys))];
    if (records.length === items.length && columns.length <= WIDEST_TABLE) {
      return html`${this.#table(records, columns, name, depth)}${more}`;
    }
    return html`<ul>${items.map((item) => html`<li dir="auto">${this.write(item, name, depth + 1)}</li>`)}</ul>${more}`;
  }

  #table(records: readonly { [key: string]: Json }[], columns: readonly string[], name: string, depth: number): Html {
    return html`<div class="table" role="group" tabindex="0" aria-label="${humanise(name)}"><table>
<thead><tr>${columns.map((column) => html`<th scope="col" dir="auto">${humanise(column)}</th>`)}</tr></thead>
<tbody>${records.map(
      (record) =>
        html`<tr>${columns.map(
          (column) => html`<td dir="auto">${this.write(ownValue(record, column), column, depth + 1)}</td>`,
        )}</tr>`,
    )}</tbody></table></div>`;
  }

  #more(count: number, thing: string): Html | null {
    if (count <= MOST_ITEMS) return null;
    this.#whole = false;
    return html` ${rest(count - MOST_ITEMS, thing)}`;
  }
}

const rest = (count: number, thing: string) =>
  html`<span class="more">… ${count.toLocaleString('en-GB')} more ${thing}${count === 1 ? '' : 's'} in the data files</span>`;

/** A long word, such as an address, shall break at its joints rather than anywhere. */
const breakable = (value: string) =>
  /^\S{20,200}$/.test(value)
    ? value.split(/(?<=[@._/-])/).map((piece, index) => [index > 0 ? html`<wbr>` : null, piece])
    : value;

const ownValue = (record: { [key: string]: Json }, field: string): Json =>
  Object.hasOwn(record, field) ? (record[field] ?? null) : null;
