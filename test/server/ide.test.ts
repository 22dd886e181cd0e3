import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { idePage, type Question } from '../../src/server/ide.js';
import { launchChromium } from '../support/chromium.js';

// The page carries all of GraphiQL; a busy machine takes its time to open it.
vi.setConfig({ testTimeout: 90_000 });

const ADDRESS = 'http://habeas.example/graphql';

const question = (name: string, token: string, variables: string): Question => ({
  name,
  text: variables === '{}' ? `query ${name} { me { id } }` : `query ${name}($id: ID!) { account(id: $id) { id } }`,
  headers: JSON.stringify({ authorization: `Bearer ${token}` }),
  variables,
});

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterAll(() => browser.close());

/** Opens the IDE over a graph that only listens; `asked` fills with the questions that reach it. */
async function openIde(questions: readonly Question[]) {
  const asked: { operationName?: string; variables?: unknown; authorization: string | undefined }[] = [];
  const strangers: string[] = [];
  const page = await browser.newPage();
  await page.route('**/*', async (route) => {
    const request = route.request();
    if (!request.url().startsWith(ADDRESS)) {
      strangers.push(request.url());
      return route.abort();
    }
    if (request.method() === 'GET') return route.fulfill({ contentType: 'text/html', body: idePage(questions) });
    const { operationName, variables } = request.postDataJSON();
    if (operationName !== 'IntrospectionQuery')
      asked.push({ operationName, variables, authorization: request.headers().authorization });
    return route.fulfill({ json: { data: {} } });
  });
  await page.goto(ADDRESS);
  const run = async () => {
    const before = asked.length;
    await page.getByRole('button', { name: /execute query/i }).click();
    await expect.poll(() => asked.length).toBe(before + 1);
    return asked.at(-1);
  };
  return { page, run, strangers };
}

test('the IDE asks its first question with the token and the variables it needs, as soon as it is open', async () => {
  const { page, run } = await openIde([
    question('First', 'one.two.three', '{"id":"7"}'),
    question('Second', 'a.b.c', '{}'),
  ]);
  expect(await run()).toEqual({
    operationName: 'First',
    variables: { id: '7' },
    authorization: 'Bearer one.two.three',
  });
  await page.close();
});

test('each tab of the IDE asks with its own token', async () => {
  const { page, run } = await openIde([
    question('First', 'one.two.three', '{"id":"7"}'),
    question('Second', 'a.b.c', '{}'),
  ]);
  await page.getByRole('tab', { name: 'Second' }).click();
  expect(await run()).toMatchObject({ operationName: 'Second', authorization: 'Bearer a.b.c' });
  await page.close();
});

test('the IDE loads nothing from elsewhere, so that it works offline', async () => {
  const { page, strangers } = await openIde([question('First', 'one.two.three', '{"id":"7"}')]);
  await page.getByRole('button', { name: /execute query/i }).waitFor();
  expect(strangers.filter((url) => !url.startsWith('data:') && !url.startsWith('blob:'))).toEqual([]);
  await page.close();
});
