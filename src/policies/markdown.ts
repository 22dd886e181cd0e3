import MarkdownIt from 'markdown-it';

export interface Heading {
  /** 2 to 6. */
  readonly level: number;
  readonly text: string;
  /** What the heading is linked to by: `#your-rights`. */
  readonly anchor: string;
}

export interface Rendered {
  /** Safe as it stands: HTML in the text comes out as text, and links lead to pages only. */
  readonly html: string;
  readonly headings: readonly Heading[];
}

/** Images would be fetched from elsewhere, and tell there who reads. */
const markdown = new MarkdownIt({ html: false, linkify: false }).disable('image');

/**
 * Markdown as HTML below a page's own title: headings begin at the second level and each has an anchor. The same text
 * always gets the same anchors.
 */
export function renderMarkdown(text: string): Rendered {
  const tokens = markdown.parse(text, {});
  const opening = tokens.filter(({ type }) => type === 'heading_open');
  const highest = Math.min(...opening.map(({ tag }) => levelOf(tag)));
  const anchors = new Set<string>();
  const headings: Heading[] = [];
  for (const [index, token] of tokens.entries()) {
    if (token.type !== 'heading_open' && token.type !== 'heading_close') continue;
    const level = Math.min(6, levelOf(token.tag) + (highest === 1 ? 1 : 0));
    token.tag = `h${level}`;
    if (token.type === 'heading_close') continue;
    const words = plainText(tokens[index + 1]);
    const anchor = unused(slug(words), anchors);
    anchors.add(anchor);
    token.attrSet('id', anchor);
    headings.push({ level, text: words, anchor });
  }
  return { html: markdown.renderer.render(tokens, markdown.options, {}), headings };
}

type Token = ReturnType<typeof markdown.parse>[number];

const levelOf = (tag: string) => Number(tag.slice(1));

const plainText = (inline: Token | undefined): string =>
  (inline?.children ?? [])
    .map(({ type, content }) => (type === 'softbreak' ? ' ' : content))
    .join('')
    .trim();

function slug(words: string): string {
  const joined = words
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');
  return joined || 'section';
}

function unused(anchor: string, taken: ReadonlySet<string>): string {
  for (let number = 1; ; number += 1) {
    const candidate = number === 1 ? anchor : `${anchor}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}
