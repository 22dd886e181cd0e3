import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SealedFileError } from '../../../src/crypto/sealed-file.js';
import { ENTRY_NAME } from '../../../src/exports/package/names.js';
import { openPackage } from '../../../src/exports/package/seal.js';
import { verifyPackage } from '../../../src/exports/package/verify.js';
import { unzip } from '../../support/zip.js';
import { freshFolder, KEY, pack, pagesOf, serviceNamed, unseal } from './packing.js';

let folder: Awaited<ReturnType<typeof freshFolder>>;
beforeEach(async () => {
  folder = await freshFolder();
});
afterEach(() => folder.remove());

const tickets = [
  { id: 1, subject: 'Cannot log in', closed_at: '2026-03-01T10:00:00Z', tags: ['login', 'urgent'] },
  { id: 2, subject: 'Ünïcode \u2028 and "quotes"', closed_at: null, tags: [] },
];
const support = () => ({
  service: serviceNamed('support', { title: 'Support' }),
  pages: pagesOf({ collection: 'tickets', records: tickets }, { collection: 'notes', records: [{ text: 'hello' }] }),
});

describe('a sealed package', () => {
  it('has the page first, the manifest last and a folder for each service between', async () => {
    const { output } = await pack(folder.path, [support()]);
    expect([...(await unzip(await unseal(output))).keys()]).toEqual([
      'index.html',
      'about.json',
      'data/support/tickets.json',
      'data/support/tickets.csv',
      'data/support/notes.json',
      'data/support/notes.csv',
      'manifest.json',
    ]);
  });

  it('P27 holds every record exactly as the service gave it', async () => {
    const { output } = await pack(folder.path, [support()]);
    const files = await unzip(await unseal(output));
    expect(JSON.parse(String(files.get('data/support/tickets.json')))).toEqual(tickets);
    expect(JSON.parse(String(files.get('data/support/notes.json')))).toEqual([{ text: 'hello' }]);
  });

  it('tells the size and hash of the ZIP as it is downloaded, and of every file in it', async () => {
    const sealed = await pack(folder.path, [support()]);
    const zip = await unseal(sealed.output);
    expect(sealed.bytes).toBe(zip.length);
    expect(sealed.sha256).toBe(createHash('sha256').update(zip).digest('hex'));
    expect(sealed.records).toBe(3);
    const files = await unzip(zip);
    expect(sealed.files).toBe(files.size);
    const manifest = JSON.parse(String(files.get('manifest.json')));
    expect(manifest.files.map((file: { path: string }) => file.path)).toEqual([...files.keys()].slice(0, -1));
    for (const file of manifest.files) {
      const content = files.get(file.path) ?? Buffer.alloc(0);
      expect(file.bytes).toBe(content.length);
      expect(file.sha256).toBe(createHash('sha256').update(content).digest('hex'));
    }
  });

  it('verifies against its own manifest, in memory and on disk', async () => {
    const { output } = await pack(folder.path, [support()]);
    const zip = await unseal(output);
    await writeFile(path.join(folder.path, 'plain.zip'), zip);
    expect(await verifyPackage(zip)).toEqual({ ok: true, problems: [] });
    expect(await verifyPackage(path.join(folder.path, 'plain.zip'))).toEqual({ ok: true, problems: [] });
  });

  it('is the same ZIP when the same parts are sealed again', async () => {
    const one = await pack(folder.path, [support()]);
    const two = await pack(folder.path, [support()]);
    expect(two.sha256).toBe(one.sha256);
  });

  it('holds nothing readable on disk, neither the parts nor the package', async () => {
    const service = serviceNamed('support');
    const { output } = await pack(folder.path, [
      { service, pages: pagesOf({ collection: 'x', records: [{ secret: 'plaintext-marker' }] }) },
    ]);
    const names = await readdir(folder.path, { recursive: true });
    const files = names.filter((name) => path.extname(name) !== '').map((name) => path.join(folder.path, name));
    expect(files).toContain(output);
    expect(files.length).toBeGreaterThan(3);
    for (const file of files) expect((await readFile(file)).includes('plaintext-marker')).toBe(false);
  });

  it('tells for each service whether it is complete, holds nothing or failed', async () => {
    const { output } = await pack(folder.path, [support(), { service: serviceNamed('training'), pages: pagesOf() }], {
      failed: [{ service: serviceNamed('newsletter'), reason: 'It did not answer for two days.' }],
    });
    const files = await unzip(await unseal(output));
    const manifest = JSON.parse(String(files.get('manifest.json')));
    expect(manifest.complete).toBe(false);
    expect(manifest.services).toEqual([
      {
        name: 'support',
        status: 'complete',
        reason: null,
        records: 3,
        collections: [
          { name: 'tickets', records: 2 },
          { name: 'notes', records: 1 },
        ],
      },
      { name: 'training', status: 'no_data', reason: null, records: 0, collections: [] },
      { name: 'newsletter', status: 'failed', reason: 'It did not answer for two days.', records: 0, collections: [] },
    ]);
    const html = String(files.get('index.html'));
    expect(html.match(/This package is not complete/g)).toHaveLength(2);
    expect(html).toContain('It did not answer for two days.');
  });

  it('says in the manifest what the guard against formulas changed', async () => {
    const { output } = await pack(folder.path, [support()]);
    const manifest = JSON.parse(String((await unzip(await unseal(output))).get('manifest.json')));
    expect(manifest.notes.join(' ')).toMatch(/apostrophe put before it/);
  });

  it('without HTML still has a page that explains, and names the files', async () => {
    const { output } = await pack(folder.path, [support()], { formats: ['JSON'] });
    const files = await unzip(await unseal(output));
    expect([...files.keys()]).not.toContain('data/support/tickets.csv');
    expect(String(files.get('index.html'))).toContain(
      'The records are not on this page. All 2 are in <a href="data/support/tickets.json">',
    );
  });

  it('with HTML alone adds the JSON of what is too long for a page, so that nothing is missing', async () => {
    const records = Array.from({ length: 1001 }, (_, id) => ({ id }));
    const held = {
      service: serviceNamed('s'),
      pages: pagesOf(
        { collection: 'many', records },
        { collection: 'few', records: [{ id: 1 }] },
        { collection: 'long', records: [{ text: 'x'.repeat(5000) }] },
      ),
    };
    const { output } = await pack(folder.path, [held], { formats: ['HTML'] });
    const files = await unzip(await unseal(output));
    expect([...files.keys()].filter((name) => name.startsWith('data/'))).toEqual([
      'data/s/many.json',
      'data/s/long.json',
    ]);
    expect(String(files.get('index.html'))).toContain('These are the first 1,000; 1 more are not on this page.');
    expect(String(files.get('index.html'))).toContain('1,000 more characters in the data files');
    expect(JSON.parse(String(files.get('data/s/many.json')))).toHaveLength(1001);
  });

  it('does not open for another request', async () => {
    const { output } = await pack(folder.path, [support()]);
    await expect(openPackage(output, KEY, 'export 43').toArray()).rejects.toThrow(SealedFileError);
  });
});

describe('T-20 names', () => {
  const hostile = [
    '../../etc/x',
    'C:\\x',
    'a\0b',
    'x'.repeat(65_536),
    '\u202egnp.exe',
    '',
    '.',
    '..',
    'CON',
    'nul',
    'Tickets',
    'tickets',
    'tickets-2',
    '日本語',
    '/',
    'a/b',
    'a b',
  ];

  it('of services and collections are made here: plain, unique, inside the package', async () => {
    const held = hostile.map((name) => ({
      service: serviceNamed(name),
      pages: pagesOf(
        ...hostile.map((collection) => ({ collection, records: [{ collection: collection.slice(0, 20) }] })),
      ),
    }));
    const { output } = await pack(folder.path, held, { formats: ['JSON'] });
    const zip = await unseal(output);
    // strictFileNames of the reader refuses entries that could leave the folder.
    const names = [...(await unzip(zip)).keys()];
    expect(names).toHaveLength(hostile.length * hostile.length + 3);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) {
      expect(name).toMatch(ENTRY_NAME);
      expect(name.length).toBeLessThan(180);
      expect(name).not.toMatch(/(^|\/)(con|nul)\b/);
    }
    expect(await verifyPackage(zip)).toEqual({ ok: true, problems: [] });
  });
});
