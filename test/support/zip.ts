import { buffer } from 'node:stream/consumers';
import { type Entry, fromBuffer } from 'yauzl';

/** The entries of a ZIP in their order, read with an independent reader that refuses names leading out of the folder. */
export function unzip(zip: Buffer): Promise<Map<string, Buffer>> {
  return new Promise((resolve, reject) => {
    fromBuffer(zip, { lazyEntries: true, strictFileNames: true }, (error, archive) => {
      if (error) return reject(error);
      const files = new Map<string, Buffer>();
      archive.on('error', reject);
      archive.on('end', () => resolve(files));
      archive.on('entry', (entry: Entry) => {
        archive.openReadStream(entry, (failure, stream) => {
          if (failure) return reject(failure);
          buffer(stream).then((content) => {
            files.set(entry.fileName, content);
            archive.readEntry();
          }, reject);
        });
      });
      archive.readEntry();
    });
  });
}
