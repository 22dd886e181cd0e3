import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkServices } from '../../src/cli/services-check.js';
import { readConfig } from '../../src/config.js';
import { type RunningService, startService } from '../support/services/process.js';

let library: RunningService;
let folder: string;
beforeAll(async () => {
  library = await startService('library.mjs');
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-check-'));
});
afterAll(async () => {
  await library.stop();
  rmSync(folder, { recursive: true, force: true });
});

function manifest(name: string): string {
  const file = path.join(folder, `${name}.yml`);
  writeFileSync(
    file,
    `habeas: { connection: { subgraph: { url: "${library.url}/${name}" } } }\nsystem: [{ fides_key: ${name} }]\n`,
  );
  return file;
}

async function check(names: readonly string[], env: Record<string, string> = {}) {
  const lines: string[] = [];
  const config = readConfig({ NODE_ENV: 'test', HABEAS_DATA: folder, ...env });
  const needed = await checkServices(config, names.map(manifest), (line) => lines.push(...line.split('\n')));
  return { needed, lines };
}

describe('services check', () => {
  it('tells problems of composition by service, coordinate and mend', async () => {
    await library.told({
      subgraph: 'loans',
      sdl: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
        type Book @key(fields: "id") { id: ID! grams: Int! }`,
    });
    const { needed, lines } = await check(['catalogue', 'loans']);
    expect(needed).toBeGreaterThan(0);
    expect(lines).toContainEqual(
      expect.stringMatching(
        /^ {2}! catalogue and loans: Book\.grams: .*mark it @shareable.*\(INVALID_FIELD_SHARING\)\.$/,
      ),
    );
    await library.told({ subgraph: 'loans', sdl: '' });
  });

  it('asks for no Account where unclassified fields are allowed, and says when its own part is left out', async () => {
    const names = ['catalogue', 'shelves', 'postage', 'loans', 'reviews'];
    const account = / {2}! has no type Account/;
    expect((await check(names)).lines.filter((line) => account.test(line))).toHaveLength(names.length);
    const { lines } = await check(names, { HABEAS_UNCLASSIFIED: 'allow' });
    expect(lines.filter((line) => account.test(line))).toEqual([]);
    expect(lines).toContain('graph: ready');
    await library.told({ subgraph: 'shelves', sdl: 'type Query { viewer: String }' });
    expect((await check(['shelves'], { HABEAS_UNCLASSIFIED: 'allow' })).lines).toContain(
      "  - Habeas' own part is left out of the graph: services use its names Query.viewer.",
    );
    await library.told({ subgraph: 'shelves', sdl: '' });
  });
});
