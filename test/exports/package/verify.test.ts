import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { verifyPackage } from '../../../src/exports/package/verify.js';
import { unzip } from '../../support/zip.js';
import { freshFolder, pack, pagesOf, serviceNamed, unseal } from './packing.js';

const DATA = 'data/support/tickets.json';
let folder: Awaited<ReturnType<typeof freshFolder>>;
let good: Map<string, Buffer>;

beforeAll(async () => {
  folder = await freshFolder();
  const pages = pagesOf({ collection: 'tickets', records: [{ id: 1 }, { id: 2 }] });
  const { output } = await pack(folder.path, [{ service: serviceNamed('support'), pages }]);
  good = await unzip(await unseal(output));
});
afterAll(() => folder.remove());

/** The package with some files changed (null: left out), zipped anew. */
async function verifyWith(changes: Record<string, string | Buffer | null>) {
  const zip = new ZipFile();
  const files = new Map<string, Buffer>(good);
  for (const [name, content] of Object.entries(changes)) {
    if (content === null) files.delete(name);
    else files.set(name, Buffer.from(content));
  }
  for (const [name, content] of files) zip.addBuffer(content, name);
  zip.end();
  return await verifyPackage(await buffer(zip.outputStream));
}
const manifestWith = (change: (manifest: { files: { path: string; records?: number }[] }) => void): string => {
  const manifest = JSON.parse(String(good.get('manifest.json')));
  change(manifest);
  return JSON.stringify(manifest);
};

describe('verifying a package', () => {
  it('finds nothing wrong with a whole one', async () => {
    expect(await verifyWith({})).toEqual({ ok: true, problems: [] });
  });

  it('finds a file that was changed, also where its size stayed the same', async () => {
    const changed = String(good.get(DATA)).replace('1', '7');
    expect(await verifyWith({ [DATA]: changed })).toEqual({
      ok: false,
      problems: [`${DATA}: is not what the manifest's SHA-256 says.`],
    });
  });

  it('finds a file that is missing and one that is too many', async () => {
    const { ok, problems } = await verifyWith({ [DATA]: null, 'data/support/more.json': '[]' });
    expect(ok).toBe(false);
    expect(problems).toEqual(['data/support/more.json: is not in the manifest.', `${DATA}: is missing.`]);
  });

  it('finds a number of records that is not in the file', async () => {
    const manifest = manifestWith(({ files }) => {
      for (const file of files) if (file.path === DATA) file.records = 3;
    });
    expect(await verifyWith({ 'manifest.json': manifest })).toEqual({
      ok: false,
      problems: [`${DATA}: has 2 records, not 3.`],
    });
  });

  it.each([null, 'no JSON', '{}', '{"format":"habeas-package","version":2}'])(
    'finds a manifest like %j',
    async (manifest) => {
      const { ok, problems } = await verifyWith({ 'manifest.json': manifest });
      expect(ok).toBe(false);
      expect(problems).toHaveLength(1);
      expect(problems[0]).toMatch(/^manifest\.json: is /);
    },
  );

  it('finds entries with names no package has', async () => {
    expect((await verifyWith({ 'run.exe': 'x' })).problems).toEqual(['An entry has a name that no package has.']);
  });

  it.each([0, 10, 4000])('finds %i bytes that are no ZIP', async (size) => {
    expect(await verifyPackage(randomBytes(size))).toEqual({
      ok: false,
      problems: ['The package is not a readable ZIP file.'],
    });
  });

  it('finds any damage to the files it lists', async () => {
    const zip = new ZipFile();
    for (const [name, content] of good) zip.addBuffer(content, name);
    zip.end();
    const whole = await buffer(zip.outputStream);
    const listed = (files: Map<string, Buffer>) => [...files].filter(([name]) => name !== 'manifest.json').map(String);
    for (let at = 40; at < whole.length; at += 97) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0xff, at);
      const { ok } = await verifyPackage(damaged);
      // Times of entries and notes in the manifest are not content: what unpacks the same is the same package.
      if (ok) expect(listed(await unzip(damaged))).toEqual(listed(good));
    }
  });
});
