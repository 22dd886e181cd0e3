import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../src/database/project-root.js';

export const ROOT = fileURLToPath(projectRoot());

/** A Markdown page, by its path from the project's folder. */
export interface Page {
  readonly file: string;
  /** Without its code blocks. */
  readonly prose: string;
}

/** Every page written for people. */
export function pages(): Page[] {
  const top = readdirSync(ROOT).filter((file) => file.endsWith('.md'));
  const docs = readdirSync(path.join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => path.join('docs', file));
  return [...top, ...docs, 'examples/README.md'].map(readPage);
}

export function readPage(file: string): Page {
  const text = readFileSync(path.join(ROOT, file), 'utf8');
  return { file, prose: text.replaceAll(/^```[\s\S]*?^```$/gm, '') };
}

/** The rows of a page's tables as cells, without backticks. */
export function tableRows(page: Page): string[][] {
  return page.prose
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .map((line) =>
      line
        .slice(1, line.lastIndexOf('|'))
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', '')),
    );
}

/** Anchors of a page's headings, as GitHub makes them. */
export function anchors({ prose }: Page): Set<string> {
  const headings = [...prose.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading);
  return new Set(
    headings.map((heading) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\p{M} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}
