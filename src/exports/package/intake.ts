import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { SealingKey } from '../../crypto/sealed-file.js';
import type { DataRecord } from '../../services/connector.js';
import { Columns } from './columns.js';
import { CsvFile } from './csv.js';
import { Fragment } from './fragment.js';
import { createPartFile, openPartFile } from './part-file.js';
import { ARRAY_END, ARRAY_START, BETWEEN_RECORDS, readRecords, recordLine } from './record-lines.js';
import type { Rendering } from './rendering.js';
import {
  type CollectionDescription,
  type CollectionReport,
  describeCollection,
  type ExportFormat,
  type FileReport,
  occurring,
  type PartService,
} from './report.js';
import type { SealedWriter } from './sealed-writer.js';

const BATCH = 200;

export interface IntakeOptions {
  readonly service: PartService;
  /** HTML alone still gets a JSON file for a collection the page cannot show in full. */
  readonly formats: readonly ExportFormat[];
  readonly key: SealingKey;
  /** What the part belongs to, such as the request and the service; its files open under no other. */
  readonly context: string;
  readonly signal: AbortSignal;
}

/** One collection on its way to disk: JSON as the records come, the other formats from it when all have come. */
export class Intake {
  readonly #columns: Columns;
  #records = 0;

  private constructor(
    private readonly options: IntakeOptions,
    private readonly folder: string,
    private readonly name: string,
    private readonly slug: string,
    private readonly described: CollectionDescription,
    private readonly json: SealedWriter,
  ) {
    this.#columns = new Columns(described.columns);
  }

  /** `slug`: the name of the collection's files. */
  static async begin(options: IntakeOptions, folder: string, name: string, slug: string): Promise<Intake> {
    const json = await createPartFile(folder, `${slug}.json`, options.key, options.context);
    return new Intake(options, folder, name, slug, describeCollection(options.service, name), json);
  }

  /** Resolves to the bytes of JSON written. */
  async add(records: readonly DataRecord[]): Promise<number> {
    const lines = records.map((record) => recordLine(this.options.service.name, record));
    for (const record of records) this.#columns.learn(record);
    const before = this.#records === 0 ? ARRAY_START : BETWEEN_RECORDS;
    this.#records += records.length;
    return await this.json.write(before + lines.join(BETWEEN_RECORDS));
  }

  async finish(): Promise<CollectionReport> {
    await this.json.write(ARRAY_END);
    const json: FileReport = { name: `${this.slug}.json`, ...(await this.json.finish()) };
    const { formats } = this.options;
    const csv = formats.includes('CSV') ? new CsvFile(this.#columns.names(), this.#columns.overflow) : null;
    const page = formats.includes('HTML') ? new Fragment(this.#columns.filled(), this.described.title) : null;
    const files: FileReport[] = [];
    for (const rendering of [csv, page]) if (rendering) files.push(await this.#render(rendering));
    // Everything held is in the package, even where only a page was asked for and a page is too small.
    const pageHasAll = page?.shown === this.#records && page.valuesWhole;
    if (formats.includes('JSON') || (!csv && !pageHasAll)) files.unshift(json);
    else await rm(path.join(this.folder, json.name));
    const { title, description, meanings } = this.described;
    const fields = occurring(meanings, this.#columns.filled());
    return { name: this.name, title, description, fields, records: this.#records, shown: page?.shown ?? 0, files };
  }

  /** Lets go of the file after a failure. */
  close(): Promise<void> {
    return this.json.close();
  }

  async #render(rendering: Rendering): Promise<FileReport> {
    const { key, context, signal } = this.options;
    const name = `${this.slug}.${rendering.extension}`;
    const file = await createPartFile(this.folder, name, key, context);
    try {
      await file.write(rendering.start());
      const json = openPartFile(this.folder, `${this.slug}.json`, key, context);
      for await (const records of batches(readRecords(json))) {
        signal.throwIfAborted();
        await file.write(rendering.add(records));
        if (rendering.full) break;
      }
      await file.write(rendering.end());
      return { name, ...(await file.finish()) };
    } finally {
      await file.close();
    }
  }
}

async function* batches(records: AsyncIterable<DataRecord>): AsyncGenerator<DataRecord[]> {
  let batch: DataRecord[] = [];
  for await (const record of records) {
    batch.push(record);
    if (batch.length === BATCH) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
