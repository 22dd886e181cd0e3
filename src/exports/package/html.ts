/** A piece of HTML that is safe as it stands. Only `html` makes one. */
export class Html {
  constructor(private readonly source: string) {}

  toString(): string {
    return this.source;
  }
}

export type Interpolated = string | number | Html | readonly Interpolated[] | null;

/**
 * HTML from a template: everything put in is text and comes out as text, in elements and in quoted attributes, unless
 * it is `Html` itself; null is nothing. Never put data where a name, a style, a script or an address stands.
 */
export function html(strings: TemplateStringsArray, ...values: Interpolated[]): Html {
  let source = strings[0] ?? '';
  values.forEach((value, index) => {
    source += text(value) + (strings[index + 1] ?? '');
  });
  return new Html(source);
}

function text(value: Interpolated): string {
  if (value === null) return '';
  if (value instanceof Html) return value.toString();
  if (typeof value === 'object') return value.map(text).join('');
  return escapeText(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
  '=': '&#61;',
};

/** Control characters are not allowed in HTML: they show as U+FFFD. Tab and line feed stay, a lone carriage return becomes one. */
function escapeText(data: string): string {
  return data
    .replace(/[&<>"'`=]/g, (character) => ENTITIES[character] ?? '')
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\t\n]/gu, '\ufffd');
}
