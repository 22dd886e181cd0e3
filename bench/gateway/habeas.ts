import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { register } from '../../src/accounts/accounts.js';
import { ensureClient } from '../../src/clients/clients.js';
import { type Keys, loadKeys } from '../../src/crypto/keys.js';
import { createDatabase, type Database, openDatabase } from '../../src/database/database.js';
import { freePort } from '../../src/database/embedded.js';
import { projectRoot } from '../../src/database/project-root.js';
import { type Child, startChild } from '../child.js';
import type { Issuer } from './issuer.js';
import { accountId } from './people.js';
import { PURPOSE, SERVICES, storeName } from './services.js';

const DATABASE = 'habeas';
const CLIENT = 'bench-reader';
const READY_WITHIN_MS = 60_000;

export interface HabeasOptions {
  /** Folder for what Habeas keeps. */
  readonly directory: string;
  readonly serverUrl: string;
  readonly manifests: string;
  readonly issuer: Issuer;
  readonly accounts: number;
  /** Folder a processor profile is written to at the end; null: none is taken. */
  readonly profile: string | null;
}

export interface RunningHabeas {
  readonly url: string;
  /** What a service client sends with each question. */
  readonly headers: Readonly<Record<string, string>>;
  readonly child: Child;
}

/**
 * Habeas as a company runs it: `habeas start` in production, its people registered and their consent given, its
 * callers known by the tokens of an identity provider.
 */
export async function startHabeas(options: HabeasOptions): Promise<RunningHabeas> {
  const { directory, serverUrl, manifests, issuer, profile } = options;
  await createDatabase(serverUrl, DATABASE);
  const databaseUrl = Object.assign(new URL(serverUrl), { pathname: `/${DATABASE}` }).href;
  const keysFile = path.join(directory, 'keys.json');
  const keys = await loadKeys(keysFile, { create: true });
  const database = await openDatabase({ databaseUrl, dataDirectory: directory });
  try {
    await registerPeople(database, keys, options.accounts);
    const purposes = [PURPOSE];
    await ensureClient(database.db, { name: CLIENT, affiliation: 'AFFILIATED', purposes, country: 'GB' });
    await database.sql`vacuum analyze`;
  } finally {
    await database.close();
  }
  const port = await freePort();
  const child = startChild(new URL('dist/src/main.js', projectRoot()), {
    args: ['start'],
    node: profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [],
    env: {
      DATABASE_URL: databaseUrl,
      HABEAS_DATA: directory,
      HABEAS_SERVICES: manifests,
      HABEAS_PORT: String(port),
      HABEAS_OIDC_ISSUER: issuer.url,
      HABEAS_KEYS_FILE: keysFile,
      HABEAS_CONTROLLER_NAME: 'Bench Ltd',
      HABEAS_CONTROLLER_ADDRESS: '1 Example Street, Portsmouth PO1 1AA, United Kingdom',
      HABEAS_DPS_EMAIL: 'dps@bench.example',
      HABEAS_DPS_ADDRESS: '1 Example Street, Portsmouth PO1 1AA, United Kingdom',
      HABEAS_DRAIN_SECONDS: '0',
    },
  });
  await ready(`http://127.0.0.1:${port}/readyz`, child);
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    headers: { authorization: `Bearer ${await issuer.token(CLIENT)}`, 'x-purpose': PURPOSE },
    child,
  };
}

const AT_ONCE = 4;
const TOGETHER = 50;

/** Registers everybody, known to each store by the account's own id. */
async function registerPeople({ db }: Database, keys: Keys, count: number): Promise<void> {
  const now = new Date();
  const groups = Array.from({ length: Math.ceil(count / TOGETHER) }, (_, group) => group * TOGETHER);
  const worker = async () => {
    for (let first = groups.shift(); first !== undefined; first = groups.shift()) {
      const last = Math.min(first + TOGETHER, count);
      await db.transaction(async (tx) => {
        for (let n = first ?? 0; n < last; n += 1) await register(tx, keys, now, person(n));
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function person(n: number) {
  const id = accountId(n);
  const email = `person${n}@example.com`;
  return {
    id,
    profile: { givenName: 'Person', familyName: `Number ${n}`, email },
    identifiers: [{ type: 'EMAIL' as const, value: email, verified: true }],
    links: SERVICES.map((service) => ({ service: storeName(service), externalId: id })),
  };
}

async function ready(address: string, child: Child): Promise<void> {
  const isReady = () =>
    fetch(address).then(
      (answer) => answer.ok,
      () => false,
    );
  for (let waited = 0; waited < READY_WITHIN_MS; waited += 100) {
    if (await isReady()) return;
    child.requireAlive();
    await delay(100);
  }
  throw new Error('Habeas did not come up.');
}
