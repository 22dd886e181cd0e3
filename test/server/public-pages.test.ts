import Fastify, { type FastifyInstance } from 'fastify';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { unsubscribeHeaders } from '../../src/marketing/unsubscribe-link.js';
import { publishPolicy } from '../../src/policies/policies.js';
import { policyRoutes } from '../../src/server/policy-pages.js';
import { unsubscribeRoutes } from '../../src/server/unsubscribe-routes.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import type { World } from '../../src/world.js';
import { MAIL, publishThree, SERVICE, use } from '../consents/policies.js';
import { peopleOf } from '../marketing/people.js';
import { TOOL } from '../marketing/settings.js';
import { barriersOf } from '../support/accessibility.js';
import { launchChromium } from '../support/chromium.js';
import { openStore, type Store } from '../support/store.js';

/** Everything the Markdown of a policy may hold. */
const TEXT = `## Who we are

Lantern – “Education”, *of Portsmouth*. See [the regulator](https://ico.org.uk) and **your rights**.

### What we hold

1. Your name
2. Your \`user.contact.email\`

- for courses
- for audits

> We never sell it.

| what | how long |
| --- | --- |
| name | six years |

## Your rights

Write to us.
`;

let store: Store;
let app: FastifyInstance;
let browser: Browser;
let base: string;
beforeAll(async () => {
  [store, browser] = await Promise.all([openStore(), launchChromium()]);
  await publishThree(store.db);
  const version = { version: 7, effectiveFrom: '2999-06-01', title: 'Privacy policy', text: TEXT };
  const purposes = [use(MAIL), use(SERVICE, { lawfulBasis: 'CONTRACT', recipients: ['Trainers'], retention: 'P6Y' })];
  await store.db.transaction((tx) => publishPolicy(tx, new Date(), taxonomy, { ...version, purposes }, 'staff (dps)'));
  const config = readConfig({ NODE_ENV: 'test' });
  const world = { config, db: store.db, keys: store.keys, clock: systemClock, registry: { taxonomy } } as World;
  app = Fastify({ routerOptions: { maxParamLength: 256 } });
  policyRoutes(app, world);
  await unsubscribeRoutes(app, world);
  base = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await browser.close();
  await app.close();
  await store.close();
});

/** As a telephone shows it by day, and a desk by night. */
describe.each([
  ['light', 320],
  ['dark', 1_280],
] as const)('pages for everybody, %s at %i pixels', (colorScheme, width) => {
  let context: BrowserContext;
  let page: Page;
  beforeEach(async () => {
    // What the check puts into a page, the page's own policy would refuse.
    context = await browser.newContext({ colorScheme, viewport: { width, height: 900 }, bypassCSP: true });
    page = await context.newPage();
  });
  afterEach(() => context.close());

  async function requireAccessible(): Promise<void> {
    expect(await barriersOf(page)).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')).toBe(0);
  }

  it.each(['/policy', '/policy/7', '/policy/1'])('%s is without barriers', async (path) => {
    await page.goto(base + path);
    await requireAccessible();
  });

  it('the page behind a link is without barriers however it stands, and is used by the keyboard alone', async () => {
    const people = peopleOf(store);
    const accountId = await people.reader();
    await page.goto(new URL(unsubscribeHeaders(store.keys, base, new Date(), { accountId, topic: TOOL }).url).href);
    await requireAccessible();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('It counts from this moment').waitFor();
    expect(await people.verdict(accountId)).toBe('no: TOPIC_NOT_ALLOWED');
    await requireAccessible();
    await page.getByRole('button', { name: 'Undo' }).click();
    await page.getByText('what held before holds again').waitFor();
    await requireAccessible();
    await page.getByRole('button', { name: 'Stop' }).last().click();
    await page.getByRole('heading', { level: 1, name: 'You get no marketing from us' }).waitFor();
    await requireAccessible();
    await page.goto(`${base}/unsubscribe/broken`);
    await requireAccessible();
  });
});
