import fc from 'fast-check';
import { parseFragment } from 'parse5';
import { describe, expect, it } from 'vitest';
import { renderMarkdown } from '../../src/policies/markdown.js';

interface Node {
  readonly tagName?: string;
  readonly attrs?: readonly { readonly name: string; readonly value: string }[];
  readonly childNodes?: readonly Node[];
}

const elementsOf = (html: string): Node[] => {
  const below = (node: Node): Node[] => [node, ...(node.childNodes ?? []).flatMap(below)];
  return below(parseFragment(html) as Node).filter(({ tagName }) => tagName !== undefined);
};

describe('a policy’s text as HTML', () => {
  it('has headings below the title of the page, each with an anchor of its own', () => {
    const { html, headings } = renderMarkdown('# Your *rights*\n\ntext\n\n## Über uns\n\n## Über uns\n\n### ?');
    expect(headings).toEqual([
      { level: 2, text: 'Your rights', anchor: 'your-rights' },
      { level: 3, text: 'Über uns', anchor: 'uber-uns' },
      { level: 3, text: 'Über uns', anchor: 'uber-uns-2' },
      { level: 4, text: '?', anchor: 'section' },
    ]);
    expect(html).toContain('<h2 id="your-rights">Your <em>rights</em></h2>');
    expect(renderMarkdown('## Second level').html).toBe('<h2 id="second-level">Second level</h2>\n');
  });

  it.each([
    ['elements', '<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>'],
    ['scripts behind links', '[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x)'],
    ['images', '![a](https://elsewhere.example/pixel.png)'],
    ['attributes', '[a](https://x.example "\\" onclick=\\"alert(1)")'],
    ['anchors that break out', '## "><script>alert(1)</script>'],
  ])('lets no %s through', (_what, text) => {
    const elements = elementsOf(renderMarkdown(text).html);
    expect(elements.map(({ tagName }) => tagName)).toSatisfy((names: string[]) =>
      names.every((name) => ['p', 'a', 'h2'].includes(name)),
    );
    for (const { name, value } of elements.flatMap(({ attrs }) => attrs ?? [])) {
      expect(['href', 'title', 'id']).toContain(name);
      if (name === 'href') expect(value).toMatch(/^https:/);
    }
  });

  it('never makes an element that runs or loads anything, whatever the text', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '"',
      '`',
      '[',
      '](',
      ')',
      '!',
      '&lt;',
      'javascript:',
      '\n',
      '# ',
      'script',
      ' on=x',
      '*',
      '|',
    );
    fc.assert(
      fc.property(
        fc.array(fc.oneof(pieces, fc.string())).map((all) => all.join('')),
        (text) => {
          const { html, headings } = renderMarkdown(text);
          const names = new Set(elementsOf(html).map(({ tagName }) => tagName));
          for (const active of ['script', 'img', 'iframe', 'object', 'style', 'form', 'svg', 'link']) {
            expect(names.has(active)).toBe(false);
          }
          expect(new Set(headings.map(({ anchor }) => anchor)).size).toBe(headings.length);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
