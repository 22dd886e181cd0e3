import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import yauzl from 'yauzl';

export interface PackageFile {
  readonly name: string;
  readonly bytes: number;
  /** For a file of data: how many records it holds. */
  readonly records: number | null;
}

interface Manifest {
  readonly files: readonly { readonly path: string; readonly records?: number }[];
}

/** The files of a package, in order, with what its manifest says of them. */
export async function contentsOf(file: string): Promise<PackageFile[]> {
  const zip = await promisify<string, yauzl.Options, yauzl.ZipFile>(yauzl.open)(file, {
    lazyEntries: true,
    autoClose: false,
  });
  const entries: yauzl.Entry[] = [];
  await new Promise<void>((resolve, reject) => {
    zip.on('entry', (entry: yauzl.Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.once('end', resolve);
    zip.once('error', reject);
    zip.readEntry();
  });
  const last = entries.find(({ fileName }) => fileName === 'manifest.json');
  if (!last) throw new Error('the package has no manifest');
  const stream = await new Promise<NodeJS.ReadableStream>((resolve, reject) => {
    zip.openReadStream(last, (error, opened) => (error ? reject(error) : resolve(opened)));
  });
  const manifest = JSON.parse(await text(stream)) as Manifest;
  zip.close();
  const records = new Map(manifest.files.map((each) => [each.path, each.records ?? null]));
  return entries.map(({ fileName, uncompressedSize }) => ({
    name: fileName,
    bytes: uncompressedSize,
    records: records.get(fileName) ?? null,
  }));
}
