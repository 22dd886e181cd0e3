import { createHash } from 'node:crypto';
import { compactVerify, createRemoteJWKSet } from 'jose';
import { parse as parseHtml } from 'parse5';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { demo } from '../support/demo.js';
import { post } from '../support/post.js';

const MAIL = 'marketing.communications.email';
const READS = 'analytics.reporting.content_performance';
const COOKIES = 'functional.storage';
const IMPROVE = 'functional.service.improve';
/** People no other test of the demo company asks about. */
const [adult, late, staffed, objector, restricted, guardian, untouched, receiver] = people().slice(900, 908);
let habeas: Awaited<ReturnType<typeof demo>>;
let dps: Client;
let base: string;

beforeAll(async () => {
  habeas = await demo();
  dps = await habeas.staff('dps');
  base = dps.url.replace(/\/graphql$/, '');
});

const tokenOf = (person: { accountId: string } | undefined) => habeas.person(person?.accountId ?? '');
const codes = (errors: readonly { message: string; extensions?: { code?: unknown } }[]) =>
  errors.map(({ message, extensions }) => `${extensions?.code} ${message}`);

const give = (client: Client, input: object, selection = 'consent { status }') =>
  post(client, `mutation ($input: GiveConsentInput!) { giveConsent(input: $input) { ${selection} } }`, { input });
const withdraw = (client: Client, input: object) =>
  post(client, 'mutation ($input: WithdrawConsentInput!) { withdrawConsent(input: $input) { consent { status } } }', {
    input,
  });
const consentsOf = async (client: Client) => {
  const { data } = await post(client, '{ me { consents { purpose { key title } status policyVersion wording } } }');
  return (data as { me: { consents: { purpose: { key: string }; status: string; wording: string | null }[] } }).me
    .consents;
};

describe('consent, from outside', () => {
  test('is asked for every use that rests on it; nobody has been asked at first (P08)', async () => {
    expect(await consentsOf(await tokenOf(untouched))).toEqual(
      ['analytics.reporting', READS, COOKIES, MAIL].map((key) => ({
        purpose: { key, title: expect.any(String) },
        status: 'NEVER_ASKED',
        policyVersion: null,
        wording: null,
      })),
    );
  });

  test('is given with two fields and taken back with one, and the answer says what holds (P09)', async () => {
    const me = await tokenOf(adult);
    const selection = 'consent { status policyVersion validUntil wording purpose { key lawfulBasis marketing } }';
    const { data } = await give(me, { purpose: MAIL, policyVersion: 2 }, selection);
    expect(data).toMatchObject({
      giveConsent: {
        consent: {
          status: 'GIVEN',
          policyVersion: 2,
          wording: expect.stringContaining('about the subjects you choose'),
          purpose: { key: MAIL, lawfulBasis: 'CONSENT', marketing: true },
        },
      },
    });
    expect((await withdraw(me, { purpose: MAIL })).data).toEqual({
      withdrawConsent: { consent: { status: 'WITHDRAWN' } },
    });
    expect((await withdraw(me, { purpose: MAIL })).data).toEqual({
      withdrawConsent: { consent: { status: 'WITHDRAWN' } },
    });
    const history =
      '{ me { consentHistory(first: 1) { totalCount pageInfo { hasNextPage endCursor } edges { node { action } } } } }';
    const first = (await post(me, history)).data as {
      me: { consentHistory: { totalCount: number; pageInfo: { endCursor: string }; edges: unknown[] } };
    };
    expect(first.me.consentHistory).toMatchObject({ totalCount: 2, edges: [{ node: { action: 'WITHDRAWN' } }] });
    const { endCursor } = first.me.consentHistory.pageInfo;
    const rest = await post(
      me,
      `{ me { consentHistory(after: "${endCursor}") { edges { node { action actor channel } } } } }`,
    );
    expect(rest.data).toEqual({
      me: { consentHistory: { edges: [{ node: { action: 'GIVEN', actor: 'data subject', channel: 'API' } }] } },
    });
  });

  test('leaves a receipt, which a JOSE library alone verifies with the published keys', async () => {
    const me = await tokenOf(receiver);
    const { data } = await give(me, { purpose: MAIL, policyVersion: 2 }, 'consent { receipt { id json jws } }');
    const { receipt } = (data as { giveConsent: { consent: { receipt: { id: string; json: object; jws: string } } } })
      .giveConsent.consent;
    const keys = createRemoteJWKSet(new URL(`${base}/.well-known/jwks.json`));
    const { payload } = await compactVerify(receipt.jws, keys);
    expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(receipt.json);
    expect(receipt.json).toMatchObject({ record_id: receipt.id, pii_principal_id: receiver?.accountId });
    const [head, body = '', signature] = receipt.jws.split('.');
    const changed = body[40] === 'A' ? 'B' : 'A';
    const forged = [head, body.slice(0, 40) + changed + body.slice(41), signature].join('.');
    await expect(compactVerify(forged, keys)).rejects.toThrow('signature verification failed');

    const noneOf = await post(me, '{ me { consents { purpose { key } receipt { id } } } }');
    expect(noneOf.data).toEqual({
      me: {
        consents: ['analytics.reporting', READS, COOKIES, MAIL].map((key) => ({
          purpose: { key },
          receipt: key === MAIL ? { id: receipt.id } : null,
        })),
      },
    });
  });

  test('under the first version no longer covers newsletters, which the second changed (P37)', async () => {
    const { data } = await give(await tokenOf(late), { purpose: MAIL, policyVersion: 1 });
    expect(data).toEqual({ giveConsent: { consent: { status: 'NEEDS_RENEWAL' } } });
  });

  test('is entered by staff with the channel and when it was said; a later act stands', async () => {
    const accountId = staffed?.accountId;
    const letter = { accountId, purpose: READS, policyVersion: 2, channel: 'LETTER', wording: 'I agree to it.' };
    const said = { ...letter, occurredAt: '2026-02-01T10:00:00Z', evidence: 'file 12/2026' };
    expect((await give(dps, said)).data).toEqual({ giveConsent: { consent: { status: 'GIVEN' } } });
    const late = { accountId, purpose: READS, channel: 'PHONE', occurredAt: '2026-01-15T10:00:00Z' };
    expect((await withdraw(dps, late)).data).toEqual({ withdrawConsent: { consent: { status: 'GIVEN' } } });
    const { data } = await post(
      await tokenOf(staffed),
      '{ me { consentHistory { edges { node { action channel occurredAt recordedAt actor evidence } } } } }',
    );
    expect(data).toMatchObject({
      me: {
        consentHistory: {
          edges: [
            {
              node: {
                action: 'WITHDRAWN',
                channel: 'PHONE',
                occurredAt: '2026-01-15T10:00:00.000Z',
                actor: 'staff (dps)',
              },
            },
            { node: { action: 'GIVEN', channel: 'LETTER', evidence: 'file 12/2026' } },
          ],
        },
      },
    });
  });

  test.each<[string, object, string]>([
    [
      'a use that rests on a contract',
      { purpose: 'essential.service', policyVersion: 2 },
      'BAD_USER_INPUT purpose: rests on CONTRACT, not on consent',
    ],
    [
      'a use the policy does not name',
      { purpose: 'personalize', policyVersion: 2 },
      'BAD_USER_INPUT purpose: version 2 of the privacy policy does not name it',
    ],
    [
      'an unknown version',
      { purpose: MAIL, policyVersion: 99 },
      'BAD_USER_INPUT policyVersion: there is no version 99',
    ],
    ['words left blank', { purpose: MAIL, policyVersion: 2, wording: ' ' }, 'BAD_USER_INPUT wording: is missing'],
    [
      'what lies in the future',
      { purpose: MAIL, policyVersion: 2, occurredAt: '2999-01-01T00:00:00Z' },
      'BAD_USER_INPUT occurredAt: lies in the future.',
    ],
    [
      'somebody else',
      { accountId: guardian?.accountId, purpose: MAIL, policyVersion: 2 },
      'NOT_FOUND accountId: there is no account with this id that you may change.',
    ],
  ])('is refused to %s', async (_what, input, expected) => {
    expect(codes((await give(await tokenOf(untouched), input)).errors)).toEqual([expect.stringContaining(expected)]);
  });

  test('is refused from staff without channel, or without the words', async () => {
    const accountId = untouched?.accountId;
    const input = { accountId, purpose: MAIL, policyVersion: 2 };
    expect(codes((await give(dps, { ...input, wording: 'Yes' })).errors)).toEqual([
      'BAD_USER_INPUT channel: is missing: say how the consent reached us.',
    ]);
    expect(codes((await give(dps, { ...input, channel: 'LETTER' })).errors)).toEqual([
      expect.stringContaining('BAD_USER_INPUT wording: is missing'),
    ]);
  });

  test('of a child is the guardian’s to give (Data Protection Act 2018, section 9)', async () => {
    const writer = await habeas.client('audit-tool', 'essential.service');
    const year = new Date().getUTCFullYear() - 9;
    const { data } = await post(
      writer,
      'mutation ($input: RegisterAccountInput!) { registerAccount(input: $input) { account { id } } }',
      {
        input: { birthYears: { from: year, to: year }, guardianId: guardian?.accountId },
      },
    );
    const accountId = (data as { registerAccount: { account: { id: string } } }).registerAccount.account.id;
    const child = await habeas.person(accountId);
    const input = { accountId, purpose: MAIL, policyVersion: 2 };
    expect(codes((await give(child, input)).errors)).toEqual([expect.stringContaining('FORBIDDEN accountId')]);
    expect((await give(await tokenOf(guardian), input)).data).toEqual({
      giveConsent: { consent: { status: 'GIVEN' } },
    });
    expect(codes((await give(await tokenOf(adult), input)).errors)).toEqual([expect.stringContaining('NOT_FOUND')]);
    const own = await post(
      child,
      '{ me { birthYears { to } guardianId consentHistory { edges { node { actor } } } } }',
    );
    expect(own.data).toEqual({
      me: {
        birthYears: { to: year },
        guardianId: guardian?.accountId,
        consentHistory: { edges: [{ node: { actor: 'guardian' } }] },
      },
    });
    expect((await withdraw(child, { purpose: MAIL })).data).toEqual({
      withdrawConsent: { consent: { status: 'WITHDRAWN' } },
    });
  });
});

describe('objection and restriction, from outside (P06)', () => {
  test('an objection stops a use that rests on legitimate interests, and is told as a request that is done', async () => {
    const me = await tokenOf(objector);
    const { data } = await post(
      me,
      `mutation { objectToProcessing(input: { purpose: "${IMPROVE}", reason: "I would rather not." }) {
        request { type status progress overdue reason account { objections { purpose channel } } } } }`,
    );
    expect(data).toEqual({
      objectToProcessing: {
        request: {
          type: 'OBJECTION',
          status: 'COMPLETED',
          progress: 1,
          overdue: false,
          reason: 'I would rather not.',
          account: { objections: [{ purpose: IMPROVE, channel: 'API' }] },
        },
      },
    });
    const back = await post(
      me,
      `mutation { withdrawObjection(input: { purpose: "${IMPROVE}" }) { objections { purpose } } }`,
    );
    expect(back.data).toEqual({ withdrawObjection: { objections: [] } });
  });

  test('a restricted account gives no consent, but takes it back; lifting opens it again', async () => {
    const me = await tokenOf(restricted);
    const asked = await post(me, 'mutation { requestRestriction(input: {}) { request { id account { status } } } }');
    const { request } = (asked.data as { requestRestriction: { request: { id: string; account: unknown } } })
      .requestRestriction;
    expect(request.account).toEqual({ status: 'RESTRICTED' });
    expect(codes((await give(me, { purpose: MAIL, policyVersion: 2 })).errors)).toEqual([
      expect.stringContaining('CONFLICT accountId: processing is restricted'),
    ]);
    expect((await withdraw(me, { purpose: MAIL })).data).toEqual({
      withdrawConsent: { consent: { status: 'WITHDRAWN' } },
    });
    const lifted = await post(
      me,
      `mutation { liftRestriction(input: { requestId: "${request.id}" }) { request { account { status } history { action } } } }`,
    );
    expect(lifted.data).toEqual({
      liftRestriction: {
        request: {
          account: { status: 'ACTIVE' },
          history: [{ action: 'received' }, { action: 'completed' }, { action: 'restriction lifted' }],
        },
      },
    });
  });
});

interface Node {
  readonly tagName?: string;
  readonly attrs?: readonly { readonly name: string; readonly value: string }[];
  readonly childNodes?: readonly Node[];
}

const elementsOf = (html: string): Node[] => {
  const below = (node: Node): Node[] => [node, ...(node.childNodes ?? []).flatMap(below)];
  return below(parseHtml(html) as Node).filter(({ tagName }) => tagName !== undefined);
};
const attributes = (elements: readonly Node[], wanted: string) =>
  elements.flatMap(({ attrs }) => attrs ?? []).flatMap(({ name, value }) => (name === wanted ? [value] : []));

describe('the policy, for everybody (P02, P36)', () => {
  test('is told by the graph without a token, the version in force and any other', async () => {
    const nobody = habeas.nobody();
    const { data } = await post(
      nobody,
      '{ policy { version effectiveFrom text textSha256 purposes { key retention } } policies { version } }',
    );
    const { policy, policies } = data as { policy: Record<string, string>; policies: unknown };
    expect(policy).toMatchObject({ version: 2, effectiveFrom: '2022-05-04' });
    expect(policy.textSha256).toBe(
      createHash('sha256')
        .update(policy.text ?? '')
        .digest('hex'),
    );
    expect(policies).toEqual([{ version: 1 }, { version: 2 }]);
    expect(
      (await post(nobody, '{ policy(version: 1) { effectiveFrom } absent: policy(version: 9) { version } }')).data,
    ).toEqual({
      policy: { effectiveFrom: '2018-05-25' },
      absent: null,
    });
  });

  test('is a page that needs no login and no script, with anchors that all lead somewhere', async () => {
    const page = await fetch(`${base}/policy`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    const elements = elementsOf(html);
    expect(elements.map(({ tagName }) => tagName)).not.toContain('script');
    const style = /<style>(.*?)<\/style>/s.exec(html)?.[1] ?? '';
    expect(page.headers.get('content-security-policy')).toContain(createHash('sha256').update(style).digest('base64'));
    const anchors = attributes(elements, 'href').filter((href) => href.startsWith('#'));
    const ids = attributes(elements, 'id');
    expect(anchors.length).toBeGreaterThan(20);
    expect(anchors.filter((anchor) => !ids.includes(anchor.slice(1)))).toEqual([]);
    expect(new Set(ids).size).toBe(ids.length);
    expect(elements.filter(({ tagName }) => tagName === 'h1')).toHaveLength(1);
    // At the head and at the foot.
    expect(
      html.match(/ersion 2, (in force since|effective from) <time datetime="2022-05-04">4 May 2022</g),
    ).toHaveLength(2);
    for (const told of [
      'Lantern Education Ltd',
      'dps@lantern-education.example',
      'our contract with you',
      'Pelican Post',
    ]) {
      expect(html).toContain(told);
    }
    expect(html).toBe(await (await fetch(`${base}/policy/2`)).text());
  });

  test('can be had as it was published, byte by byte', async () => {
    const { data } = await post(habeas.nobody(), '{ policy(version: 2) { textSha256 } }');
    const { policy } = data as { policy: { textSha256: string } };
    for (const [file, type, disposition] of [
      ['2.md', 'text/markdown; charset=utf-8', 'attachment; filename="privacy-policy-2.md"'],
      ['2.txt', 'text/plain; charset=utf-8', 'inline; filename="privacy-policy-2.txt"'],
    ]) {
      const answer = await fetch(`${base}/policy/${file}`);
      expect(answer.headers.get('content-type')).toBe(type);
      expect(answer.headers.get('content-disposition')).toBe(disposition);
      const bytes = Buffer.from(await answer.arrayBuffer());
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(policy.textSha256);
    }
  });

  test('says of an earlier version that it is no longer in force, and of others that there are none', async () => {
    const html = await (await fetch(`${base}/policy/1`)).text();
    expect(html).toContain('until <time datetime="2022-05-04">4 May 2022</time>; no longer in force');
    for (const file of ['9', '0', '1.pdf', '../policy', '99999999999', '1e0', '%00']) {
      const answer = await fetch(`${base}/policy/${encodeURIComponent(file)}`);
      expect(answer.status).toBe(404);
      expect(await answer.json()).toMatchObject({ code: 'NOT_FOUND' });
    }
  });

  test('is published by the Specialist, not by support, and not changed by anybody', async () => {
    const mutation = `mutation { publishPolicy(input: { version: 2, effectiveFrom: "2022-05-04", title: "Privacy policy", text: "Other",
      purposes: [{ key: "${MAIL}", title: "t", description: "d", lawfulBasis: CONSENT, categories: ["user"], marketing: true }] }) { policy { version } } }`;
    expect(codes((await post(dps, mutation)).errors)).toEqual([
      expect.stringContaining('CONFLICT version: version 2 is published'),
    ]);
    expect(codes((await post(await habeas.staff('support'), mutation)).errors)).toEqual([
      expect.stringContaining('FORBIDDEN'),
    ]);
  });
});
