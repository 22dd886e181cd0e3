import { createWriteStream } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { openSealedFile, type SealingKey, sealStream } from '../../crypto/sealed-file.js';
import type { About } from './about.js';
import { CSV_NOTES } from './csv.js';
import type { Manifest } from './manifest.js';
import { EntryNames } from './names.js';
import { page } from './page.js';
import type { Person, Section } from './page-input.js';
import { dataFiles, pathOf } from './page-service.js';
import { openPartFile } from './part-file.js';
import type { PartReport } from './report.js';
import { syncDirectory } from './whole-directory.js';
import { Measure, Zip } from './zip.js';

export interface SealOptions {
  /** The sealed package; it is there only when all of it is. */
  readonly output: string;
  readonly key: SealingKey;
  /** What the package belongs to, such as the request; it opens under no other. */
  readonly context: string;
  /** One for each service of `about` that was read, with where `writePart` put it and the context it was given. */
  readonly parts: readonly PlacedPart[];
  readonly about: About;
  readonly person: Person;
  readonly requestId: string;
  readonly receivedAt: Date;
  readonly generatedAt: Date;
  readonly signal: AbortSignal;
}

export interface PlacedPart {
  readonly report: PartReport;
  readonly directory: string;
  readonly context: string;
}

export interface SealedPackage {
  /** Of the plaintext ZIP, as it is downloaded. */
  readonly bytes: number;
  readonly sha256: string;
  readonly records: number;
  /** Entries, the manifest among them. */
  readonly files: number;
}

/**
 * Puts the parts together: `index.html`, `about.json`, `data/<service>/<collection>.json|csv` and, last,
 * `manifest.json`, as a ZIP that is sealed while it is written. Throws `SealedFileError` where a part was damaged;
 * then, and when stopped by the signal, there is no package.
 */
export async function sealPackage(options: SealOptions): Promise<SealedPackage> {
  const folder = path.dirname(options.output);
  const temporary = `${options.output}.tmp`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const failed = new AbortController();
  const signal = AbortSignal.any([options.signal, failed.signal]);
  const zip = new Zip(options.generatedAt, signal);
  const whole = new Measure();
  const file = createWriteStream(temporary, { flush: true, mode: 0o600 });
  const written = pipeline(zip.output, whole, sealStream(options.key, options.context), file, { signal });
  const filled = fill(zip, options);
  try {
    const [manifest] = await Promise.all([filled, written]);
    await rename(temporary, options.output);
    await syncDirectory(folder);
    const records = manifest.services.reduce((sum, service) => sum + service.records, 0);
    return { ...whole.written(), records, files: manifest.files.length + 1 };
  } catch (error) {
    // A damaged part leaves the ZIP waiting, a full disk leaves a part waiting: both must end before the file goes.
    failed.abort();
    await Promise.allSettled([filled, written]);
    await rm(temporary, { force: true });
    throw error;
  }
}

/** The package as it is downloaded: the plaintext ZIP. A damaged one ends with `SealedFileError`. */
export const openPackage = (output: string, key: SealingKey, context: string): Readable =>
  openSealedFile(output, key, context);

async function fill(zip: Zip, options: SealOptions): Promise<Manifest> {
  const sections = arrange(options);
  const files: Manifest['files'] = [];
  const add = async (name: string, content: AsyncIterable<string | Buffer>, records?: number) => {
    const written = await zip.add(name, content);
    files.push({ path: name, ...written, ...(records === undefined ? {} : { records }) });
  };
  await add('index.html', page({ ...options, sections }));
  await add('about.json', oneText(JSON.stringify(options.about, null, 2)));
  for (const section of sections) {
    for (const collection of section.collections) {
      for (const file of dataFiles(collection)) {
        await add(pathOf(section.slug, file), section.open(file.name), collection.records);
      }
    }
  }
  const manifest = describe(options, sections, files);
  await zip.add('manifest.json', oneText(JSON.stringify(manifest, null, 2)));
  zip.end();
  return manifest;
}

type PackedSection = Section & { open(file: string): Readable };

/** Each service of `about` with its folder and its part. A part nobody explains must not be packed unexplained. */
function arrange({ about, parts, key }: SealOptions): PackedSection[] {
  const stranger = parts.find(({ report }) => about.services.every(({ name }) => name !== report.service));
  if (stranger)
    throw new Error(`The package has a part of ${stranger.report.service}, which about.json does not explain.`);
  const folders = new EntryNames('service');
  return about.services.map((service) => {
    const part = parts.find(({ report }) => report.service === service.name);
    const open = (file: string) => {
      if (!part) throw new Error(`The package has no part of ${service.name}.`);
      return openPartFile(part.directory, file, key, part.context);
    };
    return {
      service,
      slug: folders.make(service.name),
      collections: part?.report.collections ?? [],
      open,
      fragment: ({ files }) => {
        const fragment = files.find(({ name }) => name.endsWith('.html'));
        return fragment ? open(fragment.name) : null;
      },
    };
  });
}

function describe(options: SealOptions, sections: readonly Section[], files: Manifest['files']): Manifest {
  return {
    format: 'habeas-package',
    version: 1,
    requestId: options.requestId,
    accountId: options.person.accountId,
    receivedAt: options.receivedAt.toISOString(),
    generatedAt: options.generatedAt.toISOString(),
    complete: sections.every(({ service }) => service.status !== 'failed'),
    services: sections.map(({ service, collections }) => ({
      name: service.name,
      status: service.status,
      reason: service.reason,
      records: service.records,
      collections: collections.map(({ name, records }) => ({ name, records })),
    })),
    files,
    notes: [
      ...(files.some((file) => file.path.endsWith('.csv')) ? CSV_NOTES : []),
      'JSON files of a collection are an array with one record on each line: the exact copy, nothing changed or left out.',
      'Sizes are in bytes and hashes are SHA-256 in hexadecimal, of each file as it is unpacked.',
    ],
  };
}

async function* oneText(text: string): AsyncGenerator<string> {
  yield `${text}\n`;
}
