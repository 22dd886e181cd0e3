import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { type Entry, fromBuffer, open, type ZipFile } from 'yauzl';
import { Manifest } from './manifest.js';
import { ENTRY_NAME } from './names.js';
import { readRecords } from './record-lines.js';

export interface Verification {
  readonly ok: boolean;
  /** One sentence each; empty when all is well. Names files of the package, never what is in them. */
  readonly problems: readonly string[];
}

const MANIFEST = 'manifest.json';
const LARGEST_MANIFEST = 16 * 1024 * 1024;

/**
 * Checks a package (a ZIP, on disk or in memory) against its own manifest: no file more or less, each of the size and
 * hash the manifest says, each JSON file with as many records. Never throws for what is in the package. That the
 * manifest itself is the right one is what the hash of the whole package, told beside its link, is for.
 */
export async function verifyPackage(zip: string | Buffer): Promise<Verification> {
  const problems: string[] = [];
  try {
    const archive = await openZip(zip);
    try {
      await compare(archive, problems);
    } finally {
      archive.close();
    }
  } catch {
    problems.push('The package is not a readable ZIP file.');
  }
  return { ok: problems.length === 0, problems };
}

async function compare(archive: ZipFile, problems: string[]): Promise<void> {
  const entries = await listEntries(archive, problems);
  const manifest = await readManifest(archive, entries.get(MANIFEST), problems);
  if (!manifest) return;
  const listed = new Set(manifest.files.map((file) => file.path));
  for (const name of entries.keys()) {
    if (name !== MANIFEST && !listed.has(name)) problems.push(`${name}: is not in the manifest.`);
  }
  for (const file of manifest.files) {
    const entry = entries.get(file.path);
    if (!entry) problems.push(`${file.path}: is missing.`);
    else problems.push(...(await compareFile(archive, entry, file)));
  }
}

async function compareFile(archive: ZipFile, entry: Entry, file: Manifest['files'][number]): Promise<string[]> {
  const hash = createHash('sha256');
  let bytes = 0;
  let records: number | null = null;
  try {
    for await (const chunk of await openEntry(archive, entry)) {
      hash.update(chunk);
      bytes += chunk.length;
    }
    if (file.records !== undefined && file.path.endsWith('.json')) records = await countRecords(archive, entry);
  } catch {
    return [`${file.path}: cannot be read.`];
  }
  const problems: string[] = [];
  if (bytes !== file.bytes) problems.push(`${file.path}: has ${bytes} bytes, not ${file.bytes}.`);
  if (hash.digest('hex') !== file.sha256) problems.push(`${file.path}: is not what the manifest's SHA-256 says.`);
  if (records !== null && records !== file.records) {
    problems.push(`${file.path}: has ${records} records, not ${file.records}.`);
  }
  return problems;
}

async function countRecords(archive: ZipFile, entry: Entry): Promise<number> {
  let records = 0;
  for await (const _record of readRecords(await openEntry(archive, entry))) records++;
  return records;
}

async function readManifest(archive: ZipFile, entry: Entry | undefined, problems: string[]): Promise<Manifest | null> {
  if (!entry) {
    problems.push(`${MANIFEST}: is missing.`);
    return null;
  }
  try {
    if (entry.uncompressedSize > LARGEST_MANIFEST) throw new RangeError('too large');
    return Manifest.parse(JSON.parse(await text(await openEntry(archive, entry))));
  } catch {
    problems.push(`${MANIFEST}: is not a manifest of this version.`);
    return null;
  }
}

async function listEntries(archive: ZipFile, problems: string[]): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>();
  return await new Promise((resolve, reject) => {
    archive.on('entry', (entry: Entry) => {
      if (!ENTRY_NAME.test(entry.fileName)) problems.push('An entry has a name that no package has.');
      else if (entries.has(entry.fileName)) problems.push(`${entry.fileName}: is there twice.`);
      else entries.set(entry.fileName, entry);
      archive.readEntry();
    });
    archive.on('end', () => resolve(entries));
    archive.on('error', reject);
    archive.readEntry();
  });
}

function openZip(zip: string | Buffer): Promise<ZipFile> {
  const options = { lazyEntries: true, autoClose: false };
  return new Promise((resolve, reject) => {
    const done = (error: Error | null, archive: ZipFile) => (error ? reject(error) : resolve(archive));
    if (typeof zip === 'string') open(zip, options, done);
    else fromBuffer(zip, options, done);
  });
}

function openEntry(archive: ZipFile, entry: Entry): Promise<Readable> {
  return new Promise((resolve, reject) => {
    archive.openReadStream(entry, (error, stream) => (error ? reject(error) : resolve(stream)));
  });
}
