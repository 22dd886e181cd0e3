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

/** Writes values as a person reads them, and remembers whether any was shortened. */
export class ValueWriter {
  #whole = true;

  /** False once a value was not shown in full. */
  get whole(): boolean {
    return this.#whole;
  }

  write(value: Json, depth = 0): Html {
    if (value === null || value === '') return html`<span class="none">–</span>`;
    if (typeof value === 'boolean') return html`${value ? 'Yes' : 'No'}`;
    if (typeof value === 'number') return html`<span class="number">${value}</span>`;
    if (typeof value === 'string') return dateHtml(value) ?? this.#text(value);
    if (depth >= DEEPEST) return html`<code>${this.#text(JSON.stringify(value))}</code>`;
    return isPlainObject(value) ? this.#fields(value, depth) : this.#list(value, depth);
  }

  #text(value: string): Html {
    if (value.length <= LONGEST_TEXT) return html`<bdi>${value}</bdi>`;
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
          html`<div><dt dir="auto">${humanise(name)}</dt><dd dir="auto">${this.write(inner, depth + 1)}</dd></div>`,
      )}</dl>${this.#more(entries.length, 'field')}`;
  }

  #list(value: readonly Json[], depth: number): Html {
    if (value.length === 0) return html`<span class="none">–</span>`;
    const shown = value.slice(0, MOST_ITEMS).map((item) => ({ item, written: this.write(item, depth + 1) }));
    if (shown.every(({ item }) => typeof item !== 'object' && String(item).length <= SHORT_TEXT)) {
      return html`${shown.map(({ written }, index) => [index > 0 ? ', ' : null, written])}${this.#more(value.length, 'item')}`;
    }
    return html`<ul>${shown.map(({ written }) => html`<li dir="auto">${written}</li>`)}</ul>${this.#more(value.length, 'item')}`;
  }

  #more(count: number, thing: string): Html | null {
    if (count <= MOST_ITEMS) return null;
    this.#whole = false;
    return html` ${rest(count - MOST_ITEMS, thing)}`;
  }
}

const rest = (count: number, thing: string) =>
  html`<span class="more">… ${count.toLocaleString('en-GB')} more ${thing}${count === 1 ? '' : 's'} in the data files</span>`;
