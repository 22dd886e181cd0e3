import { createHash } from 'node:crypto';
import { mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SealedFileError } from '../../../src/crypto/sealed-file.js';
import { ServiceError } from '../../../src/errors.js';
import { type PartOptions, readPart, writePart } from '../../../src/exports/package/part.js';
import { openPartFile } from '../../../src/exports/package/part-file.js';
import type { DataRecord } from '../../../src/services/connector.js';
import type { Dataset, Field } from '../../../src/services/service.js';
import { CONTEXT, freshFolder, KEY, NEVER, pagesOf, serviceNamed } from './packing.js';

let folder: Awaited<ReturnType<typeof freshFolder>>;
beforeEach(async () => {
  folder = await freshFolder();
});
afterEach(() => folder.remove());

const directory = () => path.join(folder.path, 'parts', 'support');
const write = (more: Partial<PartOptions> = {}) =>
  writePart({
    directory: directory(),
    service: serviceNamed('support', { title: 'Support' }),
    pages: pagesOf({ collection: 'tickets', records: [{ id: 1 }] }),
    formats: ['JSON', 'CSV', 'HTML'],
    key: KEY,
    context: CONTEXT,
    signal: NEVER,
    ...more,
  });
/** Decoded without dropping a byte order mark. */
const read = async (name: string) => String(await buffer(openPartFile(directory(), name, KEY, CONTEXT)));

describe('a part', () => {
  it('keeps collections apart that come in turns, each record once and in order', async () => {
    const records = (from: number): DataRecord[] => [{ id: from }, { id: from + 1 }];
    const pages = pagesOf(
      { collection: 'a', records: records(1) },
      { collection: 'b', records: records(10) },
      { collection: 'a', records: records(3) },
      { collection: 'b', records: [] },
      { collection: 'b', records: records(12) },
      { collection: 'empty', records: [] },
    );
    const report = await write({ pages });
    expect(JSON.parse(await read('a.json'))).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }]);
    expect(JSON.parse(await read('b.json'))).toEqual([{ id: 10 }, { id: 11 }, { id: 12 }, { id: 13 }]);
    expect(report.collections.map(({ name, records: count }) => [name, count])).toEqual([
      ['a', 4],
      ['b', 4],
    ]);
    expect(report.records).toBe(8);
  });

  it('tells the size and hash of each file before sealing', async () => {
    const report = await write();
    const files = report.collections.flatMap((collection) => collection.files);
    expect(files.map((file) => file.name)).toEqual(['tickets.json', 'tickets.csv', 'tickets.html']);
    for (const file of files) {
      const content = await read(file.name);
      expect(file.bytes).toBe(Buffer.byteLength(content));
      expect(file.sha256).toBe(createHash('sha256').update(content).digest('hex'));
    }
    expect(report.bytes).toBe(files.reduce((sum, file) => sum + file.bytes, 0));
  });

  it('of a service that holds nothing is there, and empty', async () => {
    expect(await write({ pages: pagesOf() })).toEqual({
      service: 'support',
      title: 'Support',
      collections: [],
      records: 0,
      bytes: 0,
    });
    expect(await readdir(directory())).toEqual(['part.report']);
  });

  it('can be asked again for its report', async () => {
    expect(await readPart(directory(), KEY, CONTEXT)).toBeNull();
    const report = await write();
    expect(await readPart(directory(), KEY, CONTEXT)).toEqual(report);
    await expect(readPart(directory(), KEY, 'another request')).rejects.toThrow(SealedFileError);
  });

  it('takes the place of an earlier one', async () => {
    await write();
    await write({ pages: pagesOf({ collection: 'other', records: [{ id: 2 }] }) });
    expect(await readdir(directory())).toEqual(['other.csv', 'other.html', 'other.json', 'part.report']);
  });

  it('opens no file under the name of another', async () => {
    await write({
      pages: pagesOf({ collection: 'a', records: [{ id: 1 }] }, { collection: 'b', records: [{ id: 2 }] }),
    });
    await rename(path.join(directory(), 'a.json'), path.join(directory(), 'b.json'));
    await expect(read('b.json')).rejects.toThrow(SealedFileError);
  });

  it('tells how far it is after each page', async () => {
    const progress: [number, number][] = [];
    const pages = pagesOf(
      { collection: 'a', records: [{ id: 1 }, { id: 2 }] },
      { collection: 'b', records: [{ id: 3 }] },
    );
    await write({ pages, onProgress: (records, bytes) => progress.push([records, bytes]) });
    expect(progress.map(([records]) => records)).toEqual([2, 3]);
    expect(progress[1]?.[1]).toBeGreaterThan(progress[0]?.[1] ?? 0);
  });

  it('keeps what JSON can carry exactly: numbers as text, line separators, lone surrogates, odd names', async () => {
    const record = JSON.parse(
      '{"__proto__":{"a":1},"constructor":"x","big":"12345678901234567890.10","u":"\\u2028\\u2029\\r\\n","s":"\\ud800","":"no name","deep":{"a":{"b":[{"c":null}]}}}',
    );
    await write({ pages: pagesOf({ collection: 'odd', records: [record] }) });
    expect(JSON.stringify(JSON.parse(await read('odd.json')))).toBe(JSON.stringify([record]));
  });
});

describe('a part that cannot be written', () => {
  const halves = async () => (await readdir(path.join(folder.path, 'parts'))).sort();

  it('leaves nothing behind when the service fails in the middle', async () => {
    const failure = new ServiceError('support', 'SERVICE_UNREACHABLE', 'The service did not answer.');
    async function* pages() {
      yield { collection: 'tickets', records: [{ id: 1 }] };
      throw failure;
    }
    await expect(write({ pages: pages() })).rejects.toBe(failure);
    expect(await halves()).toEqual([]);
  });

  it('leaves the earlier part as it was', async () => {
    await write();
    async function* pages(): AsyncGenerator<never> {
      yield* [];
      throw new Error('fails');
    }
    await expect(write({ pages: pages() })).rejects.toThrow('fails');
    expect(await halves()).toEqual(['support']);
    expect(JSON.parse(await read('tickets.json'))).toEqual([{ id: 1 }]);
  });

  it('stops when it is told to, and lets the service go', async () => {
    const stop = new AbortController();
    let closed = false;
    async function* pages() {
      try {
        for (let id = 1; ; id++) {
          if (id === 3) stop.abort(new Error('shutting down'));
          yield { collection: 'tickets', records: [{ id }] };
        }
      } finally {
        closed = true;
      }
    }
    await expect(write({ pages: pages(), signal: stop.signal })).rejects.toThrow('shutting down');
    expect(closed).toBe(true);
    expect(await halves()).toEqual([]);
  });

  it('removes what a killed process left half-done, and nothing else', async () => {
    const parts = path.join(folder.path, 'parts');
    await mkdir(path.join(parts, 'support.tmp-0123456789abcdef'), { recursive: true });
    await writeFile(path.join(parts, 'support.tmp-0123456789abcdef', 'tickets.json'), 'half');
    await mkdir(path.join(parts, 'other.tmp-0123456789abcdef'));
    await write();
    expect(await halves()).toEqual(['other.tmp-0123456789abcdef', 'support']);
  });

  it('T-20 refuses a service that sends collections without end', async () => {
    async function* pages() {
      for (let number = 0; ; number++) yield { collection: `c${number}`, records: [{ id: 1 }] };
    }
    await expect(write({ pages: pages() })).rejects.toMatchObject({ failure: 'SERVICE_ANSWER_INVALID' });
  });

  it('blames the service for a record nested without end', async () => {
    let nested: DataRecord = {};
    for (let depth = 0; depth < 50_000; depth++) nested = { nested };
    await expect(write({ pages: pagesOf({ collection: 'deep', records: [nested] }) })).rejects.toMatchObject({
      failure: 'SERVICE_ANSWER_INVALID',
    });
    expect(await halves()).toEqual([]);
  });
});

describe('what the manifest says of a collection', () => {
  const field = (name: string, fields: Field[] = []): Field => ({
    name,
    description: null,
    categories: [],
    primaryKey: false,
    identity: null,
    references: [],
    dataType: null,
    returnAllElements: false,
    fields,
  });
  const dataset: Dataset = {
    key: 'support_db',
    title: 'Support',
    description: null,
    namespace: null,
    collections: [
      {
        dataset: 'support_db',
        name: 'tickets',
        title: 'Support tickets',
        description: 'What you asked us.',
        fields: [field('subject'), field('sender', [field('name'), field('email')]), field('id')],
        after: [],
        skipProcessing: false,
      },
    ],
  };

  it.each(['tickets', 'support_db.tickets'])('names and orders its columns: %s', async (collection) => {
    const service = serviceNamed('support', { datasets: [dataset] });
    const records = [{ id: 1, extra: true, sender: { email: 'a@example.org', phone: '1' }, subject: 'Hi' }];
    const report = await write({ service, pages: pagesOf({ collection, records }) });
    expect(report.collections[0]).toMatchObject({ title: 'Support tickets', description: 'What you asked us.' });
    const csv = await read(report.collections[0]?.files[1]?.name ?? '');
    expect(csv).toBe('\ufeffsubject,sender.name,sender.email,id,extra,sender.phone\r\nHi,,a@example.org,1,true,1\r\n');
  });

  it('is made readable from the name where it says nothing', async () => {
    const report = await write({ pages: pagesOf({ collection: 'orderItems_v2', records: [{ id: 1 }] }) });
    expect(report.collections[0]).toMatchObject({ title: 'Order items v2', description: null });
  });
});

describe('the folder of a part', () => {
  it('is for its owner alone', async () => {
    await write();
    expect((await stat(directory())).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(directory(), 'tickets.json'))).mode & 0o777).toBe(0o600);
  });
});
