import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { need } from '../../examples/client.js';
import { PERSON_OF_THE_DEMO } from '../../examples/people.js';
import { RequestAccessDocument } from '../../schema/client/operations.js';
import { launchChromium } from '../support/chromium.js';
import { type Habeas, startHabeas } from '../support/habeas.js';

const PATIENCE = { timeout: 60_000 };

let habeas: Habeas;
let browser: Browser;
let page: Page;
let elsewhere: string[];
beforeAll(async () => {
  habeas = await startHabeas();
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  await habeas.stop();
});

beforeEach(async () => {
  elsewhere = [];
  page = await browser.newPage();
  const { origin } = new URL(habeas.url);
  await page.route('**/*', (route) => {
    const url = new URL(route.request().url());
    if (url.origin === origin) return route.continue();
    if (url.protocol !== 'data:' && url.protocol !== 'blob:') elsewhere.push(url.href);
    return route.abort();
  });
  await page.goto(habeas.url);
  await page.getByRole('button', { name: /execute query/i }).waitFor(PATIENCE);
});
afterEach(async () => {
  await page.close();
  expect(elsewhere).toEqual([]);
});

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

describe('the IDE of a running Habeas, with no way to the internet', { timeout: 180_000 }, () => {
  it('answers its first question with data of four services', async () => {
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
  });

  it('has a tab for each of three questions, which asks as who it is for', async () => {
    const names = ['OneQuestionFourServices', 'StaffQueue', 'WhatYouHoldAboutMe'];
    const tabs = page.getByRole('tab').filter({ hasText: new RegExp(names.join('|')) });
    expect(await tabs.allTextContents()).toEqual(names.map((name) => expect.stringMatching(`^${name}`)));
    await openTab('StaffQueue');
    await run();
    await expect.poll(answer, PATIENCE).toContain('"privacyRequests"');
    expect(await answer()).not.toContain('"errors"');
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
});
