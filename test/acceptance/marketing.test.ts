import { readFileSync } from 'node:fs';
import postgres from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { habeas as command } from '../support/command.js';
import { demo } from '../support/demo.js';
import { events, post } from '../support/post.js';

const MAIL = 'marketing.communications.email';
/** People no other test of the demo company asks about. */
const [reader, late, mailed] = people().slice(880, 883);
let habeas: Awaited<ReturnType<typeof demo>>;
let sender: Client;
let dps: Client;

beforeAll(async () => {
  habeas = await demo();
  sender = await habeas.client('newsletter-sender', MAIL);
  dps = await habeas.staff('dps');
});

const tokenOf = (person: { accountId: string } | undefined) => habeas.person(person?.accountId ?? '');
const UPDATE = `mutation ($input: UpdateMarketingPreferencesInput!) {
  updateMarketingPreferences(input: $input) { marketingPreferences { optedOutOfAll topics { topic allowed } } } }`;
const wish = (client: Client, input: object) => post(client, UPDATE, { input });
const willing = { channels: [{ channel: 'EMAIL', allowed: true }], topics: [{ topic: 'news', allowed: true }] };

async function mayContact(accountId: string | undefined, client = sender) {
  const { data, errors } = await post(
    client,
    'query ($id: ID!) { mayContact(accountId: $id, channel: EMAIL, topic: "news") { allowed reason unsubscribe { url listUnsubscribe listUnsubscribePost } } }',
    { id: accountId },
  );
  expect(errors).toEqual([]);
  type Told = { allowed: boolean; reason: string; unsubscribe: { url: string; listUnsubscribe: string } | null };
  return (data as unknown as { mayContact: Told }).mayContact;
}

async function agree(person: typeof reader) {
  const me = await tokenOf(person);
  await wish(me, { ...willing, optOutOfAll: false });
  const { errors } = await post(
    me,
    `mutation { giveConsent(input: { purpose: "${MAIL}", policyVersion: 2 }) { consent { status } } }`,
  );
  expect(errors).toEqual([]);
  return me;
}

interface Page {
  readonly edges: readonly { readonly node: { readonly accountId: string } }[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}
const PAGE = '{ edges { node { accountId } } pageInfo { hasNextPage endCursor } }';
const idsOf = ({ edges }: Page) => edges.map(({ node }) => node.accountId);
const stream = (given: string) =>
  `subscription Streamed { contactable(topic: "news", channel: EMAIL, ${given}) ${PAGE} }`;

async function listed(): Promise<string[]> {
  const { data } = await post(sender, `{ contactable(topic: "news", channel: EMAIL, first: 10000) ${PAGE} }`);
  return idsOf((data as unknown as { contactable: Page }).contactable);
}

/** The pages of a stream, to its end. */
async function streamed(client: Client, given: string): Promise<Page[]> {
  const { text } = await events(client, stream(given));
  return [...text.matchAll(/event: next\ndata: (.*)/g)].map(
    ([, told = '']) => (JSON.parse(told) as { data: { contactable: Page } }).data.contactable,
  );
}

describe('Marketing, from outside', () => {
  test('P30 preferences are checked, changed and checked again; P24 a yes needs consent besides', async () => {
    const me = await tokenOf(reader);
    await wish(me, { ...willing, optOutOfAll: false });
    expect(await mayContact(reader?.accountId)).toEqual({ allowed: false, reason: 'NO_CONSENT', unsubscribe: null });
    await agree(reader);
    expect(await mayContact(reader?.accountId)).toMatchObject({
      allowed: true,
      reason: 'CONSENT',
      unsubscribe: { listUnsubscribePost: 'List-Unsubscribe=One-Click' },
    });
    // The person sees the same, and so do staff.
    expect(await mayContact(reader?.accountId, me)).toMatchObject({ allowed: true });
    expect(await mayContact(reader?.accountId, dps)).toMatchObject({ allowed: true });
    const { data } = await post(me, '{ me { marketingPreferences { channels { channel allowed } } } }');
    expect(data).toMatchObject({
      me: { marketingPreferences: { channels: expect.arrayContaining([{ channel: 'EMAIL', allowed: true }]) } },
    });
  });

  test('one POST of the link stops it at once, without a login', async () => {
    await agree(reader);
    const { unsubscribe } = await mayContact(reader?.accountId);
    const url = unsubscribe?.url ?? '';
    expect(unsubscribe?.listUnsubscribe).toBe(`<${url}>`);
    expect((await fetch(url)).status).toBe(200);
    expect(await mayContact(reader?.accountId)).toMatchObject({ allowed: true });
    const answer = await fetch(url, {
      method: 'POST',
      body: 'List-Unsubscribe=One-Click',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    });
    expect(answer.status).toBe(200);
    expect(await mayContact(reader?.accountId)).toMatchObject({ allowed: false, reason: 'TOPIC_NOT_ALLOWED' });
  });

  test('staff enter what came by letter; what was said later stands', async () => {
    const accountId = late?.accountId;
    await wish(await tokenOf(late), { optOutOfAll: true });
    const letter = { accountId, optOutOfAll: false, channel: 'LETTER', occurredAt: '2026-01-05T10:00:00Z' };
    expect((await wish(dps, letter)).data).toMatchObject({
      updateMarketingPreferences: { marketingPreferences: { optedOutOfAll: true } },
    });
    expect((await wish(dps, { accountId, optOutOfAll: true })).errors[0]?.message).toBe(
      'channel: is missing: say how it reached us.',
    );
  });

  test('P29 they are said with the registration, by a service too; the list has those who may be reached', async () => {
    const writer = await habeas.client('audit-tool', 'essential.service');
    const input = {
      identifiers: [{ type: 'EMAIL', value: 'interested@school.example' }],
      marketingPreferences: willing,
    };
    const { data, errors } = await post(
      writer,
      'mutation ($input: RegisterAccountInput!) { registerAccount(input: $input) { account { id } } }',
      { input },
    );
    expect(errors).toEqual([]);
    const { id } = (data as unknown as { registerAccount: { account: { id: string } } }).registerAccount.account;
    expect(await mayContact(id)).toMatchObject({ reason: 'NO_CONSENT' });
    await agree(reader);
    const list = await post(
      sender,
      '{ contactable(topic: "news", channel: EMAIL) { edges { node { accountId unsubscribe { url } } } pageInfo { hasNextPage } } }',
    );
    expect(list.errors).toEqual([]);
    expect(list.text).toContain(reader?.accountId);
    expect(list.text).not.toContain(id);
  });

  test('the list comes as a stream too, page after page, each on record by itself', async () => {
    for (const person of [reader, mailed, late]) await agree(person);
    const ids = await listed();
    expect(ids).toEqual(expect.arrayContaining([reader?.accountId, mailed?.accountId, late?.accountId]));
    const pages = await streamed(sender, 'first: 1');
    expect(pages.flatMap((page) => idsOf(page))).toEqual(ids);
    expect(pages.map(({ pageInfo }) => pageInfo.hasNextPage)).toEqual(ids.map((_id, index) => index < ids.length - 1));
    const [first] = pages;
    const rest = await streamed(sender, `first: 10000, after: "${first?.pageInfo.endCursor}"`);
    expect(rest.flatMap((page) => idsOf(page))).toEqual(ids.slice(1));
    const sql = postgres(habeas.ownUrl);
    const reads = await sql<{ ids: string[] }[]>`
      select account_ids as ids from reads join read_questions question on question.id = question_id
      where operation = 'Streamed' order by reads.id`;
    await sql.end();
    expect(reads.map((read) => read.ids)).toEqual([...ids.map((id) => [id]), ids.slice(1)]);
  });

  test('the stream is for marketing’s purposes alone, and says what is wrong with a question', async () => {
    const writer = await habeas.client('audit-tool', 'essential.service');
    const outside = await habeas.client('research-partner', 'analytics.reporting');
    for (const [client, question, code] of [
      [writer, '', 'PURPOSE_NOT_PERMITTED'],
      [outside, '', 'FORBIDDEN'],
      [await tokenOf(reader), '', 'FORBIDDEN'],
      [sender, 'first: 10001', 'BAD_USER_INPUT'],
      [sender, 'after: "nowhere"', 'BAD_USER_INPUT'],
    ] as const) {
      const { data, errors } = await events(client, stream(question));
      expect(errors.map(({ extensions }) => extensions?.code)).toEqual([code]);
      expect(data ?? null).toBeNull();
    }
  });

  test('each look is on the record the person sees', async () => {
    await mayContact(late?.accountId);
    const { data } = await post(
      await tokenOf(late),
      '{ me { accesses(first: 1) { edges { node { caller purpose } } } } }',
    );
    expect(data).toEqual({
      me: { accesses: { edges: [{ node: { caller: 'service newsletter-sender', purpose: MAIL } }] } },
    });
  });

  test('an address without an account is suppressed in any spelling, until staff lift it', async () => {
    const ask = async () =>
      (await post(sender, '{ isSuppressed(channel: EMAIL, address: "Never@School.example") { suppressed } }')).data;
    expect(await ask()).toEqual({ isSuppressed: { suppressed: false } });
    const change = (client: Client, what: string) =>
      post(client, `mutation { ${what}(input: { channel: EMAIL, address: "never@school.example" }) { suppressed } }`);
    await change(sender, 'suppress');
    expect(await ask()).toEqual({ isSuppressed: { suppressed: true } });
    expect((await change(sender, 'liftSuppression')).errors[0]?.extensions?.code).toBe('FORBIDDEN');
    await change(dps, 'liftSuppression');
    expect(await ask()).toEqual({ isSuppressed: { suppressed: false } });
  });

  test('a test message goes to the mailbox of the data directory, and to nobody it may not go to', async () => {
    const env = { NODE_ENV: 'test', HABEAS_DATA: habeas.dataDirectory, DATABASE_URL: habeas.ownUrl };
    const write = () => command(['marketing', 'mail', mailed?.accountId ?? '', '--topic', 'news'], env);
    await wish(await tokenOf(mailed), { optOutOfAll: true });
    expect(await write()).toMatchObject({ code: 1, stdout: 'Nothing was written: OPTED_OUT_OF_ALL.\n' });
    await agree(mailed);
    const { code, stdout } = await write();
    expect(code).toBe(0);
    const message = readFileSync(stdout.replace(/ \(CONSENT\)\n$/, ''), 'utf8');
    const path = /^List-Unsubscribe: <http:\/\/[^/]+(\/unsubscribe\/[\w-]+)>\r$/m.exec(message)?.[1];
    expect(message).toContain('\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n');
    const base = habeas.url.replace(/\/graphql$/, '');
    const body = new URLSearchParams({ 'List-Unsubscribe': 'One-Click' });
    expect((await fetch(`${base}${path}`, { method: 'POST', body })).status).toBe(200);
    expect(await mayContact(mailed?.accountId)).toMatchObject({ allowed: false, reason: 'TOPIC_NOT_ALLOWED' });
  });
});
