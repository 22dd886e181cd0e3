import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, visit } from 'yaml';
import { type ManifestPath, type ManifestProblem, printPath } from './manifest-problems.js';

const PLACEHOLDER = /\$\{([A-Za-z_]\w*)\}/g;
/** Private-use characters in place of braces, which YAML would read as a map inside `{ url: ${NAME} }`. */
const [OPEN, CLOSE] = ['\uE000', '\uE001'];
const HIDDEN = new RegExp(`${OPEN}(\\w+)${CLOSE}`, 'g');

/** A YAML file that knows on which line each of its parts stands. */
export class ManifestSource {
  /** The file's content as plain values; undefined for an empty or broken file. */
  readonly value: unknown;
  readonly problems: ManifestProblem[] = [];
  readonly #document: Document;
  readonly #lines = new LineCounter();

  /** @param file as it is named in messages */
  constructor(
    text: string,
    readonly file: string,
  ) {
    this.#document = parseDocument(text.replaceAll(PLACEHOLDER, `${OPEN}$1${CLOSE}`), { lineCounter: this.#lines });
    visit(this.#document, {
      Scalar: (_key, node) => {
        if (typeof node.value === 'string') node.value = node.value.replaceAll(HIDDEN, (_all, name) => `$\{${name}}`);
      },
    });
    for (const error of this.#document.errors) {
      const [said = ''] = error.message.split('\n');
      const message = `not YAML: ${said.replace(/ at line .*$/, '')}.`;
      this.problems.push({ file, path: '', line: error.linePos?.[0].line ?? 1, message });
    }
    if (this.problems.length === 0) this.value = this.#document.toJS() ?? undefined;
  }

  /** Notes something to mend at the deepest part of `path` that exists. */
  report(path: ManifestPath, message: string): void {
    this.problems.push({ file: this.file, path: printPath(path), line: this.#lineOf(path), message });
  }

  #lineOf(path: ManifestPath): number {
    let node: unknown = this.#document.contents;
    let offset = 0;
    for (const step of path) {
      if (isAlias(node)) node = node.resolve(this.#document);
      if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && key.value === step);
        if (!pair) break;
        if (isNode(pair.key)) offset = pair.key.range?.[0] ?? offset;
        node = pair.value;
      } else if (isSeq(node) && typeof step === 'number') {
        node = node.items[step];
        if (isNode(node)) offset = node.range?.[0] ?? offset;
      } else break;
    }
    return Math.max(1, this.#lines.linePos(offset).line);
  }
}

/** Puts the environment's values in place of `${NAME}` in every text of `value`; a name that is not set is reported. */
export function resolvePlaceholders(
  value: unknown,
  path: ManifestPath,
  environment: NodeJS.ProcessEnv,
  source: ManifestSource,
): unknown {
  if (typeof value === 'string') {
    return value.replaceAll(PLACEHOLDER, (placeholder, name: string) => {
      const found = environment[name];
      if (found) return found;
      source.report(path, `the environment variable ${name} is not set: set it, or write the value here.`);
      return placeholder;
    });
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => resolvePlaceholders(item, [...path, index], environment, source));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, resolvePlaceholders(item, [...path, key], environment, source)]),
    );
  }
  return value;
}
