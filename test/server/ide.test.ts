import type { Browser, Page, Request } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { need } from '../../examples/client.js';
import { PERSON_OF_THE_DEMO } from '../../examples/people/person.js';
import { RequestAccessDocument } from '../../schema/client/operations.js';
import { launchChromium } from '../support/chromium.js';
import { type Demo, demo } from '../support/demo.js';

const PATIENCE = { timeout: 60_000 };

let habeas: Demo;
let browser: Browser;
let page: Page;
const elsewhere: string[] = [];
const asked: Request[] = [];
// The page carries all of GraphiQL, which takes a while to open: one for all.
beforeAll(async () => {
  [habeas, browser] = await Promise.all([demo(), launchChromium()]);
  page = await browser.newPage();
  const { origin } = new URL(habeas.url);
  await page.route('**/*', (route) => {
    const url = new URL(route.request().url());
    if (url.origin === origin) return route.continue();
    if (url.protocol !== 'data:' && url.protocol !== 'blob:') elsewhere.push(url.href);
    return route.abort();
  });
  page.on('request', (request) => {
    if (request.method() === 'POST') asked.push(request);
  });
  await page.goto(habeas.url);
  await page.getByRole('button', { name: /execute query/i }).waitFor(PATIENCE);
});
afterAll(() => browser.close());

const run = () => page.getByRole('button', { name: /execute query/i }).click();
/** The tabs slide into place after the page has opened, and a click on one that slides is lost. */
async function openTab(name: string): Promise<void> {
  const tab = page.getByRole('tab', { name });
  const isOpen = async () => {
    await tab.click();
    return tab.getAttribute('aria-selected');
  };
  await expect.poll(isOpen, PATIENCE).toBe('true');
  await expect.poll(() => page.locator('.graphiql-query-editor').first().textContent(), PATIENCE).toContain(name);
}
const answer = () => page.locator('.result-window, .graphiql-response').first().textContent();
const lastAsked = () => asked.at(-1)?.postDataJSON() as { operationName?: string; variables?: unknown };

describe('the IDE of a running Habeas, with no way to the internet', { timeout: 180_000 }, () => {
  it('answers its first question with data of four services, as soon as it is open', async () => {
    // The page shows only what fits of a long answer; the whole of it has come over the wire.
    const answered = page.waitForResponse(
      (response) => response.request().postData()?.includes('OneQuestionFourServices') ?? false,
    );
    await run();
    await expect.poll(answer, PATIENCE).toContain('"ehcpAudit"');
    const { data, errors } = await (await answered).json();
    expect(errors).toBeUndefined();
    expect(data.account).toMatchObject({
      profile: { displayName: expect.any(String) },
      ehcpAudit: { audits: { totalCount: expect.any(Number) } },
      training: { bookings: { totalCount: expect.any(Number) } },
      support: { tickets: { totalCount: expect.any(Number) } },
      newsletter: { subscriptions: expect.any(Object) },
    });
    expect(lastAsked().variables).toEqual({ id: PERSON_OF_THE_DEMO.accountId });
  });

  it('has a tab for each of three questions, which asks with a token of its own', async () => {
    const names = ['OneQuestionFourServices', 'StaffQueue', 'WhatYouHoldAboutMe'];
    const tabs = page.getByRole('tab').filter({ hasText: new RegExp(names.join('|')) });
    expect(await tabs.allTextContents()).toEqual(names.map((name) => expect.stringMatching(`^${name}`)));
    const tokens = new Set([asked.at(-1)?.headers().authorization]);
    await openTab('StaffQueue');
    await run();
    await expect.poll(answer, PATIENCE).toContain('"privacyRequests"');
    expect(await answer()).not.toContain('"errors"');
    tokens.add(asked.at(-1)?.headers().authorization);
    await openTab('WhatYouHoldAboutMe');
    await run();
    // The tab holds a second operation: the page asks which.
    await page.getByRole('menuitem', { name: 'WhatYouHoldAboutMe' }).click();
    await expect.poll(answer, PATIENCE).toContain('"me"');
    expect(await answer()).not.toContain('"errors"');
    expect(lastAsked().operationName).toBe('WhatYouHoldAboutMe');
    tokens.add(asked.at(-1)?.headers().authorization);
    expect([...tokens]).toEqual(names.map(() => expect.stringMatching(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/)));
  });

  it('follows a subscription to its end', async () => {
    const person = await habeas.person(PERSON_OF_THE_DEMO.accountId);
    const { request } = (await need(person, RequestAccessDocument, { input: {} })).requestAccess;
    await openTab('WhatYouHoldAboutMe');
    await page.locator('.graphiql-query-editor').first().click();
    await page.keyboard.press('Control+A');
    await page.keyboard.insertText(`subscription { privacyRequestProgress(id: "${request.id}") { status progress } }`);
    await run();
    await expect.poll(answer, PATIENCE).toContain('"privacyRequestProgress"');
    await expect.poll(answer, PATIENCE).toContain('"COMPLETED"');
  });

  it('has loaded nothing from elsewhere, and so works offline', () => {
    expect(elsewhere).toEqual([]);
  });
});
