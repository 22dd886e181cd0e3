import { readdir, utimes } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../../src/clock.js';
import { openDatabase } from '../../src/database/database.js';
import { notifications } from '../../src/database/notifications.js';
import { sweepHandler } from '../../src/exports/sweep.js';
import { signedCredentials } from '../../src/services/credentials.js';
import { readManifests } from '../../src/services/manifest.js';
import { openRegistry } from '../../src/services/registry.js';
import { createLogger } from '../../src/telemetry.js';
import type { World } from '../../src/world.js';
import type { Habeas } from '../support/habeas.js';

/** The world of a running Habeas, opened a second time in this process: to run its handlers by hand. */
export async function worldOf(
  { config, keys }: Pick<Habeas, 'config' | 'keys'>,
  databaseUrl: string,
  services: string,
): Promise<World & { close(): Promise<void> }> {
  const database = await openDatabase({ ...config, databaseUrl });
  const registry = openRegistry(await readManifests(services, {}), signedCredentials(keys.signing, 'http://127.0.0.1'));
  return {
    config,
    publicUrl: 'http://127.0.0.1',
    db: database.db,
    sql: database.sql,
    keys,
    registry,
    clock: systemClock,
    log: createLogger('silent'),
    notifications: notifications(database.sql),
    close: async () => {
      await registry.close();
      await database.close();
    },
  };
}

/** Runs the sweep as it will run in two hours: everything in the exports folder is made two hours older. */
export async function sweepLater(world: World): Promise<void> {
  const { directory } = world.config.exports;
  const earlier = new Date(Date.now() - 2 * 3_600_000);
  for (const entry of await readdir(directory)) await utimes(path.join(directory, entry), earlier, earlier);
  await sweepHandler(world).handle({}, { attempt: 1, maxAttempts: 1, signal: new AbortController().signal });
}
