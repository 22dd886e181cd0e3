import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '../src/database/embedded.js';
import { projectRoot } from '../src/database/project-root.js';
import { type RunningService, startChild } from './company/child-process.js';
import { databaseUrl, ERASER, prepareDatabases, READER } from './company/databases.js';
import { SERVICES, type ServiceName } from './people/person.js';

export type { RunningService } from './company/child-process.js';

/** Lantern Education, running: one Postgres and four services, each in a process of its own. */
export interface Company {
  /** What the manifests' placeholders stand for: where each service, or the store Habeas reads, is. */
  readonly env: Readonly<Record<string, string>>;
  /** Folder of the four manifests. */
  readonly manifests: string;
  /** The services as they run now. One that dies stays dead until `restart`. */
  readonly processes: readonly RunningService[];
  /** The address of a service's database as its owner. */
  databaseUrl(service: ServiceName): string;
  /** Ends a service, where it still runs, and starts it again at the same address. */
  restart(service: ServiceName): Promise<RunningService>;
  /** Ends the services, then Postgres. */
  stop(): Promise<void>;
}

export interface CompanyOptions {
  /** Habeas' data directory; the company keeps its own below it, in `company/postgres`. */
  readonly dataDirectory: string;
  /** Where Habeas publishes its keys, and the `iss` of its tokens. Nothing is asked there until a token comes. */
  readonly jwksUrl: string;
  readonly issuer: string;
  /** Told of what goes wrong in a service, a line at a time. */
  readonly log?: (line: string) => void;
}

/**
 * What is invented can be invented again: a quick start and a quick end are worth more here than outliving a power cut.
 * A process that is killed loses nothing that was committed.
 */
const INVENTED_DATA = { fsync: 'off', full_page_writes: 'off', wal_level: 'minimal', max_wal_senders: '0' } as const;

/**
 * Starts the demo company. The first start makes and fills the stores, which takes a few seconds; later ones find what
 * is there. Ends with the process that called it, however that ends. Throws when a part does not come up, and then
 * leaves nothing running.
 */
export async function startCompany(options: CompanyOptions): Promise<Company> {
  const root = fileURLToPath(projectRoot());
  const postgres = await startEmbeddedPostgres({
    directory: path.join(options.dataDirectory, 'company/postgres'),
    settings: INVENTED_DATA,
  });
  const eventsSecret = `whsec_${randomBytes(32).toString('base64')}`;
  const running = new Map<ServiceName, RunningService>();
  const stop = async () => {
    await Promise.all([...running.values()].map((service) => service.stop()));
    await postgres.stop();
  };
  const start = async (name: ServiceName, port: string) => {
    const script = scriptOf(root, name);
    const env = {
      ...environmentOf(options, databaseUrl(postgres.url, name), name, port),
      ...(name === 'support' ? { EVENTS_SECRET: eventsSecret } : {}),
    };
    const service = await startChild({ name, script, env, log: options.log ?? (() => {}) });
    running.set(name, service);
    return service;
  };

  try {
    await prepareDatabases(postgres.url);
    const started = await Promise.allSettled(SERVICES.map((name) => start(name, '0')));
    for (const outcome of started) if (outcome.status === 'rejected') throw outcome.reason;
  } catch (error) {
    await stop();
    throw error;
  }

  return {
    env: {
      EHCP_AUDIT_DATABASE_URL: databaseUrl(postgres.url, 'ehcp_audit', READER),
      EHCP_AUDIT_ERASE_URL: databaseUrl(postgres.url, 'ehcp_audit', ERASER),
      NEWSLETTER_DATABASE_URL: databaseUrl(postgres.url, 'newsletter', READER),
      NEWSLETTER_ERASE_URL: databaseUrl(postgres.url, 'newsletter', ERASER),
      TRAINING_URL: running.get('training')?.url ?? '',
      SUPPORT_URL: running.get('support')?.url ?? '',
      SUPPORT_EVENTS_SECRET: eventsSecret,
    },
    manifests: path.join(root, 'examples/manifests'),
    get processes() {
      return SERVICES.flatMap((name) => running.get(name) ?? []);
    },
    databaseUrl: (service) => databaseUrl(postgres.url, service),
    async restart(name) {
      const before = running.get(name);
      await before?.stop();
      return start(name, before ? new URL(before.url).port : '0');
    },
    stop,
  };
}

function scriptOf(root: string, name: ServiceName): string {
  const script = path.join(root, 'dist/examples', name.replace('_', '-'), 'server.js');
  if (!existsSync(script)) throw new Error(`${script} is missing: run "npm run build" first.`);
  return script;
}

/** A service is told what it needs and nothing of what Habeas keeps in its own environment. */
function environmentOf(options: CompanyOptions, url: string, name: ServiceName, port: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    NODE_ENV: 'production',
    PORT: port,
    DATABASE_URL: url,
    HABEAS_JWKS_URL: options.jwksUrl,
    HABEAS_ISSUER: options.issuer,
    AUDIENCE: name,
  };
}

/** `node dist/examples/company.js` runs the company alone until Ctrl-C and prints where everything is. */
async function main(): Promise<void> {
  const issuer = process.env.HABEAS_PUBLIC_URL ?? 'http://127.0.0.1:4000';
  const company = await startCompany({
    dataDirectory: process.env.HABEAS_DATA ?? '.habeas',
    jwksUrl: process.env.HABEAS_JWKS_URL ?? `${issuer}/.well-known/jwks.json`,
    issuer,
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const services = company.processes.map(({ name, pid, url }) => ({ name, pid, url }));
  process.stdout.write(`${JSON.stringify({ services, env: company.env })}\n`);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void company.stop());
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
