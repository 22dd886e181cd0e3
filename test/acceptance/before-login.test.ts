import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  buildSchema,
  type GraphQLInputObjectType,
  type GraphQLSchema,
  isInputObjectType,
  isRequiredInputField,
} from 'graphql';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { ROOT } from '../docs/pages.js';
import { demo } from '../support/demo.js';
import { post } from '../support/post.js';

const COOKIES = 'functional.storage';
/** People no other test of the demo company asks about. */
const [visitor, signaller, joiner] = people().slice(910, 913);
let habeas: Awaited<ReturnType<typeof demo>>;
let nobody: Client;

beforeAll(async () => {
  habeas = await demo();
  nobody = habeas.nobody();
});

const codes = (errors: readonly { message: string; extensions?: { code?: unknown } }[]) =>
  errors.map(({ message, extensions }) => `${extensions?.code} ${message}`);

async function choose(mutation: 'giveDeviceConsent' | 'withdrawDeviceConsent', input: object) {
  const { data, errors } = await post(
    nobody,
    `mutation ($input: G!) { chosen: ${mutation}(input: $input) { deviceId consent { status wording receipt { id } } } }`.replace(
      'G!',
      mutation === 'giveDeviceConsent' ? 'GiveDeviceConsentInput!' : 'WithdrawDeviceConsentInput!',
    ),
    { input },
  );
  expect(errors).toEqual([]);
  return (data as { chosen: { deviceId: string; consent: { status: string; wording: string | null } } }).chosen;
}

describe('before login, from outside (P05)', () => {
  test('cookies are chosen without a token, joined at login, the stricter choice winning', async () => {
    const phone = await choose('giveDeviceConsent', { purpose: COOKIES, policyVersion: 2 });
    expect(phone.consent).toEqual({ status: 'GIVEN', wording: expect.stringContaining('cookie'), receipt: null });
    const laptop = await choose('withdrawDeviceConsent', { purpose: COOKIES });
    expect(laptop.consent.status).toBe('WITHDRAWN');
    const answer = await post(
      nobody,
      'query ($id: ID!) { deviceConsents(deviceId: $id) { purpose { key title } status } }',
      {
        id: phone.deviceId,
      },
    );
    expect(answer.data).toEqual({
      deviceConsents: [{ purpose: { key: COOKIES, title: 'Cookies that tell visitors apart' }, status: 'GIVEN' }],
    });

    const me = await habeas.person(visitor?.accountId ?? '');
    const join = async (deviceId: string) => {
      const { data } = await post(
        me,
        'mutation ($id: ID!) { joinDevice(deviceId: $id) { consents { purpose { key } status receipt { id } } } }',
        { id: deviceId },
      );
      const { consents } = (data as { joinDevice: { consents: { purpose: { key: string }; status: string }[] } })
        .joinDevice;
      return consents.find(({ purpose }) => purpose.key === COOKIES);
    };
    expect(await join(laptop.deviceId)).toMatchObject({ status: 'WITHDRAWN', receipt: null });
    expect(await join(phone.deviceId)).toMatchObject({ status: 'WITHDRAWN' });
    expect(await join(phone.deviceId)).toMatchObject({ status: 'WITHDRAWN' });
    const gone = await post(nobody, `{ deviceConsents(deviceId: "${phone.deviceId}") { status } }`);
    expect(codes(gone.errors)).toEqual([expect.stringContaining('NOT_FOUND deviceId: there is no device')]);
  });

  test('nobody joins a device without a token of their own', async () => {
    const { deviceId } = await choose('withdrawDeviceConsent', { purpose: COOKIES });
    const attempt = `mutation { joinDevice(deviceId: "${deviceId}") { consents { status } } }`;
    expect(codes((await post(nobody, attempt)).errors)).toEqual([expect.stringContaining('UNAUTHENTICATED')]);
    expect(codes((await post(await habeas.staff('dps'), attempt)).errors)).toEqual([
      expect.stringContaining('FORBIDDEN'),
    ]);
  });
});

describe('Sec-GPC: 1, from outside', () => {
  test('is an objection of the person whose request brings it, once; nobody else’s request is one', async () => {
    const me = await habeas.person(signaller?.accountId ?? '');
    const question = '{ me { objections { purpose channel } privacyRequests { totalCount } } }';
    expect((await post(me, question)).data).toEqual({ me: { objections: [], privacyRequests: { totalCount: 0 } } });
    await post(me, question, undefined, { 'sec-gpc': '0' });
    await post(await habeas.staff('dps'), '{ viewer { kind } }', undefined, { 'sec-gpc': '1' });
    const objected = {
      me: {
        objections: [{ purpose: 'marketing.advertising', channel: 'BROWSER_SIGNAL' }],
        privacyRequests: { totalCount: 1 },
      },
    };
    expect((await post(me, question, undefined, { 'sec-gpc': '1' })).data).toEqual(objected);
    expect((await post(me, question, undefined, { 'sec-gpc': '1' })).data).toEqual(objected);
  });
});

describe('Sec-GPC: 1 before login, from outside (P05)', () => {
  test('is the device’s refusal, once, and the person’s objection when they log in', async () => {
    const { deviceId } = await choose('giveDeviceConsent', { purpose: COOKIES, policyVersion: 2 });
    const question = `{ deviceConsents(deviceId: "${deviceId}") { purpose { key } status } }`;
    const stands = async (headers: Record<string, string> = {}) => {
      const { data } = await post(nobody, question, undefined, headers);
      const { deviceConsents } = data as { deviceConsents: { purpose: { key: string }; status: string }[] };
      return deviceConsents.map(({ purpose, status }) => `${purpose.key} ${status}`);
    };
    expect(await stands()).toEqual([`${COOKIES} GIVEN`]);
    const refused = [`${COOKIES} GIVEN`, 'marketing.advertising WITHDRAWN'];
    for (const headers of [{ 'sec-gpc': '1' }, { 'sec-gpc': '1' }, {}]) expect(await stands(headers)).toEqual(refused);

    const me = await habeas.person(joiner?.accountId ?? '');
    await post(me, `mutation { joinDevice(deviceId: "${deviceId}") { consents { status } } }`);
    const { data, errors } = await post(
      me,
      '{ me { objections { purpose channel } consentHistory { edges { node { purpose action channel } } } } }',
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({
      me: {
        objections: [{ purpose: 'marketing.advertising', channel: 'BROWSER_SIGNAL' }],
        consentHistory: {
          edges: expect.arrayContaining([
            { node: { purpose: COOKIES, action: 'GIVEN', channel: 'WEB' } },
            { node: { purpose: 'marketing.advertising', action: 'WITHDRAWN', channel: 'BROWSER_SIGNAL' } },
          ]),
        },
      },
    });
  });
});

describe('as easy to take back as to give (Article 7(3))', () => {
  const schema: GraphQLSchema = buildSchema(readFileSync(path.join(ROOT, 'schema/core.graphql'), 'utf8'), {
    assumeValid: true,
    assumeValidSDL: true,
  });
  const neededFor = (mutation: string): string[] => {
    const field = schema.getMutationType()?.getFields()[mutation];
    const input = field?.args.find(({ name }) => name === 'input');
    if (!input) return field?.args.map(({ name }) => name) ?? [];
    const type = schema.getType(String(input.type).replaceAll(/[![\]]/g, '')) as GraphQLInputObjectType;
    expect(isInputObjectType(type)).toBe(true);
    return Object.values(type.getFields()).flatMap((each) => (isRequiredInputField(each) ? [each.name] : []));
  };

  test('each act is one call with at most two fields, and taking back needs no more than giving', () => {
    expect(
      Object.fromEntries(
        [
          ...['giveConsent', 'withdrawConsent', 'withdrawAllConsents', 'objectToProcessing', 'withdrawObjection'],
          ...['giveDeviceConsent', 'withdrawDeviceConsent', 'joinDevice', 'updateMarketingPreferences'],
        ].map((mutation) => [mutation, neededFor(mutation).sort()]),
      ),
    ).toEqual({
      giveConsent: ['policyVersion', 'purpose'],
      withdrawConsent: ['purpose'],
      withdrawAllConsents: [],
      objectToProcessing: ['purpose'],
      withdrawObjection: ['purpose'],
      giveDeviceConsent: ['policyVersion', 'purpose'],
      withdrawDeviceConsent: ['purpose'],
      joinDevice: ['deviceId'],
      updateMarketingPreferences: [],
    });
  });
});
