import { text } from 'node:stream/consumers';
import type { SealingKey } from '../../crypto/sealed-file.js';
import { ServiceError } from '../../errors.js';
import type { RecordPage } from '../../services/connector.js';
import { Intake, type IntakeOptions } from './intake.js';
import { EntryNames } from './names.js';
import { createPartFile, openPartFile } from './part-file.js';
import type { CollectionReport, PartReport } from './report.js';
import { writeWholeDirectory } from './whole-directory.js';

/** Each collection keeps a file open while its service is read. */
const MOST_COLLECTIONS = 200;
/** No collection's file has this extension. */
const REPORT = 'part.report';

export interface PartOptions extends IntakeOptions {
  /** Where the part shall be; its parent is made where missing. */
  readonly directory: string;
  /** All the service holds about the person; collections may take turns. */
  readonly pages: AsyncIterable<RecordPage>;
  /** After each page: records so far, and bytes of JSON. */
  readonly onProgress?: (records: number, bytes: number) => void;
}

/**
 * Writes what one service holds into sealed files, `<collection>.json`, `.csv` and `.html` (the piece of the readable
 * page). The directory is there only when all of it is. Memory does not grow with the number of records: the columns
 * of a CSV file are known only at the end, so it is written in a second pass over the JSON file.
 *
 * Throws what `pages` throws, the signal's reason, and `ServiceError` for an answer that cannot be written.
 */
export function writePart(options: PartOptions): Promise<PartReport> {
  return writeWholeDirectory(options.directory, async (folder) => {
    const intakes = new Map<string, Intake>();
    try {
      await receive(options, folder, intakes);
      const collections: CollectionReport[] = [];
      for (const intake of intakes.values()) collections.push(await intake.finish());
      const report: PartReport = {
        service: options.service.name,
        title: options.service.title,
        collections,
        records: collections.reduce((sum, { records }) => sum + records, 0),
        bytes: collections.flatMap(({ files }) => files).reduce((sum, { bytes }) => sum + bytes, 0),
      };
      await writeReport(folder, report, options);
      return report;
    } finally {
      for (const intake of intakes.values()) await intake.close();
    }
  });
}

/** The report of a part that is whole; null where there is none. Throws `SealedFileError` for a damaged one. */
export async function readPart(directory: string, key: SealingKey, context: string): Promise<PartReport | null> {
  try {
    const report: PartReport = JSON.parse(await text(openPartFile(directory, REPORT, key, context)));
    return report;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

async function receive(options: PartOptions, folder: string, intakes: Map<string, Intake>): Promise<void> {
  const names = new EntryNames('collection');
  let [records, bytes] = [0, 0];
  options.signal.throwIfAborted();
  for await (const page of options.pages) {
    options.signal.throwIfAborted();
    if (page.records.length === 0) continue;
    let intake = intakes.get(page.collection);
    if (!intake) {
      if (intakes.size >= MOST_COLLECTIONS) {
        const message = `The service sent more than ${MOST_COLLECTIONS} collections.`;
        throw new ServiceError(options.service.name, 'SERVICE_ANSWER_INVALID', message);
      }
      intake = await Intake.begin(options, folder, page.collection, names.make(page.collection));
      intakes.set(page.collection, intake);
    }
    bytes += await intake.add(page.records);
    records += page.records.length;
    options.onProgress?.(records, bytes);
  }
}

async function writeReport(folder: string, report: PartReport, { key, context }: PartOptions): Promise<void> {
  const writer = await createPartFile(folder, REPORT, key, context);
  try {
    await writer.write(JSON.stringify(report));
    await writer.finish();
  } finally {
    await writer.close();
  }
}
