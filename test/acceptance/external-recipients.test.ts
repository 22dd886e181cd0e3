import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { isMarketing } from '../../src/services/purposes.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { type Demo, demo } from '../support/demo.js';
import { post } from '../support/post.js';

const OPENED = 'analytics.reporting.content_performance';
const MAIL = 'marketing.communications.email';
const MARKETING = taxonomy.keys('data_use').filter(isMarketing);

/** All that is declared for learning which newsletters are read. */
const READ = `query Read($id: ID!) { account(id: $id) { id newsletter {
  sends(first: 3) { totalCount nodes { id campaignId sentAt status } }
  campaigns(first: 3) { nodes { title } }
  opens(first: 3) { pageInfo { hasNextPage } nodes { id openedAt } }
} } }`;

interface Read {
  readonly account: { readonly id: string; readonly newsletter: Newsletter | null };
}
interface Newsletter {
  readonly sends: { readonly totalCount: number; readonly nodes: readonly Record<string, unknown>[] };
  readonly campaigns: { readonly nodes: readonly unknown[] };
  readonly opens: { readonly pageInfo: object; readonly nodes: readonly Record<string, unknown>[] };
}

let habeas: Demo;
let dps: Client;
let own: postgres.Sql;
/** Somebody who was sent newsletters and opened some, and whom no other test asks about. */
let reader: { readonly accountId: string; readonly whole: Newsletter };

beforeAll(async () => {
  habeas = await demo();
  dps = await habeas.staff('dps');
  own = postgres(habeas.ownUrl, { max: 1, onnotice: () => {} });
  const ids = people()
    .slice(910, 990)
    .map(({ accountId }) => accountId);
  const question = `query ($ids: [ID!]!) { accounts(ids: $ids) { id newsletter { opens(first: 1) { totalCount } } } }`;
  const { data } = await post(dps, question, { ids });
  const found = (data as unknown as { accounts: { id: string; newsletter: { opens: { totalCount: number } } }[] })
    .accounts;
  const accountId = found.find(({ newsletter }) => newsletter.opens.totalCount > 0)?.id ?? '';
  const whole = (await read(dps, accountId)).data.account.newsletter;
  if (!whole) throw new Error('nobody opens newsletters');
  reader = { accountId, whole };
});
afterAll(() => own.end());

async function read(client: Client, id: string) {
  const reply = await post(client, READ, { id });
  expect(reply.errors).toEqual([]);
  const { extensions } = JSON.parse(reply.text) as { extensions?: { withheld: { field: string; reason: string }[] } };
  return { data: reply.data as unknown as Read, withheld: extensions?.withheld ?? [] };
}

async function newClient(name: string, affiliation: 'AFFILIATED' | 'EXTERNAL', purpose: string) {
  const { data, errors } = await register(name, affiliation, purpose);
  expect(errors).toEqual([]);
  const { secret } = (data as { registerClient: { secret: string } }).registerClient;
  return { url: habeas.url, token: secret };
}

const register = (name: string, affiliation: string, purpose: string) =>
  post(
    dps,
    `mutation { registerClient(input: { name: "${name}", affiliation: ${affiliation}, country: "GB", purposes: ["${purpose}"] }) { secret } }`,
  );

async function say(field: string, input: string): Promise<void> {
  const me = await habeas.person(reader.accountId);
  const { errors } = await post(me, `mutation { ${field}(input: ${input}) { consent { status } } }`);
  expect(errors).toEqual([]);
}

const FIELDS = [
  'NewsletterCampaigns.title',
  'NewsletterOpens.id',
  'NewsletterOpens.openedAt',
  'NewsletterSends.campaignId',
  'NewsletterSends.id',
  'NewsletterSends.sentAt',
  'NewsletterSends.status',
];
const nothing = (reason: string) => ({
  data: { account: { id: reader.accountId, newsletter: null } },
  withheld: [...FIELDS, 'NewsletterSendsConnection.totalCount', 'PageInfo.hasNextPage']
    .sort()
    .map((field) => ({ field, reason, accountIds: [reader.accountId] })),
});

describe('P16 A recipient outside the company', () => {
  let partner: Client;
  beforeAll(async () => {
    partner = await newClient('opening-researchers', 'EXTERNAL', OPENED);
  });

  test('P16 is told nothing by default, and what is withheld', async () => {
    expect(reader.whole.sends.nodes.length).toBeGreaterThan(0);
    expect(await read(partner, reader.accountId)).toEqual(nothing('NO_CONSENT'));
  });

  test('P16 is told nothing for a use that does not rest on consent either', async () => {
    const contractor = await newClient('contractor', 'EXTERNAL', 'essential.service');
    const question = `{ account(id: "${reader.accountId}") { id createdAt profile { displayName email } newsletter { subscriptions { nodes { email topic } } } } }`;
    const { data, text } = await post(contractor, question);
    expect(data).toEqual({ account: { id: reader.accountId, createdAt: null, profile: null, newsletter: null } });
    const { withheld } = (JSON.parse(text) as { extensions: { withheld: { reason: string }[] } }).extensions;
    expect(new Set(withheld.map(({ reason }) => reason))).toEqual(new Set(['EXTERNAL_RECIPIENT']));
  });

  test('P16 is told nothing because of consent to another use', async () => {
    await say('giveConsent', `{ purpose: "${MAIL}", policyVersion: 2 }`);
    expect(await read(partner, reader.accountId)).toEqual(nothing('NO_CONSENT'));
  });

  test('P16 is told exactly the categories the person agreed to, while the company reads all that is declared', async () => {
    await say('giveConsent', `{ purpose: "${OPENED}", policyVersion: 2 }`);
    const { sends, opens } = reader.whole;
    // The policy names behaviour and devices for this use: no numbers of records, nothing of the issues.
    expect(await read(partner, reader.accountId)).toEqual({
      data: {
        account: {
          id: reader.accountId,
          newsletter: {
            sends: { ...sends, nodes: sends.nodes.map((node) => ({ ...node, id: null })) },
            campaigns: null,
            opens: { ...opens, nodes: opens.nodes.map((node) => ({ ...node, id: null })) },
          },
        },
      },
      withheld: ['NewsletterCampaigns.title', 'NewsletterOpens.id', 'NewsletterSends.id'].map((field) => ({
        field,
        reason: 'EXTERNAL_RECIPIENT',
        accountIds: [reader.accountId],
      })),
    });
    const ours = await newClient('opening-report', 'AFFILIATED', OPENED);
    expect((await read(ours, reader.accountId)).data.account.newsletter).toEqual(reader.whole);
  });

  test('P16 is told of nobody else because one person agreed', async () => {
    const other = people()[990]?.accountId ?? '';
    const { data, text } = await post(
      partner,
      READ.replaceAll('account(id: $id)', 'accounts(ids: [$id, $other])').replace('$id: ID!', '$id: ID!, $other: ID!'),
      {
        id: reader.accountId,
        other,
      },
    );
    const [mine, theirs] = (data as unknown as { accounts: Read['account'][] }).accounts;
    expect(mine?.newsletter).not.toBeNull();
    expect(theirs).toEqual({ id: other, newsletter: null });
    expect(text).toContain('"NO_CONSENT"');
  });

  test('P16 is told nothing once the person has taken it back (P09)', async () => {
    await say('withdrawConsent', `{ purpose: "${OPENED}" }`);
    expect(await read(partner, reader.accountId)).toEqual(nothing('CONSENT_WITHDRAWN'));
  });
});

describe('P31 Nothing goes to third parties for marketing', () => {
  test(`P31 at registration: each of ${MARKETING.length} uses is refused to an external client`, async () => {
    for (const use of MARKETING) {
      const { data, errors } = await register(`ads-${MARKETING.indexOf(use)}`, 'EXTERNAL', use);
      expect(data ?? null, use).toBeNull();
      expect(errors[0]?.extensions, use).toMatchObject({ code: 'BAD_USER_INPUT', argument: 'purposes[0]' });
    }
  });

  test('P31 at validation and at run time, were one registered all the same, whatever the person agreed to', async () => {
    await say('giveConsent', `{ purpose: "${MAIL}", policyVersion: 2 }`);
    const question = `{ account(id: "${reader.accountId}") { id newsletter { subscriptions { nodes { email topic } } } } }`;
    const [sender] = await clientsOf('AFFILIATED', [MAIL]);
    const told = await post(sender as Client, question);
    expect(told.text).toContain('@');
    for (const partner of await clientsOf('EXTERNAL', MARKETING)) {
      for (const asked of [question, question.replace('nodes { email topic }', 'totalCount')]) {
        const { data, errors } = await post(partner, asked);
        expect(data ?? null, partner.purpose).toBeNull();
        expect(errors[0]?.extensions?.code, partner.purpose).toBe('PURPOSE_NOT_PERMITTED');
      }
      // What is in no category, validation lets through.
      const { data, text } = await post(partner, `{ account(id: "${reader.accountId}") { id status } }`);
      expect(data, partner.purpose).toEqual({ account: { id: reader.accountId, status: null } });
      expect(text).toContain('"EXTERNAL_RECIPIENT"');
    }
  });

  /** Registered past all checks. */
  async function clientsOf(affiliation: 'AFFILIATED' | 'EXTERNAL', uses: readonly string[]): Promise<Client[]> {
    const clients: Client[] = [];
    for (const [index, purpose] of uses.entries()) {
      const name = `marketer-${affiliation.toLowerCase()}-${index}`;
      await own`insert into clients (name, affiliation, purposes, country)
        values (${name}, ${affiliation}, ${[purpose]}, 'GB') on conflict do nothing`;
      clients.push({ ...(await habeas.client(name)), purpose });
    }
    return clients;
  }
});
