import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** The folder of package.json, from the sources as from the compiled files: `file:///…/`. */
export function projectRoot(): URL {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    if (existsSync(new URL('package.json', folder))) return folder;
    if (folder.pathname === '/') return pathToFileURL(`${process.cwd()}/`);
  }
}
