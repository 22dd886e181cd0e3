import { existsSync } from 'node:fs';
import path from 'node:path';
import { CONFIDENTIAL_MEND, isConfidential } from '../transport.js';
import { camelCase } from './generated-subgraph-faces.js';
import { isCountry, needsSafeguard } from './manifest-country.js';
import { checkTerms, type Located, notATerm } from './manifest-datasets.js';
import { toErasure, toRetention } from './manifest-erasure.js';
import { toNotify } from './manifest-notify.js';
import { didYouMean, type ManifestPath } from './manifest-problems.js';
import type { FidesSystem, Habeas } from './manifest-schema.js';
import type { ManifestSource } from './manifest-source.js';
import type { Connection, Dataset, LawfulBasis, PrivacyDeclaration, Service, ServiceKind } from './service.js';
import { nearest, type Taxonomy } from './taxonomy.js';

const KIND: Readonly<Record<Exclude<Connection['kind'], 'core'>, ServiceKind>> = {
  postgres: 'POSTGRES',
  subgraph: 'SUBGRAPH',
  http: 'HTTP',
};

const BASIS: Readonly<Record<string, LawfulBasis>> = {
  Consent: 'CONSENT',
  Contract: 'CONTRACT',
  'Legal obligations': 'LEGAL_OBLIGATION',
  'Vital interests': 'VITAL_INTERESTS',
  'Public interest': 'PUBLIC_TASK',
  'Legitimate interests': 'LEGITIMATE_INTERESTS',
};

/** What Habeas itself is called among the services. */
const OWN_NAME = 'habeas';

/** Fields of `Account` that are Habeas' own. */
const OWN_FIELDS = new Set([
  'id',
  'status',
  'createdAt',
  'profile',
  'identifiers',
  'linkedServices',
  'consents',
  'consentHistory',
  'marketingHistory',
  'marketingPreferences',
  'privacyRequests',
  'disclosures',
  'accesses',
  'legalHolds',
]);

/** Puts a service together from the parts of its manifest and reports what does not hold. */
export function toService(
  { part: habeas, source }: Located<Habeas>,
  system: Located<FidesSystem>,
  declarations: readonly PrivacyDeclaration[],
  datasets: readonly Dataset[],
  file: string,
  environment: NodeJS.ProcessEnv,
): Service {
  const name = system.part.fides_key;
  if (name === OWN_NAME) {
    source.report([...system.path, 'fides_key'], `"${name}" is Habeas' own name: give the system another.`);
  }
  const connection = toConnection(habeas.connection, name, source, file);
  if (environment.NODE_ENV === 'production') checkConfidential(connection, source);
  checkCountry(habeas, source);
  return {
    name,
    field: toField(habeas, name, connection.kind, source),
    title: habeas.title ?? system.part.name ?? name,
    description: habeas.description ?? system.part.description ?? null,
    kind: connection.kind === 'core' ? 'CORE' : KIND[connection.kind],
    affiliation: habeas.affiliation === 'external' ? 'EXTERNAL' : 'AFFILIATED',
    country: habeas.country,
    transferSafeguard: habeas.transfer_safeguard ?? null,
    connection,
    declarations,
    datasets,
    erasure: toErasure(habeas, datasets, source),
    retention: toRetention(habeas, datasets, source),
    source: habeas.source ?? null,
    notify: toNotify(habeas, source, environment.NODE_ENV === 'production'),
    file,
  };
}

function toField({ field }: Habeas, name: string, kind: Connection['kind'], source: ManifestSource): string {
  const chosen = field ?? camelCase(name);
  // A subgraph names its fields itself, so that any name will do.
  if (kind === 'subgraph' && field === undefined) return chosen;
  const at = ['habeas', ...(field === undefined ? [] : ['field'])];
  if (!/^(?!__)[A-Za-z_]\w*$/.test(chosen)) {
    source.report(
      at,
      `"${chosen}" cannot be a field in GraphQL: set habeas.field to letters and digits, as in "ehcpAudit".`,
    );
  } else if (OWN_FIELDS.has(chosen)) {
    source.report(at, `"${chosen}" is one of Account's own fields: set habeas.field to another name.`);
  }
  return chosen;
}

function toConnection(
  connection: Habeas['connection'],
  name: string,
  source: ManifestSource,
  file: string,
): Connection {
  const at = ['habeas', 'connection'];
  const { postgres, subgraph, http } = connection;
  if ([postgres, subgraph, http].filter((one) => one !== undefined).length !== 1) {
    source.report(at, 'needs exactly one of postgres, subgraph and http.');
  }
  if (postgres) {
    checkUrl(postgres.url, ['postgres:', 'postgresql:'], [...at, 'postgres', 'url'], source);
    const { url, schema, erase_url } = postgres;
    if (erase_url !== undefined) {
      checkUrl(erase_url, ['postgres:', 'postgresql:'], [...at, 'postgres', 'erase_url'], source);
    }
    return { kind: 'postgres', url, schema, ...(erase_url === undefined ? {} : { eraseUrl: erase_url }) };
  }
  if (subgraph) {
    checkUrl(subgraph.url, ['http:', 'https:'], [...at, 'subgraph', 'url'], source);
    const { sdl, url, erase_url, audience = name } = subgraph;
    if (erase_url !== undefined) checkUrl(erase_url, ['http:', 'https:'], [...at, 'subgraph', 'erase_url'], source);
    const rest = { audience, ...(erase_url === undefined ? {} : { eraseUrl: erase_url }) };
    if (sdl !== undefined && /^https?:/.test(sdl)) {
      checkUrl(sdl, ['http:', 'https:'], [...at, 'subgraph', 'sdl'], source);
      return { kind: 'subgraph', url, sdlFile: null, sdlUrl: sdl, ...rest };
    }
    const sdlFile = sdl === undefined ? null : path.resolve(path.dirname(file), sdl);
    if (sdlFile !== null && !existsSync(sdlFile)) {
      source.report([...at, 'subgraph', 'sdl'], 'there is no such file: the path starts at this manifest.');
    }
    return { kind: 'subgraph', url, sdlFile, ...rest };
  }
  const { url = '', audience = name, query_scope = '', delete_scope = '' } = http ?? {};
  if (http) checkUrl(url, ['http:', 'https:'], [...at, 'http', 'url'], source);
  return { kind: 'http', url, audience, queryScope: query_scope, deleteScope: delete_scope };
}

/** Addresses hold passwords: the message must not say what stands there. */
function checkUrl(url: string, protocols: readonly string[], at: ManifestPath, source: ManifestSource): void {
  if (url.includes('${')) return; // reported as a variable that is not set
  if (!URL.canParse(url) || !protocols.includes(new URL(url).protocol)) {
    source.report(
      at,
      `must be an address that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}.`,
    );
  }
}

/** Real people's data does not cross a network in clear. */
function checkConfidential(connection: Connection, source: ManifestSource): void {
  if (connection.kind === 'core') return;
  const at = ['habeas', 'connection', connection.kind];
  const exposed = (url: string) => URL.canParse(url) && !isConfidential(url);
  const mend = CONFIDENTIAL_MEND[connection.kind === 'postgres' ? 'postgres' : 'http'];
  if (exposed(connection.url)) source.report([...at, 'url'], mend);
  if (connection.kind !== 'http' && connection.eraseUrl && exposed(connection.eraseUrl)) {
    source.report([...at, 'erase_url'], mend);
  }
  // Whoever could change the SDL on its way would decide which fields are personal.
  if (connection.kind === 'subgraph' && connection.sdlUrl && exposed(connection.sdlUrl)) {
    source.report([...at, 'sdl'], mend);
  }
}

function checkCountry({ country, transfer_safeguard }: Habeas, source: ManifestSource): void {
  if (!isCountry(country)) {
    const guess = country === 'UK' ? 'GB' : undefined;
    source.report(
      ['habeas', 'country'],
      `"${country}" is no ISO 3166-1 alpha-2 country code${didYouMean(guess) || '.'}`,
    );
  } else if (needsSafeguard(country) && !transfer_safeguard) {
    source.report(
      ['habeas', 'country'],
      `data in ${country} rests outside the UK and the EEA: set habeas.transfer_safeguard to adequacy, IDTA, ` +
        'SCC_UK_ADDENDUM, BCR or derogation.',
    );
  }
}

/** A system's privacy declarations; keys that do not exist are reported. */
export function toDeclarations(
  { part, source, path: at }: Located<FidesSystem>,
  taxonomy: Taxonomy,
): PrivacyDeclaration[] {
  return part.privacy_declarations.map((declaration, index) => {
    const here = [...at, 'privacy_declarations', index];
    if (!taxonomy.use(declaration.data_use)) {
      source.report([...here, 'data_use'], notATerm('data_use', declaration.data_use, taxonomy));
    }
    checkTerms('data_category', declaration.data_categories, [...here, 'data_categories'], source, taxonomy);
    checkTerms('data_subject', declaration.data_subjects, [...here, 'data_subjects'], source, taxonomy);
    return {
      name: declaration.name ?? null,
      dataUse: declaration.data_use,
      dataCategories: declaration.data_categories,
      dataSubjects: declaration.data_subjects,
      lawfulBasis: toBasis(declaration.legal_basis_for_processing, here, source),
      retentionPeriod: declaration.retention_period ?? null,
      thirdParties: declaration.data_shared_with_third_parties === false ? null : (declaration.third_parties ?? null),
    };
  });
}

function toBasis(basis: string | null | undefined, at: ManifestPath, source: ManifestSource): LawfulBasis | null {
  if (!basis) return null;
  const names = Object.keys(BASIS);
  const name = names.find((known) => known.toLowerCase() === basis.toLowerCase());
  const found = name === undefined ? undefined : BASIS[name];
  if (found) return found;
  const guess = didYouMean(nearest(basis, names));
  source.report(
    [...at, 'legal_basis_for_processing'],
    `"${basis}" is no legal basis${guess || `: give one of ${names.join(', ')}.`}`,
  );
  return null;
}
