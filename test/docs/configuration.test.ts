import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from '../../src/config.js';
import { ROOT, readPage, tableRows } from './pages.js';

interface Setting {
  readonly key: string;
  readonly default: string;
  readonly required: boolean;
}

/** Every setting with its default, as src/config.ts declares it. */
function declared(): Setting[] {
  const source = readFileSync(path.join(ROOT, 'src/config.ts'), 'utf8');
  const [, schema = ''] = /z\.object\(\{\n([\s\S]*?)\n\}\);/.exec(source) ?? [];
  const entries = schema.replaceAll(/\/\*\*.*?\*\//g, '').split(/^ {2}(?=[A-Z_]+: z)/m);
  const required = requiredInProduction();
  return entries.flatMap((entry) => {
    const key = /^[A-Z_]+(?=:)/.exec(entry)?.[0];
    if (!key) return [];
    const given = /\.default\((?:'([^']*)'|([\d._]+))\)/.exec(entry);
    return [{ key, default: given?.[1] ?? given?.[2] ?? '–', required: required.includes(key) }];
  });
}

function requiredInProduction(): string[] {
  try {
    readConfig({ NODE_ENV: 'production' });
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n').map((line) => line.split(':')[0] ?? '');
  }
  return [];
}

const documented = (): Setting[] =>
  tableRows(readPage('docs/configuration.md'))
    .slice(1)
    .map(([key = '', value = '']) => ({
      key: key.replace(' **P**', ''),
      default: value,
      required: key.endsWith('**P**'),
    }));

describe('docs/configuration.md', () => {
  it('has every setting of src/config.ts, in its order, with its default and whether production needs it', () => {
    expect(declared().length).toBeGreaterThan(15);
    expect(documented()).toEqual(declared());
  });
});
