import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse as parseCsv } from 'csv-parse/sync';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Person, SERVICES } from '../../examples/people/person.js';
import { EXAMPLE_IDS, people } from '../../examples/people.js';
import { verifyPackage } from '../../src/exports/package/verify.js';
import {
  type Asked,
  askForEverything,
  followToItsEnd,
  type Package,
  type Progress,
  packageOf,
  requestOf,
} from '../exports/export-of.js';
import { launchChromium } from '../support/chromium.js';
import { type Demo, demo } from '../support/demo.js';
import { type Held, heldBy, inOneOrder } from './stores.js';

const everybody = people();
const person = (is: (person: Person) => boolean): Person => {
  const found = everybody.find(is);
  if (!found) throw new Error('The demo company knows nobody like that.');
  return found;
};
const named = (id: string) => person(({ accountId }) => accountId === id);

const PEOPLE: readonly (readonly [who: string, person: Person])[] = [
  ['the person of the demo', named(EXAMPLE_IDS.demo)],
  ['a person with thousands of records', named(EXAMPLE_IDS.heaviest)],
  ['a person whose name is written from right to left', named(EXAMPLE_IDS.rightToLeft)],
  ['a person with an apostrophe in the name', named(EXAMPLE_IDS.apostrophe)],
  ['a person with an emoji in the name', person(({ displayName }) => displayName.includes('🌟'))],
  ['a person one service alone knows', person(({ externalIds }) => Object.keys(externalIds).join() === 'support')],
];

let habeas: Demo;
let browser: Browser;
const folder = mkdtempSync(path.join(tmpdir(), 'habeas-package-'));

beforeAll(async () => {
  [habeas, browser] = await Promise.all([demo(), launchChromium()]);
});
afterAll(async () => {
  await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

const held = async (service: (typeof SERVICES)[number], who: Person): Promise<Held> =>
  heldBy(habeas.storeUrl(service), service, who);

describe.each(PEOPLE)('%s asks for everything (Article 15)', (_who, asking) => {
  let states: Progress[];
  let request: Asked;
  let received: Package;

  beforeAll(async () => {
    const client = await habeas.person(asking.accountId);
    const id = await askForEverything(client);
    states = await followToItsEnd(client, id);
    request = await requestOf(client, id);
    received = await packageOf(client, request);
  });

  test('and sees it done: progress never goes back, from nothing to all', () => {
    const progress = states.map((state) => state.progress);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(progress[0]).toBeLessThan(1);
    expect(progress.at(-1)).toBe(1);
    expect(states.at(-1)?.status).toBe('COMPLETED');
    expect(request.tasks.map(({ service, status }) => [service, status])).toEqual(
      ['ehcp_audit', 'habeas', 'newsletter', 'support', 'training'].map((service) => [service, 'SUCCEEDED']),
    );
  });

  test('and receives a package that is what its manifest and its link say', async () => {
    expect(await verifyPackage(received.zip)).toEqual({ ok: true, problems: [] });
    expect(received.manifest).toMatchObject({
      complete: true,
      requestId: request.id,
      accountId: asking.accountId,
      receivedAt: request.receivedAt,
    });
    expect(request.export).toMatchObject({
      bytes: received.zip.length,
      sha256: createHash('sha256').update(received.zip).digest('hex'),
      records: received.manifest.services.reduce((sum, { records }) => sum + records, 0),
    });
  });

  test.each(SERVICES)('with every record %s holds, and no other', async (service) => {
    const expected = await held(service, asking);
    const found = received.manifest.services.find(({ name }) => name === service);
    expect(Object.fromEntries((found?.collections ?? []).map(({ name, records }) => [name, records]))).toEqual(
      Object.fromEntries(Object.entries(expected).map(([name, records]) => [name, records.length])),
    );
    for (const [collection, records] of Object.entries(expected)) {
      expect(inOneOrder(received.records(service, collection)), collection).toEqual(inOneOrder(records));
    }
    expect(found?.status).toBe(Object.keys(expected).length > 0 ? 'complete' : 'no_data');
  });

  test('with the account itself', () => {
    expect(received.records('habeas', 'profile')).toMatchObject([
      { display_name: asking.displayName, phone: asking.phone, postal_address: asking.postalAddress },
    ]);
    expect(received.records('habeas', 'identifiers').map(({ value }) => value)).toEqual(asking.emails);
    expect(received.records('habeas', 'privacy_requests').map(({ id }) => id)).toContain(request.id);
  });

  test('and finds as many rows in each CSV file as records in the JSON file beside it', () => {
    const tables = received.manifest.files.filter((file) => file.path.endsWith('.csv'));
    expect(tables.length).toBeGreaterThan(4);
    for (const table of tables) {
      const rows = parseCsv(received.text(table.path), { bom: true, columns: true });
      const records = JSON.parse(received.text(table.path.replace(/csv$/, 'json')));
      expect(rows.length, table.path).toBe(records.length);
      expect(rows.length, table.path).toBe(table.records);
    }
  });

  test('and is told all that Article 15(1) and (2) list', () => {
    const about = JSON.parse(received.text('about.json'));
    expect(about.confirmation.processed).toBe('yes');
    expect(about.services.map(({ name }: { name: string }) => name).sort()).toEqual(['habeas', ...SERVICES].sort());
    for (const service of about.services) {
      expect(service.source, service.name).toMatch(/\w/);
      expect(service.uses.length, service.name).toBeGreaterThan(0);
      for (const use of service.uses) {
        expect(use.purpose.title, service.name).toMatch(/\w/);
        expect(use.categories.length, service.name).toBeGreaterThan(0);
        expect(use.recipients, service.name).toMatch(/\w/);
        expect(use.retention, service.name).toBeTruthy();
        expect(use.lawfulBasis, service.name).toMatch(/\w/);
      }
    }
    const newsletter = about.services.find(({ name }: { name: string }) => name === 'newsletter');
    expect(newsletter.location).toMatchObject({ country: 'US', outsideUk: true });
    expect(newsletter.location.safeguard).toBeTruthy();
    expect(about.rights.map(({ article }: { article: string }) => article)).toEqual(
      expect.arrayContaining(['16', '17', '18', '20', '21']),
    );
    expect(about.complaints.toUs.email).toMatch(/@/);
    expect(about.complaints.toAuthority.url).toContain('ico.org.uk');
    expect(about.automatedDecisions.exist).toBe(false);
    expect(about.search.searched).toHaveLength(5);
    expect(about.search.withheld).toEqual([]);
    expect(about.disclosures).toBeInstanceOf(Array);
  });

  test('and reads it as one page in a browser: no script, nothing loaded from elsewhere, every service named', async () => {
    const file = path.join(folder, `${asking.accountId}.html`);
    writeFileSync(file, received.text('index.html'));
    const page = await browser.newPage();
    const loaded: string[] = [];
    page.on('request', (sent) => loaded.push(sent.url()));
    await page.goto(pathToFileURL(file).href);
    const seen = (await page.locator('main').textContent()) ?? '';
    expect(await page.locator('script').count()).toBe(0);
    expect(loaded).toEqual([pathToFileURL(file).href]);
    for (const title of ['EHCP audit tool', 'Training', 'Support desk', 'Newsletter']) {
      expect(await page.getByRole('heading', { name: title, exact: true, level: 2 }).count(), title).toBe(1);
    }
    expect(seen).toContain(asking.displayName);
    expect(seen).not.toContain('not complete');
    await page.close();
  });
});
