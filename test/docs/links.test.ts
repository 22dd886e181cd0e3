import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchors, type Page, pages, ROOT, readPage } from './pages.js';

interface Link {
  readonly text: string;
  readonly target: string;
}

const linksOf = ({ prose }: Page): Link[] =>
  [...prose.matchAll(/\[([^\]]*)\]\(([^)\s]+)\)/g)]
    .map(([, text = '', target = '']) => ({ text, target }))
    .filter(({ target }) => !/^(https?|mailto):/.test(target));

/** What is wrong with a link; null where nothing is. */
function problemOf(page: Page, { text, target }: Link): string | null {
  const [file = '', anchor] = target.split('#');
  const place = file === '' ? page.file : path.join(path.dirname(page.file), file);
  if (!existsSync(path.join(ROOT, place))) return `${page.file}: there is no ${place}`;
  if (anchor !== undefined && !anchors(readPage(place)).has(anchor)) return `${page.file}: ${place} has no #${anchor}`;
  const name = /^`(\w+)`$/.exec(text)?.[1];
  if (name === undefined || !statSync(path.join(ROOT, place)).isFile()) return null;
  const holds = new RegExp(`\\b${name}\\b`).test(readFileSync(path.join(ROOT, place), 'utf8'));
  return holds ? null : `${page.file}: ${place} has no ${name}`;
}

describe('the pages', () => {
  it.each(pages().map((page) => [page.file, page] as const))(
    '%s link to files, headings and names that are there',
    (_file, page) => {
      expect(linksOf(page).flatMap((link) => problemOf(page, link) ?? [])).toEqual([]);
    },
  );

  it('would tell of a link that leads nowhere', () => {
    const page = readPage('README.md');
    expect(problemOf(page, { text: 'x', target: 'docs/none.md' })).toContain('there is no docs/none.md');
    expect(problemOf(page, { text: 'x', target: 'docs/operate.md#none' })).toContain('has no #none');
    expect(problemOf(page, { text: '`none`', target: 'src/main.ts' })).toContain('has no none');
    expect(problemOf(page, { text: '`habeas`', target: 'src/main.ts' })).toBeNull();
  });

  it('are all reached from the README', () => {
    const reached = new Set<string>();
    const open = ['README.md'];
    for (let file = open.pop(); file !== undefined; file = open.pop()) {
      if (reached.has(file)) continue;
      reached.add(file);
      const targets = linksOf(readPage(file)).map(({ target }) => target.split('#')[0] ?? '');
      for (const target of targets) if (target.endsWith('.md')) open.push(path.join(path.dirname(file), target));
    }
    expect(pages().flatMap(({ file }) => (reached.has(file) ? [] : [file]))).toEqual([]);
  });
});
