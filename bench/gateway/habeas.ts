import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { loadKeys } from '../../src/crypto/keys.js';
import { createDatabase } from '../../src/database/database.js';
import { freePort } from '../../src/database/embedded.js';
import { projectRoot } from '../../src/database/project-root.js';
import { type Child, startChild } from '../child.js';
import type { Issuer } from './issuer.js';
import { accountId } from './people.js';
import { CLIENT, populate } from './population.js';
import { QUESTIONS } from './questions.js';
import { PURPOSE, SERVICES } from './services.js';

const DATABASE = 'habeas';
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
  await populate(databaseUrl, directory, keys, options.accounts);
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
  const url = `http://127.0.0.1:${port}/graphql`;
  const headers = { authorization: `Bearer ${await issuer.token(CLIENT)}`, 'x-purpose': PURPOSE };
  await requireGate(url, headers, accountId(options.accounts));
  return { url, headers, child };
}

/** What is measured is worth nothing with the gate open: somebody who has not consented must not be read. */
async function requireGate(url: string, headers: Record<string, string>, id: string): Promise<void> {
  const { query, variables } = QUESTIONS.one;
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables: variables([id]) }),
  });
  const { data, extensions } = (await answer.json()) as {
    data?: { account?: Record<string, unknown> };
    extensions?: { withheld?: { reason: string }[] };
  };
  const reasons = new Set(extensions?.withheld?.map(({ reason }) => reason));
  const hasRead = SERVICES.some(({ name }) => data?.account?.[name] !== null);
  if (hasRead || !reasons.has('NO_CONSENT')) throw new Error('Habeas reads people who have not consented.');
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
