import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { register } from '../../../src/accounts/accounts.js';
import { systemClock } from '../../../src/clock.js';
import { readConfig } from '../../../src/config.js';
import type { Keys } from '../../../src/crypto/keys.js';
import type { Db } from '../../../src/database/database.js';
import { notifications } from '../../../src/database/notifications.js';
import { readManifests } from '../../../src/services/manifest.js';
import { openRegistry, type Registry } from '../../../src/services/registry.js';
import { createLogger } from '../../../src/telemetry.js';
import type { World } from '../../../src/world.js';
import { plainCredentials } from '../services/credentials.js';
import { openStore, type Store } from '../store.js';
import { type GatedCompany, openCompany } from './company.js';
import { MEMBERS } from './people.js';

/** When everybody was registered. */
export const REGISTERED = new Date('2026-01-02T03:04:05.000Z');

export interface GatedWorld {
  readonly company: GatedCompany;
  readonly store: Store;
  readonly world: World;
  close(): Promise<void>;
}

/** Registers everybody, as Habeas keeps them. */
export async function registerMembers(db: Db, keys: Keys): Promise<void> {
  for (const { id, name, email, deskId } of MEMBERS) {
    await db.transaction((tx) =>
      register(tx, keys, REGISTERED, {
        id,
        profile: { displayName: name, email },
        identifiers: [{ type: 'EMAIL', value: email, verified: true }],
        links: deskId ? [{ service: 'desk', externalId: deskId }] : [],
      }),
    );
  }
}

/** The gated company, a store of Habeas' own with everybody registered, and Habeas in this process over both. */
export async function openWorld(withRegistry: (registry: Registry) => Registry = (same) => same): Promise<GatedWorld> {
  const [company, store] = await Promise.all([openCompany(), openStore()]);
  await registerMembers(store.db, store.keys);
  const folder = mkdtempSync(path.join(tmpdir(), 'habeas-world-'));
  const registry = openRegistry(await readManifests(company.manifests, {}), plainCredentials);
  const world: World = {
    config: readConfig({ NODE_ENV: 'test', HABEAS_DATA: folder }),
    publicUrl: 'http://habeas.example',
    db: store.db,
    sql: store.sql,
    keys: store.keys,
    registry: withRegistry(registry),
    clock: systemClock,
    log: createLogger('silent'),
    notifications: notifications(store.sql),
  };
  return {
    company,
    store,
    world,
    close: async () => {
      await registry.close();
      await Promise.all([company.close(), store.close()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
