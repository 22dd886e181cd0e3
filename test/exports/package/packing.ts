import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { type AboutInput, type AboutService, about, type Incomplete } from '../../../src/exports/package/about.js';
import { writePart } from '../../../src/exports/package/part.js';
import type { ExportFormat, PartService } from '../../../src/exports/package/report.js';
import { openPackage, type PlacedPart, type SealedPackage, sealPackage } from '../../../src/exports/package/seal.js';
import type { RecordPage } from '../../../src/services/connector.js';

export const KEY = randomBytes(32);
export const CONTEXT = 'export 42';
export const NEVER = new AbortController().signal;

export const CONTROLLER = {
  controller: {
    name: 'Lantern Education Ltd',
    address: '1 Example Street, Portsmouth PO1 1AA',
    companyNumber: '00000000',
  },
  dps: {
    email: 'dps@lantern-education.example',
    address: 'Data Protection Specialist, 1 Example Street, Portsmouth PO1 1AA',
  },
};

export function serviceNamed(name: string, more: Partial<AboutService & PartService> = {}): AboutService & PartService {
  return {
    name,
    title: name,
    description: null,
    affiliation: 'AFFILIATED',
    country: 'GB',
    transferSafeguard: null,
    declarations: [
      {
        name: null,
        dataUse: 'essential.service',
        dataCategories: ['user.contact'],
        dataSubjects: ['customer'],
        lawfulBasis: 'CONTRACT',
        retentionPeriod: 'P6Y',
        thirdParties: null,
      },
    ],
    datasets: [],
    retention: new Map(),
    source: null,
    ...more,
  };
}

export async function* pagesOf(...pages: RecordPage[]): AsyncGenerator<RecordPage> {
  yield* pages;
}

/** A folder of its own for one test. */
export async function freshFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(path.join(tmpdir(), 'habeas-package-'));
  return { path: folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

export interface Held {
  readonly service: AboutService & PartService;
  readonly pages: AsyncIterable<RecordPage>;
}

export interface PackOptions {
  readonly formats?: readonly ExportFormat[];
  readonly failed?: readonly { service: AboutService & PartService; reason: string }[];
  readonly about?: Partial<AboutInput>;
  readonly person?: { accountId: string; displayName: string | null; emails: string[] };
}

/** Writes the parts of all services and seals them, the way an export does. */
export async function pack(
  folder: string,
  held: readonly Held[],
  options: PackOptions = {},
): Promise<SealedPackage & { output: string }> {
  const parts: PlacedPart[] = [];
  for (const [index, { service, pages }] of held.entries()) {
    const directory = path.join(folder, `part-${index}`);
    const context = `${CONTEXT}/${service.name}`;
    const formats = options.formats ?? ['JSON', 'CSV', 'HTML'];
    const report = await writePart({ directory, service, pages, formats, key: KEY, context, signal: NEVER });
    parts.push({ report, directory, context });
  }
  const incomplete: Incomplete[] = (options.failed ?? []).map(({ service, reason }) => ({
    service: service.name,
    reason,
  }));
  const output = path.join(folder, 'package.sealed');
  const sealed = await sealPackage({
    output,
    key: KEY,
    context: CONTEXT,
    parts,
    about: about({
      ...CONTROLLER,
      services: [...held, ...(options.failed ?? [])].map(({ service }) => service),
      parts: parts.map(({ report }) => report),
      incomplete,
      disclosures: [],
      withheld: [],
      titleOf: (_kind, key) => `title of ${key}`,
      ...options.about,
    }),
    person: options.person ?? { accountId: 'account-1', displayName: 'Amara Okafor', emails: ['amara@example.org'] },
    requestId: '7c9a4b52-06e1-4f7d-8a1f-2f60d4c5b3e8',
    receivedAt: new Date('2026-11-20T09:30:00Z'),
    generatedAt: new Date('2026-11-26T14:05:00Z'),
    signal: NEVER,
  });
  return { ...sealed, output };
}

/** The plaintext ZIP. */
export const unseal = (output: string): Promise<Buffer> => buffer(openPackage(output, KEY, CONTEXT));
