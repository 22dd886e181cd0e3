import { isIP } from 'node:net';
import path from 'node:path';
import { z } from 'zod';
import { CONFIDENTIAL_MEND, isConfidential } from './transport.js';

const DAY_MS = 86_400_000;
const DATA_USES = 'must be data-use keys with commas between them, none twice or below another, or "none"';

function isDataUses(text: string): boolean {
  if (!/^[a-z0-9_.]+( *, *[a-z0-9_.]+)*$/.test(text)) return false;
  const keys = keysIn(text);
  return keys.every((key) => keys.filter((other) => `${key}.`.startsWith(`${other}.`)).length === 1);
}

const areNetworks = (text: string) =>
  text.split(/ *, */).every((network) => {
    const [address = '', bits, ...more] = network.split('/');
    const version = isIP(address);
    if (version === 0 || more.length > 0) return false;
    return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  });

function keysIn(text: string): readonly string[] {
  return text === 'none' ? [] : text.split(/ *, */);
}

/** Everything that can be set from outside, read once at start. Each key: default, unit and meaning. */
const Environment = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  /** Folder for what Habeas itself keeps: embedded database, development keys, packages. */
  HABEAS_DATA: z.string().min(1).default('.habeas'),
  /** Postgres 15 or newer; without it an embedded one runs below HABEAS_DATA. */
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  /** Folder of service manifests; without it, in development, the demo company is started. */
  HABEAS_SERVICES: z.string().min(1).optional(),
  /** How often services are asked whether their part of the graph has changed: seconds. */
  HABEAS_GRAPH_SECONDS: z.coerce.number().min(0.1).max(3_600).default(10),
  /** `allow`: fields without a category are readable by anybody, and any subgraphs are served. Never in production. */
  HABEAS_UNCLASSIFIED: z.enum(['refuse', 'allow']).default('refuse'),
  HABEAS_HOST: z.string().min(1).default('127.0.0.1'),
  /** TCP port; 0 takes a free one. */
  HABEAS_PORT: z.coerce.number().int().min(0).max(65_535).default(4000),
  /** The address callers use, when a proxy stands before Habeas. */
  HABEAS_PUBLIC_URL: z.url().optional(),
  /** Proxies whose `x-forwarded-for` says where a request comes from: addresses or networks with commas. */
  HABEAS_TRUSTED_PROXIES: z.string().refine(areNetworks, 'must be IP addresses or networks with commas').optional(),
  /** OpenID Connect issuer of callers' tokens; required in production. */
  HABEAS_OIDC_ISSUER: z.url().optional(),
  /** The `aud` tokens must carry. */
  HABEAS_OIDC_AUDIENCE: z.string().min(1).default('habeas'),
  /** Claim that lists a member of staff's roles: `dps`, `support`. */
  HABEAS_OIDC_ROLES_CLAIM: z.string().min(1).default('roles'),
  /** JSON file of the encryption and signing keys; required in production, made below HABEAS_DATA otherwise. */
  HABEAS_KEYS_FILE: z.string().min(1).optional(),
  /** File that says for good who was erased, outside the database and shared by all processes; made where there is none. */
  HABEAS_TOMBSTONES: z.string().min(1).optional(),
  /** How long a package can be fetched: days. */
  HABEAS_EXPORT_DAYS: z.coerce.number().int().min(1).max(30).default(5),
  /** How often a package can be fetched. */
  HABEAS_EXPORT_DOWNLOADS: z.coerce.number().int().min(1).max(100).default(5),
  /** Jobs run at the same time by one process. */
  HABEAS_WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(4),
  /** Part of the UK whose bank holidays move a deadline: ENG, SCT, WLS or NIR. */
  HABEAS_BANK_HOLIDAYS: z.enum(['ENG', 'SCT', 'WLS', 'NIR']).default('ENG'),
  /** Younger people agree through their guardian: years, 13 to 16 (UK GDPR Article 8). */
  HABEAS_CONSENT_AGE: z.coerce.number().int().min(13).max(16).default(13),
  /** How long a consent holds before it has to be given anew: months. */
  HABEAS_CONSENT_MONTHS: z.coerce.number().int().min(1).max(120).default(24),
  /** What is marketed about: `key=Title in plain words; key=…`. Without it, outside production, the demo company's. */
  HABEAS_MARKETING_TOPICS: z.string().min(1).optional(),
  /** Topics about own similar products, for which a recorded soft opt-in stands in for consent: keys, by commas. */
  HABEAS_SOFT_OPT_IN_TOPICS: z.string().min(1).optional(),
  /** How long an event is tried before it is a dead letter: days. */
  HABEAS_EVENT_DAYS: z.coerce.number().min(0.001).max(30).default(3),
  /** How long an event is kept once every service was told of it: days. */
  HABEAS_EVENT_KEEP_DAYS: z.coerce.number().int().min(30).max(3_650).default(730),
  /** Uses people may agree to or refuse before login, by a device id: data-use keys with commas, none below another. */
  HABEAS_DEVICE_PURPOSES: z.string().refine(isDataUses, DATA_USES).default('functional.storage'),
  /** How long what was said by a device id is kept after it was last used: days. */
  HABEAS_DEVICE_DAYS: z.coerce.number().int().min(1).max(3_650).default(400),
  /** How often one address may speak for devices: times a minute, for each process. */
  HABEAS_DEVICE_RATE: z.coerce.number().int().min(1).max(100_000).default(60),
  /** Uses that `Sec-GPC: 1` on a person's request is an objection to: data-use keys with commas; "none" for none. */
  HABEAS_GPC_PURPOSES: z.string().refine(isDataUses, DATA_USES).default('marketing.advertising'),
  HABEAS_CONTROLLER_NAME: z.string().min(1).default('Lantern Education Ltd'),
  HABEAS_CONTROLLER_ADDRESS: z.string().min(1).default('1 Example Street, Portsmouth PO1 1AA, United Kingdom'),
  HABEAS_CONTROLLER_NUMBER: z.string().min(1).default('00000000'),
  /** The Data Protection Specialist people can turn to. */
  HABEAS_DPS_EMAIL: z.email().default('dps@lantern-education.example'),
  HABEAS_DPS_ADDRESS: z
    .string()
    .min(1)
    .default('Data Protection Specialist, 1 Example Street, Portsmouth PO1 1AA, United Kingdom'),
  /** How long requests are still answered once `/readyz` says no: seconds. Longer than a load balancer takes to look. */
  HABEAS_DRAIN_SECONDS: z.coerce.number().min(0).max(60).default(1),
  /** What Prometheus must send as `Authorization: Bearer` to read `/metrics`; required for it in production. */
  HABEAS_METRICS_TOKEN: z.string().min(16).optional(),
  HABEAS_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
});

export interface Config {
  readonly environment: 'development' | 'test' | 'production';
  readonly dataDirectory: string;
  readonly databaseUrl: string | null;
  readonly servicesDirectory: string | null;
  /** Between two looks at the services' SDLs. */
  readonly graphMs: number;
  /** What is done with fields that have no data category. */
  readonly unclassified: 'refuse' | 'allow';
  readonly host: string;
  readonly port: number;
  readonly publicUrl: string | null;
  readonly trustedProxies: readonly string[];
  readonly oidc: { readonly issuer: string | null; readonly audience: string; readonly rolesClaim: string };
  readonly keysFile: string;
  /** Says for good who was erased, as keyed hashes. */
  readonly tombstonesFile: string;
  readonly exports: { readonly days: number; readonly downloads: number; readonly directory: string };
  readonly workerConcurrency: number;
  readonly bankHolidays: 'ENG' | 'SCT' | 'WLS' | 'NIR';
  readonly consent: { readonly age: number; readonly months: number };
  readonly marketing: MarketingSettings;
  readonly events: { readonly giveUpMs: number; readonly keepMs: number };
  /** Choices before login: data-use keys, how long they are kept, how often one address may speak. */
  readonly devices: { readonly purposes: readonly string[]; readonly days: number; readonly perMinute: number };
  /** Uses `Sec-GPC: 1` objects to. */
  readonly gpcPurposes: readonly string[];
  readonly controller: { readonly name: string; readonly address: string; readonly companyNumber: string };
  readonly dps: { readonly email: string; readonly address: string };
  readonly drainMs: number;
  readonly metricsToken: string | null;
  readonly logLevel: string;
}

/** What a company markets about. */
export interface MarketingSettings {
  readonly topics: readonly { readonly key: string; readonly title: string }[];
  /** Topics for which a recorded soft opt-in stands in for consent (PECR, regulation 22(3)). */
  readonly softOptIn: ReadonlySet<string>;
}

/** A setting is missing or wrong. The message lists every one, each with its mend. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Keys that have a default for a first look, but that a company must set before real people depend on it. */
const REQUIRED_IN_PRODUCTION = [
  'HABEAS_SERVICES',
  'HABEAS_OIDC_ISSUER',
  'HABEAS_KEYS_FILE',
  'HABEAS_CONTROLLER_NAME',
  'HABEAS_CONTROLLER_ADDRESS',
  'HABEAS_DPS_EMAIL',
  'HABEAS_DPS_ADDRESS',
] as const;

/** Addresses over which data would leave this machine in clear. */
function exposed({ DATABASE_URL, HABEAS_OIDC_ISSUER }: z.output<typeof Environment>): string[] {
  const problems: string[] = [];
  if (DATABASE_URL && !isConfidential(DATABASE_URL)) problems.push(`DATABASE_URL: ${CONFIDENTIAL_MEND.postgres}`);
  if (HABEAS_OIDC_ISSUER && !isConfidential(HABEAS_OIDC_ISSUER))
    problems.push(`HABEAS_OIDC_ISSUER: ${CONFIDENTIAL_MEND.http}`);
  return problems;
}

const DEMO_TOPICS = 'ehcp-audit-tool=The EHCP audit tool; training=Training courses; news=News and research';
const TOPIC = /^([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)=(\S.*)$/;

function marketingOf(values: z.output<typeof Environment>): MarketingSettings {
  const written = values.HABEAS_MARKETING_TOPICS ?? (values.NODE_ENV === 'production' ? '' : DEMO_TOPICS);
  const topics = listed(written, ';').map((each) => {
    const [, key = '', title = ''] = TOPIC.exec(each) ?? [];
    if (key === '')
      throw new ConfigError('HABEAS_MARKETING_TOPICS: write it as key=Title; key=Title, keys in a-z0-9-.');
    return { key, title };
  });
  const keys = new Set(topics.map(({ key }) => key));
  if (keys.size < topics.length) throw new ConfigError('HABEAS_MARKETING_TOPICS: names one key twice.');
  const softOptIn = new Set(listed(values.HABEAS_SOFT_OPT_IN_TOPICS ?? '', ','));
  if ([...softOptIn].some((key) => !keys.has(key)))
    throw new ConfigError('HABEAS_SOFT_OPT_IN_TOPICS: names a key that HABEAS_MARKETING_TOPICS does not.');
  return { topics, softOptIn };
}

const listed = (text: string, separator: string) =>
  text
    .split(separator)
    .map((each) => each.trim())
    .filter((each) => each !== '');

/** Reads the configuration from the environment. Throws `ConfigError`. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ''));
  const parsed = Environment.safeParse(set);
  if (!parsed.success) {
    throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  }
  const values = parsed.data;
  if (values.NODE_ENV === 'production') {
    const missing = REQUIRED_IN_PRODUCTION.filter((key) => set[key] === undefined);
    const open = values.HABEAS_UNCLASSIFIED === 'allow';
    const problems = [
      ...missing.map((key) => `${key}: must be set when NODE_ENV=production.`),
      ...(open ? ['HABEAS_UNCLASSIFIED: must not be "allow" when NODE_ENV=production: leave it out.'] : []),
      ...exposed(values),
    ];
    if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  }
  const dataDirectory = path.resolve(values.HABEAS_DATA);
  return {
    environment: values.NODE_ENV,
    dataDirectory,
    databaseUrl: values.DATABASE_URL ?? null,
    servicesDirectory: values.HABEAS_SERVICES ? path.resolve(values.HABEAS_SERVICES) : null,
    graphMs: values.HABEAS_GRAPH_SECONDS * 1_000,
    unclassified: values.HABEAS_UNCLASSIFIED,
    host: values.HABEAS_HOST,
    port: values.HABEAS_PORT,
    publicUrl: values.HABEAS_PUBLIC_URL?.replace(/\/$/, '') ?? null,
    trustedProxies: values.HABEAS_TRUSTED_PROXIES?.split(/ *, */) ?? [],
    oidc: {
      issuer: values.HABEAS_OIDC_ISSUER ?? null,
      audience: values.HABEAS_OIDC_AUDIENCE,
      rolesClaim: values.HABEAS_OIDC_ROLES_CLAIM,
    },
    keysFile: path.resolve(values.HABEAS_KEYS_FILE ?? path.join(dataDirectory, 'keys.json')),
    tombstonesFile: path.resolve(values.HABEAS_TOMBSTONES ?? path.join(dataDirectory, 'tombstones.jsonl')),
    exports: {
      days: values.HABEAS_EXPORT_DAYS,
      downloads: values.HABEAS_EXPORT_DOWNLOADS,
      directory: path.join(dataDirectory, 'exports'),
    },
    workerConcurrency: values.HABEAS_WORKER_CONCURRENCY,
    bankHolidays: values.HABEAS_BANK_HOLIDAYS,
    consent: { age: values.HABEAS_CONSENT_AGE, months: values.HABEAS_CONSENT_MONTHS },
    marketing: marketingOf(values),
    events: { giveUpMs: values.HABEAS_EVENT_DAYS * DAY_MS, keepMs: values.HABEAS_EVENT_KEEP_DAYS * DAY_MS },
    devices: {
      purposes: keysIn(values.HABEAS_DEVICE_PURPOSES),
      days: values.HABEAS_DEVICE_DAYS,
      perMinute: values.HABEAS_DEVICE_RATE,
    },
    gpcPurposes: keysIn(values.HABEAS_GPC_PURPOSES),
    controller: {
      name: values.HABEAS_CONTROLLER_NAME,
      address: values.HABEAS_CONTROLLER_ADDRESS,
      companyNumber: values.HABEAS_CONTROLLER_NUMBER,
    },
    dps: { email: values.HABEAS_DPS_EMAIL, address: values.HABEAS_DPS_ADDRESS },
    drainMs: values.HABEAS_DRAIN_SECONDS * 1_000,
    metricsToken: values.HABEAS_METRICS_TOKEN ?? null,
    logLevel: values.HABEAS_LOG_LEVEL,
  };
}
