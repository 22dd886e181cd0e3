import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import { parse } from 'parse5';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.js';
import { readConfig } from '../../src/config.js';
import { writeMail } from '../../src/marketing/mail.js';
import { fingerprintOf, isSuppressed } from '../../src/marketing/suppressions.js';
import { type LinkTarget, readToken, unsubscribeHeaders } from '../../src/marketing/unsubscribe-link.js';
import { unsubscribeRoutes } from '../../src/server/unsubscribe-routes.js';
import type { World } from '../../src/world.js';
import { publishThree } from '../consents/policies.js';
import { openStore, type Store } from '../support/store.js';
import { later, peopleOf } from './people.js';
import { NEWS, TOOL } from './settings.js';

const folder = mkdtempSync(path.join(tmpdir(), 'habeas-mail-'));
const config = readConfig({ NODE_ENV: 'test', HABEAS_DATA: folder });
let store: Store;
let people: ReturnType<typeof peopleOf>;
let app: FastifyInstance;
let base: string;
let clock = systemClock;

beforeAll(async () => {
  store = await openStore();
  await publishThree(store.db);
  people = peopleOf(store);
  app = Fastify({ routerOptions: { maxParamLength: 256 } });
  const world = { config, db: store.db, keys: store.keys, clock: { now: () => clock.now() } } as World;
  await unsubscribeRoutes(app, world);
  base = await app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await app.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const headers = (target: LinkTarget, now = new Date()) => unsubscribeHeaders(store.keys, base, now, target);
const post = (url: string, body: string, type = 'application/x-www-form-urlencoded') =>
  fetch(url, { method: 'POST', headers: { 'content-type': type }, body, redirect: 'manual' });
const ONE_CLICK = 'List-Unsubscribe=One-Click';

describe('a message', () => {
  it('carries both headers of RFC 8058, and one POST of a mail program stops it at once', async () => {
    const accountId = await people.reader();
    const file = await writeMail(path.join(folder, 'mail'), {
      from: { name: 'Lantern Education Ltd', address: 'news@lantern.example' },
      to: 'reader@school.example',
      subject: 'Grüße – the EHCP audit tool',
      text: 'What is new in the audit tool.',
      unsubscribe: headers({ accountId, topic: TOOL }),
    });
    expect(readdirSync(path.join(folder, 'mail'))).toEqual([path.basename(file)]);
    const [head = ''] = readFileSync(file, 'utf8').split('\r\n\r\n');
    const lines = head.split('\r\n');
    const headerOf = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
    expect(headerOf('To')).toBe('reader@school.example');
    expect(headerOf('List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click');
    const [, url = ''] = /^<(http[^>]+)>$/.exec(headerOf('List-Unsubscribe') ?? '') ?? [];
    expect(url).toMatch(/\/unsubscribe\/[\w-]{60,200}$/);
    for (const part of accountId.split('-')) expect(url).not.toContain(part);

    expect(await people.verdict(accountId)).toBe('yes: CONSENT');
    const answer = await post(url, headerOf('List-Unsubscribe-Post') ?? '');
    expect(answer.status).toBe(200);
    expect(await people.verdict(accountId)).toBe('no: TOPIC_NOT_ALLOWED');
    expect((await post(url, ONE_CLICK)).status).toBe(200);
    expect(
      await store.sql`select action, channel, scope, key from preference_events where account_id = ${accountId} order by id desc limit 2`,
    ).toMatchObject([{ action: 'UNSUBSCRIBED', channel: 'EMAIL', scope: 'TOPIC', key: TOOL }, { action: 'SAID' }]);
  });
});

describe('the link', () => {
  it('of a topic stops that topic, one without stops everything', async () => {
    const id = await people.reader();
    await post(headers({ accountId: id, topic: NEWS }).url, ONE_CLICK);
    expect(await people.verdict(id)).toBe('yes: CONSENT');
    await post(headers({ accountId: id, topic: null }).url, ONE_CLICK);
    expect(await people.verdict(id)).toBe('no: OPTED_OUT_OF_ALL');
  });

  it('acts as multipart/form-data too', async () => {
    const id = await people.reader();
    const body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n';
    expect(
      (await post(headers({ accountId: id, topic: TOOL }).url, body, 'multipart/form-data; boundary=b')).status,
    ).toBe(200);
    expect(await people.verdict(id)).toBe('no: TOPIC_NOT_ALLOWED');
  });

  it.each(['', 'List-Unsubscribe=Two-Clicks', 'do=toString', 'x=y'])(
    'does nothing for another body: "%s"',
    async (body) => {
      const id = await people.reader();
      expect((await post(headers({ accountId: id, topic: TOOL }).url, body)).status).toBe(400);
      expect(await people.verdict(id)).toBe('yes: CONSENT');
    },
  );

  it('is opened by whoever looks at links, and changes nothing by that', async () => {
    const id = await people.reader();
    const { url } = headers({ accountId: id, topic: TOOL });
    for (const method of ['GET', 'HEAD', 'GET']) expect((await fetch(url, { method })).status).toBe(200);
    expect(await people.verdict(id)).toBe('yes: CONSENT');
  });

  it('with one byte changed is no link, by anybody else’s key neither', async () => {
    const id = await people.reader();
    const { url } = headers({ accountId: id, topic: TOOL });
    const token = Buffer.from(url.split('/').at(-1) ?? '', 'base64url');
    for (let place = 0; place < token.length; place += 1) {
      const changed = Buffer.from(token);
      changed.writeUInt8((changed[place] ?? 0) ^ 1, place);
      expect(readToken(store.keys, changed.toString('base64url'))).toBeNull();
    }
    const answer = await post(`${url.slice(0, -2)}xx`, ONE_CLICK);
    expect([answer.status, await answer.text()]).toEqual([404, expect.stringContaining('This link does not work')]);
    expect(await people.verdict(id)).toBe('yes: CONSENT');
  });

  it('works for ten years, then says whom to write to', async () => {
    const id = await people.reader();
    const { url } = headers({ accountId: id, topic: TOOL }, later(0));
    const years = (count: number) => ({ now: () => later(count * 365 * 24 * 60) });
    clock = years(9.9);
    expect((await fetch(url)).status).toBe(200);
    clock = years(10.1);
    const answer = await post(url, ONE_CLICK);
    clock = systemClock;
    expect([answer.status, await answer.text()]).toEqual([
      410,
      expect.stringContaining('dps@lantern-education.example'),
    ]);
  });

  it('of an account that is gone still answers', async () => {
    const id = await people.reader();
    await store.sql`delete from accounts where id = ${id}`;
    expect((await post(headers({ accountId: id, topic: TOOL }).url, ONE_CLICK)).status).toBe(200);
  });

  it('for an address without an account suppresses it, and can be undone', async () => {
    const fingerprint = fingerprintOf(store.keys, { channel: 'EMAIL', address: 'nobody@school.example' });
    const { url } = headers({ fingerprint, topic: NEWS });
    const suppressed = (topic: string | null) => isSuppressed(store.sql, fingerprint, 'EMAIL', topic);
    await post(url, ONE_CLICK);
    expect([await suppressed(NEWS), await suppressed(null)]).toEqual([true, false]);
    expect(await (await post(url, 'do=undo-topic')).text()).toContain('what held before holds again');
    expect(await suppressed(NEWS)).toBe(false);
    await post(url, 'do=stop-all');
    expect(await suppressed(TOOL)).toBe(true);
  });
});

describe('the page', () => {
  it('stops and undoes by buttons, one topic or all', async () => {
    const id = await people.reader();
    const { url } = headers({ accountId: id, topic: TOOL });
    expect(await (await fetch(url)).text()).toContain('value="stop-topic"');
    const stopped = await (await post(url, 'do=stop-topic')).text();
    expect(stopped).toContain('You get nothing more about: The EHCP audit tool');
    expect(stopped).toContain('value="undo-topic"');
    expect(await people.verdict(id)).toBe('no: TOPIC_NOT_ALLOWED');
    await post(url, 'do=undo-topic');
    expect(await people.verdict(id)).toBe('yes: CONSENT');
    expect(await (await post(url, 'do=stop-all')).text()).toContain('value="undo-all"');
    expect(await people.verdict(id)).toBe('no: OPTED_OUT_OF_ALL');
    await post(url, 'do=undo-all');
    expect(await people.verdict(id)).toBe('yes: CONSENT');
  });

  it('offers no way back from what was said otherwise', async () => {
    const id = await people.reader();
    await people.say(id, { optOutOfAll: true });
    const page = await (await post(headers({ accountId: id, topic: TOOL }).url, 'do=undo-all')).text();
    expect(page).not.toContain('value="undo-all"');
    expect(await people.verdict(id)).toBe('no: OPTED_OUT_OF_ALL');
  });

  it('is whole HTML that runs no script, loads nothing, sets no cookie and tells nothing of the person', async () => {
    const email = 'very.private@school.example';
    const id = await people.reader({ profile: { email, givenName: 'Zebedee' } });
    const answer = await fetch(headers({ accountId: id, topic: TOOL }).url);
    const page = await answer.text();
    const problems: string[] = [];
    parse(page, { onParseError: ({ code }) => problems.push(code), sourceCodeLocationInfo: true });
    expect(problems).toEqual([]);
    expect(page).not.toMatch(/<script|<img|<link|https?:\/\/|Zebedee|very\.private/);
    expect(page).not.toContain(id);
    expect(page).toMatch(/<html lang="en">[\s\S]*<main>[\s\S]*<h1>/);
    expect(answer.headers.get('set-cookie')).toBeNull();
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
