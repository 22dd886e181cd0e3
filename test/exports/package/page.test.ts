import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse, type DefaultTreeAdapterTypes as Tree } from 'parse5';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CORE } from '../../../src/services/core.js';
import { barriersOf } from '../../support/accessibility.js';
import { launchChromium } from '../../support/chromium.js';
import { unzip } from '../../support/zip.js';
import { HOSTILE } from './markup.js';
import { freshFolder, type Held, type PackOptions, pack, pagesOf, serviceNamed, unseal } from './packing.js';
import { packSample } from './sample.js';

let folder: Awaited<ReturnType<typeof freshFolder>>;
beforeAll(async () => {
  folder = await freshFolder();
});
afterAll(() => folder.remove());

async function pageOf(held: readonly Held[], options?: PackOptions): Promise<string> {
  const { output } = await pack(folder.path, held, options);
  return String((await unzip(await unseal(output))).get('index.html'));
}

function elements(html: string): Tree.Element[] {
  const found: Tree.Element[] = [];
  const walk = (node: Tree.Node) => {
    if ('tagName' in node) found.push(node);
    if ('childNodes' in node) node.childNodes.forEach(walk);
  };
  walk(parse(html));
  return found;
}
const attributes = (html: string) =>
  elements(html).flatMap((element) => element.attrs.map((attribute) => ({ element: element.tagName, ...attribute })));
const textOf = (node: Tree.Node): string =>
  'value' in node && node.nodeName === '#text'
    ? node.value
    : 'childNodes' in node
      ? node.childNodes.map(textOf).join('')
      : '';

const ADDRESSES = new Set([
  'href',
  'src',
  'action',
  'formaction',
  'data',
  'srcset',
  'poster',
  'cite',
  'background',
  'ping',
  'srcdoc',
  'xlink:href',
  'style',
]);

describe('T-22 the readable page', () => {
  it(`turns ${HOSTILE.length} hostile texts in every place into text: no script, no handler, no address`, async () => {
    expect(HOSTILE.length).toBeGreaterThanOrEqual(200);
    const [first = ''] = HOSTILE;
    const hostile = (index: number) => HOSTILE[index % HOSTILE.length] ?? first;
    const everywhere = hostile(1);
    const records = HOSTILE.map((text, index) => ({
      [text]: text,
      list: [text, { [text]: text }],
      deep: { [text]: { x: text } },
      n: index,
    }));
    const table = HOSTILE.map((text) => ({ text, kind: hostile(7) }));
    const [declaration] = serviceNamed('s').declarations;
    if (!declaration) throw new Error('the sample service declares a use');
    const service = serviceNamed(hostile(3), {
      title: hostile(4),
      description: hostile(5),
      source: hostile(6),
      declarations: HOSTILE.map((text) => ({
        ...declaration,
        name: text,
        thirdParties: text,
        retentionPeriod: text,
        dataCategories: [text],
      })),
      retention: new Map([[hostile(8), { for: hostile(9), from: hostile(10) }]]),
    });
    const pages = pagesOf({ collection: hostile(11), records }, { collection: hostile(12), records: table });
    const html = await pageOf([{ service, pages }], {
      failed: [{ service: serviceNamed(hostile(13), { title: hostile(14) }), reason: hostile(15) }],
      person: { accountId: hostile(16), displayName: hostile(17), emails: [hostile(18)] },
      about: {
        controller: { name: everywhere, address: everywhere, companyNumber: everywhere },
        dps: { name: everywhere, email: everywhere, address: everywhere },
        disclosures: [{ recipient: everywhere, purpose: everywhere, at: new Date(0) }],
        withheld: [{ what: everywhere, exemption: everywhere }],
        titleOf: (_kind, key) => `${key}${everywhere}`,
      },
    });
    const tags = new Set(elements(html).map((element) => element.tagName));
    for (const tag of [
      'script',
      'img',
      'svg',
      'math',
      'iframe',
      'object',
      'form',
      'base',
      'link',
      'template',
      'noscript',
      'textarea',
      'button',
    ]) {
      expect(tags).not.toContain(tag);
    }
    expect(elements(html).filter(({ tagName }) => tagName === 'style' || tagName === 'meta')).toHaveLength(7);
    expect(attributes(html).filter(({ name }) => name.startsWith('on') || name === 'autofocus')).toEqual([]);
    for (const { name, value } of attributes(html).filter((attribute) => ADDRESSES.has(attribute.name))) {
      expect(name).toBe('href');
      expect(value).toMatch(
        /^(#[a-z0-9_-]+|data\/[a-z0-9_-]+\/[a-z0-9_-]+\.(json|csv)|https:\/\/ico\.org\.uk\/make-a-complaint\/)$/,
      );
    }
    // And nothing is lost: each text is there to read.
    const text = textOf(parse(html));
    for (const hostileText of HOSTILE) expect(text).toContain(hostileText);
  });

  it('forbids itself to load or run anything, and stands alone', async () => {
    const html = await pageOf([
      { service: serviceNamed('s'), pages: pagesOf({ collection: 'c', records: [{ id: 1 }] }) },
    ]);
    const policy = elements(html).find(({ attrs }) => attrs.some(({ value }) => value === 'Content-Security-Policy'));
    expect(policy?.attrs.find(({ name }) => name === 'content')?.value).toMatch(
      /^default-src 'none'; style-src 'unsafe-inline'/,
    );
    expect(html).toMatch(/^<!doctype html>\n<html lang="en-GB">/);
    expect(
      attributes(html)
        .filter(({ name, value }) => name === 'href' && value.startsWith('http'))
        .map(({ value }) => value),
    ).toEqual(['https://ico.org.uk/make-a-complaint/']);
  });

  it('shows dates to people and to machines, and only dates', async () => {
    const record = {
      a: '2026-07-01T10:00:00Z',
      b: '2026-01-05 08:00:00+00',
      c: '2026-03-04',
      d: '2026-03-04T09:00:00',
      e: '2026-13-45',
      f: '20260304',
    };
    const html = await pageOf([{ service: serviceNamed('s'), pages: pagesOf({ collection: 'c', records: [record] }) }]);
    expect(html).toContain('<time datetime="2026-07-01T10:00:00Z">1 July 2026 at 11:00 BST</time>');
    expect(html).toContain('<time datetime="2026-01-05T08:00:00+00">5 January 2026 at 08:00 GMT</time>');
    expect(html).toContain('<time datetime="2026-03-04">4 March 2026</time>');
    expect(html).toContain('<time datetime="2026-03-04T09:00:00">4 March 2026 at 09:00</time>');
    expect(html).toContain('<bdi>2026-13-45</bdi>');
    expect(html).toContain('<bdi>20260304</bdi>');
  });

  it('keeps the direction of a text to itself', async () => {
    const rtl = 'שלום \u202e עולם';
    const html = await pageOf([
      { service: serviceNamed('s'), pages: pagesOf({ collection: 'c', records: [{ name: rtl, emoji: '👩🏽‍💻' }] }) },
    ]);
    expect(html).toContain(`<td dir="auto"><bdi>${rtl}</bdi></td>`);
    expect(html).toContain('👩🏽‍💻');
  });

  it('shows the first thousand records and says where all of them are', async () => {
    const records = Array.from({ length: 1500 }, (_, id) => ({ id, name: `n${id}` }));
    const html = await pageOf([{ service: serviceNamed('s'), pages: pagesOf({ collection: 'c', records }) }]);
    expect(html).toContain('<bdi>n999</bdi>');
    expect(html).not.toContain('<bdi>n1000</bdi>');
    expect(html).toContain(
      'These are the first 1,000; 500 more are not on this page. All 1,500 are in <a href="data/s/c.json">',
    );
  });

  it('keeps the anchors of services apart whose names resemble each other', async () => {
    const held = ['a', 'a-title', 'a-why', 'A'].map((name) => ({ service: serviceNamed(name), pages: pagesOf() }));
    const ids = attributes(await pageOf(held)).filter(({ name }) => name === 'id');
    expect(new Set(ids.map(({ value }) => value)).size).toBe(ids.length);
  });

  it('explains the fields that occur', async () => {
    const html = await pageOf([
      { service: CORE, pages: pagesOf({ collection: 'account', records: [{ id: '1', status: 'active' }] }) },
    ]);
    expect(html).toContain('What the fields of “<bdi>Account</bdi>” mean');
    expect(html).toContain('<dt dir="auto">Status</dt><dd dir="auto">Whether the account is active');
    expect(html).not.toContain('When the account was made.');
  });

  it('writes a list of records inside a record as a table', async () => {
    const record = { id: 1, messages: [{ from: 'me', body: 'Hi' }, { from: 'you' }] };
    const html = await pageOf([{ service: serviceNamed('s'), pages: pagesOf({ collection: 'c', records: [record] }) }]);
    expect(html).toContain(
      '<thead><tr><th scope="col" dir="auto">From</th><th scope="col" dir="auto">Body</th></tr></thead>',
    );
    expect(html).toContain('<td dir="auto"><bdi>you</bdi></td><td dir="auto"><span class="none">–</span></td>');
  });

  it('writes a table for few fields and a list for many; what is empty is named once', async () => {
    const wide = { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6, g: 7, created_at: null };
    const pages = pagesOf(
      { collection: 'wide', records: [wide] },
      { collection: 'narrow', records: [{ postCode: 'PO1', address: { city: 'Leeds' } }] },
    );
    const html = await pageOf([{ service: serviceNamed('s'), pages }]);
    expect(html).toContain('Nothing held under: <bdi>Created at</bdi>');
    expect(html).toContain('<th scope="col" dir="auto">Post code</th><th scope="col" dir="auto">Address: city</th>');
  });
});

describe('the readable page in a browser', () => {
  let browser: Browser;
  let address: string;
  beforeAll(async () => {
    const { output } = await packSample(folder.path);
    const file = path.join(folder.path, 'index.html');
    await writeFile(file, (await unzip(await unseal(output))).get('index.html') ?? '');
    address = pathToFileURL(file).href;
    browser = await launchChromium();
  });
  afterAll(() => browser.close());

  it.each([
    ['light', 1200],
    ['dark', 1200],
    ['light', 390],
  ] as const)('is accessible (WCAG 2.2 AA): %s, %i pixels wide', async (colorScheme, width) => {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
    const page = await context.newPage();
    await page.goto(address);
    expect(await barriersOf(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
    await context.close();
  });

  it('logs nothing, asks for nothing and has no broken anchor', async () => {
    const page = await browser.newPage();
    const problems: string[] = [];
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (request.url() !== address) problems.push(request.url());
    });
    await page.goto(address);
    expect(problems).toEqual([]);
    const broken = `[...document.querySelectorAll('a[href^="#"]')].map((a) => a.getAttribute('href')).filter((id) => !document.getElementById(id.slice(1)))`;
    expect(await page.evaluate(broken)).toEqual([]);
    const ids = `[...document.querySelectorAll('[id]')].map((e) => e.id).filter((id, i, all) => all.indexOf(id) !== i)`;
    expect(await page.evaluate(ids)).toEqual([]);
    await page.close();
  });

  it('prints to PDF', async () => {
    const page = await browser.newPage();
    await page.goto(address);
    const pdf = await page.pdf({ format: 'A4', printBackground: false });
    expect(String(pdf.subarray(0, 5))).toBe('%PDF-');
    expect(String(pdf).match(/\/Type\s*\/Page\b/g)?.length).toBeGreaterThan(4);
    await page.close();
  });
});
