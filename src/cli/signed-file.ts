import { existsSync, readFileSync, statSync } from 'node:fs';
import { ConfigError } from '../config.js';

const LARGEST = 1_048_576;

/**
 * A signed document out of a file: the signature alone, or JSON with `jws` and what it was signed over as `json`, as the
 * graph answers it. `name` is what messages call it. Throws `ConfigError`.
 */
export function readSignedFile(file: string, name: string): { jws: string; json?: unknown } {
  if (!existsSync(file)) throw new ConfigError(`${name}: there is no file at ${file}.`);
  if (statSync(file).size > LARGEST) throw new ConfigError(`${name}: the file is larger than any ${name}.`);
  const text = readFileSync(file, 'utf8').trim();
  if (!text.startsWith('{')) return { jws: text };
  const content = parseJson(text);
  if (typeof content?.jws !== 'string') throw new ConfigError(`${name}: the file holds no "jws".`);
  return { jws: content.jws, json: content.json };
}

/** Throws `ConfigError` where the JSON beside a signature is not what was signed. */
export function requireSame(json: unknown, signed: unknown, name: string): void {
  if (json !== undefined && JSON.stringify(json) !== JSON.stringify(signed)) {
    throw new ConfigError(`${name}: has been changed: its "json" is not what its "jws" was signed over.`);
  }
}

function parseJson(text: string): { jws?: unknown; json?: unknown } | null {
  try {
    return JSON.parse(text) as { jws?: unknown };
  } catch {
    return null;
  }
}

/** Lines under names, for a terminal, which acts on control characters. */
export function listing(lines: readonly (readonly [string, readonly string[]])[]): string[] {
  return lines.flatMap(([name, values]) =>
    values.map((value, index) => `  ${(index === 0 ? name : '').padEnd(12)} ${printable(value)}`.trimEnd()),
  );
}

export const printable = (text: string) => text.replaceAll(/\p{Cc}/gu, ' ');
