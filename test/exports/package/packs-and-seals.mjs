// Writes and seals a package of many records in a process of its own. Arguments: folder, number of records.
// Tells by IPC: { part: records } while it writes, then { sealing: true }.
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';

const [folder, count] = process.argv.slice(2);
const { writePart } = await import('../../../dist/src/exports/package/part.js');
const { sealPackage } = await import('../../../dist/src/exports/package/seal.js');
const { about } = await import('../../../dist/src/exports/package/about.js');

const key = Buffer.from(process.env.KEY ?? randomBytes(32).toString('hex'), 'hex');
const signal = new AbortController().signal;
const service = {
  name: 'support',
  title: 'Support',
  description: null,
  affiliation: 'AFFILIATED',
  country: 'GB',
  transferSafeguard: null,
  declarations: [
    {
      name: null,
      dataUse: 'a',
      dataCategories: ['b'],
      dataSubjects: ['c'],
      lawfulBasis: null,
      retentionPeriod: null,
      thirdParties: null,
    },
  ],
  datasets: [],
  retention: new Map(),
  source: null,
};

async function* pages(records) {
  for (let first = 0; first < records; first += 500) {
    await setImmediate();
    const page = Array.from({ length: Math.min(500, records - first) }, (_, index) => ({
      id: first + index,
      subject: `Question ${first + index}`,
      message: 'I have tried it twice and it still does not work. '.repeat(8),
      opened_at: '2026-03-01T10:00:00Z',
      sender: { name: 'Amara Okafor', email: 'amara@example.org' },
    }));
    // Two collections take turns.
    yield { collection: first % 1000 === 0 ? 'tickets' : 'messages', records: page };
  }
}

async function run(name, records) {
  const directory = path.join(folder, name, 'part');
  const formats = ['JSON', 'CSV', 'HTML'];
  const onProgress = (part) => process.send({ part });
  const report = await writePart({
    directory,
    service,
    pages: pages(records),
    formats,
    key,
    context: 'part',
    onProgress,
    signal,
  });
  process.send({ sealing: true });
  const controller = { name: 'x', address: 'x', companyNumber: 'x' };
  const dps = { email: 'x', address: 'x' };
  const parts = [{ report, directory, context: 'part' }];
  const explained = about({
    controller,
    dps,
    services: [service],
    parts: [report],
    incomplete: [],
    disclosures: [],
    withheld: [],
    titleOf: (_kind, key) => key,
  });
  const now = new Date();
  const person = { accountId: 'a', displayName: null, emails: [] };
  const output = path.join(folder, name, 'package.sealed');
  await sealPackage({
    output,
    key,
    context: 'package',
    parts,
    about: explained,
    person,
    requestId: 'r',
    receivedAt: now,
    generatedAt: now,
    signal,
  });
}

await run('warm', 500);
await run('large', Number(count));
