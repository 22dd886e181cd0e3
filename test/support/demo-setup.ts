import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { type Habeas, startHabeas } from './habeas.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Holds what `demoFiles` names. */
    demoFolder: string;
  }
}

/** Where the tests find the demo company all of them share. */
export const demoFiles = (folder: string) => ({
  /** Data directory of the Habeas they share. */
  data: path.join(folder, 'data'),
  /** Such a directory as its first start left it, to be copied. */
  template: path.join(folder, 'template'),
  /** What the first start printed. */
  firstWords: path.join(folder, 'first-words.txt'),
  /** The address of the graph, as soon as there is one; or why there will be none. */
  url: path.join(folder, 'url.txt'),
  failure: path.join(folder, 'failure.txt'),
});

/**
 * One `habeas start` with the demo company, for all acceptance tests: they read, or add what is theirs alone. It comes
 * up while those run that do not need it.
 */
export default function setup(project: TestProject): () => Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'habeas-demo-'));
  project.provide('demoFolder', folder);
  const running = comeUp(folder).catch((error: Error) => {
    writeFileSync(demoFiles(folder).failure, error.message);
    return null;
  });
  return async () => {
    await (await running)?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
}

async function comeUp(folder: string): Promise<Habeas> {
  const { data, template, firstWords, url } = demoFiles(folder);
  const first = await startHabeas({ dataDirectory: data });
  writeFileSync(firstWords, first.output());
  await first.stop();
  spawnSync('cp', ['-a', data, template]);
  // All callers of all tests share one address.
  const habeas = await startHabeas({ dataDirectory: data, env: { HABEAS_DEVICE_RATE: '100000' } });
  writeFileSync(url, habeas.url);
  return habeas;
}
