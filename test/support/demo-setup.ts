import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestProject } from 'vitest/node';
import { startHabeas } from './habeas.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Data directory of the Habeas all acceptance tests share, demo company included. */
    demoDirectory: string;
    /** Address of its graph. */
    demoUrl: string;
  }
}

/** One `habeas start` with the demo company, for all acceptance tests: they read, or add what is theirs alone. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-demo-'));
  const habeas = await startHabeas({ dataDirectory });
  project.provide('demoDirectory', dataDirectory);
  project.provide('demoUrl', habeas.url);
  return async () => {
    await habeas.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  };
}
