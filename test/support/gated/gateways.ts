import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Sql } from 'postgres';
import type { Client } from '../../../examples/client.js';
import { ensureClient } from '../../../src/clients/clients.js';
import { loadKeys } from '../../../src/crypto/keys.js';
import { openDatabase } from '../../../src/database/database.js';
import { migratedDatabase } from '../database.js';
import { type Habeas, startHabeas } from '../habeas.js';
import { type GatedCompany, openCompany } from './company.js';
import { publishPolicies } from './standings.js';
import { registerMembers } from './world.js';

/** Two `habeas serve` over one database and the gated company, in which everybody is registered. */
export interface Gateways {
  readonly company: GatedCompany;
  /** Habeas' own tables. */
  readonly sql: Sql;
  readonly gateways: readonly [Habeas, Habeas];
  /** Registers a client, and answers it as a caller of each gateway. */
  client(
    name: string,
    affiliation: 'AFFILIATED' | 'EXTERNAL',
    purposes: readonly string[],
  ): Promise<readonly [Client, Client]>;
  person(accountId: string): Promise<readonly [Client, Client]>;
  close(): Promise<void>;
}

export async function openGateways(): Promise<Gateways> {
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-gateways-'));
  const [company, own] = await Promise.all([openCompany(), migratedDatabase()]);
  const database = await openDatabase({ databaseUrl: own.url, dataDirectory });
  const keys = await loadKeys(path.join(dataDirectory, 'keys.json'), { create: true });
  await registerMembers(database.db, keys);
  await publishPolicies(database.sql);
  const options = { part: 'serve', dataDirectory, databaseUrl: own.url, services: company.manifests } as const;
  const [first, second] = await Promise.all([startHabeas(options), startHabeas(options)]);
  return {
    company,
    sql: database.sql,
    gateways: [first, second],
    client: async (name, affiliation, purposes) => {
      await ensureClient(database.db, { name, affiliation, purposes, country: 'GB' });
      return [await first.client(name), await second.client(name)];
    },
    person: async (accountId) => [await first.person(accountId), await second.person(accountId)],
    close: async () => {
      await Promise.all([first.stop(), second.stop()]);
      await database.close();
      await Promise.all([company.close(), own.drop()]);
      rmSync(dataDirectory, { recursive: true, force: true });
    },
  };
}
