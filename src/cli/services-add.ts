import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Config, ConfigError } from '../config.js';
import { loadKeys } from '../crypto/keys.js';
import { type ServiceCredentials, signedCredentials } from '../services/credentials.js';
import type { Draft } from '../services/draft/draft.js';
import { draftFromPostgres } from '../services/draft/from-postgres.js';
import { draftFromSdl, readSdl } from '../services/draft/from-sdl.js';
import { draftFromTree, readPersonTree } from '../services/draft/from-tree.js';
import { printDraft } from '../services/draft/print.js';
import { snakeCase } from '../services/http/tree.js';
import { parseManifest } from '../services/manifest.js';
import { CONFIDENTIAL_MEND, isConfidential } from '../transport.js';

export interface AddOptions {
  /** Exactly one of `postgres`, `sdl` and `http`. */
  readonly postgres?: string;
  readonly schema?: string;
  readonly sdl?: string;
  readonly http?: string;
  readonly externalId?: string;
  readonly name?: string;
  readonly out?: string;
}

/** What was drafted and what to do with it. */
export interface Added {
  readonly manifest: string;
  /** For the person at the terminal, a line each. */
  readonly next: readonly string[];
}

/**
 * Drafts a manifest by reading a live service; writes it where `out` says so, never over a file. Nothing of what the
 * service holds, and no address, is in the draft. Throws errors for the person at the terminal.
 */
export async function addService(config: Config, options: AddOptions): Promise<Added> {
  const source = sourceOf(config, options);
  if (options.out !== undefined && existsSync(options.out)) throw new ConfigError(taken(options.out));
  const name = nameOf(options.name ?? source.defaultName);
  const variable = `${name.toUpperCase().replaceAll(/\W/g, '_')}_${source.kind === 'postgres' ? 'DATABASE_URL' : 'URL'}`;
  const draft = await source.read(name, variable);
  const manifest = printDraft(draft);
  // What is told wrong here could not be used: a field Account has already, say.
  parseManifest(manifest, path.resolve(options.out ?? 'draft.yml'), { ...process.env, [variable]: source.address });
  if (options.out !== undefined) write(options.out, manifest);
  return { manifest, next: nextSteps(options.out, variable, manifest) };
}

interface Source {
  readonly kind: Draft['connection']['kind'];
  readonly defaultName: string;
  /** What the manifest's environment variable stands for. */
  readonly address: string;
  read(name: string, variable: string): Promise<Draft>;
}

function sourceOf(config: Config, options: AddOptions): Source {
  const { postgres, sdl, http } = options;
  const given = [postgres, sdl, http].filter((one) => one !== undefined);
  if (given.length !== 1)
    throw new ConfigError('Say what to read: one of --postgres URL, --sdl FILE or URL, --http URL.');
  if (postgres !== undefined) return postgresSource(config, postgres, options.schema ?? 'public');
  if (http !== undefined) return httpSource(config, http, options.externalId);
  return sdl !== undefined && /^https?:/i.test(sdl) ? subgraphSource(config, sdl) : sdlSource(sdl ?? '', options.out);
}

function postgresSource(config: Config, text: string, schema: string): Source {
  const url = addressIn('--postgres', text, ['postgres:', 'postgresql:'], 'postgres', config);
  const database = decodeURIComponent(url.pathname.slice(1));
  return {
    kind: 'postgres',
    defaultName: database === '' ? url.hostname : database,
    address: text,
    read: (name, variable) => draftFromPostgres(name, variable, text, schema),
  };
}

function sdlSource(file: string, out: string | undefined): Source {
  if (!existsSync(file))
    throw new ConfigError(`--sdl: there is no file ${file}; an address begins with http:// or https://.`);
  const sdl = path.relative(path.dirname(path.resolve(out ?? 'draft.yml')), path.resolve(file));
  return {
    kind: 'subgraph',
    defaultName: path.basename(file).replace(/\.[^.]*$/, ''),
    address: 'http://127.0.0.1/graphql',
    read: async (name, variable) =>
      draftFromSdl(name, readFileSync(file, 'utf8'), {
        url: `$\{${variable}}`,
        sdl: sdl.startsWith('.') ? sdl : `./${sdl}`,
      }),
  };
}

function subgraphSource(config: Config, text: string): Source {
  const url = addressIn('--sdl', text, ['http:', 'https:'], 'http', config);
  const { base, rest } = splitAddress(url, text);
  return {
    kind: 'subgraph',
    defaultName: url.hostname,
    address: base,
    read: async (name, variable) =>
      draftFromSdl(name, await readSdl(name, text, await credentials(config)), { url: `$\{${variable}}${rest}` }),
  };
}

function httpSource(config: Config, text: string, externalId: string | undefined): Source {
  if (externalId === undefined)
    throw new ConfigError('--http needs --external-id: the id of a person it holds data of.');
  const url = addressIn('--http', text, ['http:', 'https:'], 'http', config);
  const { base, rest } = splitAddress(url, text);
  return {
    kind: 'http',
    defaultName: url.hostname,
    address: base,
    read: async (name, variable) => {
      const tree = await readPersonTree(name, text, externalId, await credentials(config));
      if (tree === null)
        throw new ConfigError('--external-id: the service holds nothing under it. Name another person.');
      return draftFromTree(name, tree, { url: `$\{${variable}}${rest}` });
    },
  };
}

/** Habeas' own token, as the running Habeas would send it. */
async function credentials(config: Config): Promise<ServiceCredentials> {
  const keys = await loadKeys(config.keysFile, { create: config.environment !== 'production' });
  return signedCredentials(keys.signing, config.publicUrl ?? `http://${config.host}:${config.port}`);
}

/** Reads an address; what is wrong with it is told without it, as it may hold a password. */
function addressIn(
  option: string,
  text: string,
  protocols: readonly string[],
  kind: 'postgres' | 'http',
  config: Config,
): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !protocols.includes(url.protocol)) {
    const begins = protocols.map((protocol) => `${protocol}//`).join(' or ');
    throw new ConfigError(`${option}: must be an address that begins with ${begins}.`);
  }
  if (config.environment === 'production' && !isConfidential(text)) {
    throw new ConfigError(`${option}: ${CONFIDENTIAL_MEND[kind]}`);
  }
  return url;
}

/** The part of an address that is another one elsewhere, and the path, which is not. What may hold a key stays in the first. */
function splitAddress(url: URL, text: string): { base: string; rest: string } {
  if (url.search !== '' || url.username !== '' || url.password !== '') return { base: text, rest: '' };
  const rest = text.slice(text.indexOf('/', text.indexOf('//') + 2)).replace(/^[^/].*$/, '');
  return { base: text.slice(0, text.length - rest.length), rest: rest === '/' ? '' : rest };
}

function nameOf(text: string): string {
  const name = snakeCase(text);
  if (/^[a-z][a-z0-9_]*$/.test(name)) return name;
  throw new ConfigError('--name: give the service a name of letters, digits and underscores, as in ehcp_audit.');
}

function write(file: string, manifest: string): void {
  try {
    writeFileSync(file, manifest, { flag: 'wx' });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    throw new ConfigError(code === 'EEXIST' ? taken(file) : `--out: ${file} cannot be written. Name another file.`);
  }
}

const taken = (file: string) => `--out: ${file} is there already, and is not written over. Name another file.`;

function nextSteps(out: string | undefined, variable: string, manifest: string): string[] {
  const reviews = manifest.split('\n').filter((line) => line.includes('review:')).length;
  return [
    ...(out === undefined ? [] : [`Wrote ${out}.`]),
    `Look at its ${reviews} lines marked review. Set ${variable} to the service's address, then run:`,
    `  habeas services check ${out ?? 'FILE'}`,
  ];
}
