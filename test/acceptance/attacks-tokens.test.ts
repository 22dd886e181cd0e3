import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { base64url, exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { people } from '../../examples/people.js';
import { readConfig } from '../../src/config.js';
import { type Keys, loadKeys } from '../../src/crypto/keys.js';
import { DEVELOPMENT_ISSUER } from '../../src/server/development-issuer.js';
import { signedCredentials } from '../../src/services/credentials.js';
import { type Demo, demo } from '../support/demo.js';
import { events, post } from '../support/post.js';

const person = people()[121]?.accountId ?? '';
const now = () => Math.floor(Date.now() / 1_000);
const good = (): JWTPayload => ({ iss: DEVELOPMENT_ISSUER, aud: 'habeas', sub: person, iat: now(), exp: now() + 600 });

let habeas: Demo;
let keys: Keys;
let keyServer: Server;
let keyServerUrl: string;
let asked = 0;

beforeAll(async () => {
  habeas = await demo();
  keys = await loadKeys(readConfig({ NODE_ENV: 'test', HABEAS_DATA: habeas.dataDirectory }).keysFile, {
    create: false,
  });
  keyServer = createServer((_request, response) => {
    asked += 1;
    response.end('{"keys":[]}');
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => keyServer.once('listening', resolve));
  keyServerUrl = `http://127.0.0.1:${(keyServer.address() as AddressInfo).port}/keys`;
});

afterAll(() => void keyServer?.close());

type Forgery = () => Promise<string> | string;

/** Signed with Habeas' own key, as it would sign: only what is given differs. */
const signed = (claims: JWTPayload, header: Partial<JWTHeaderParameters> = {}): Promise<string> =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: 'EdDSA', kid: keys.signing.kid, typ: 'at+jwt', ...header })
    .sign(keys.signing.privateKey);

const part = (value: unknown) => base64url.encode(typeof value === 'string' ? value : JSON.stringify(value));
const hmac = (header: object, secret: string | Uint8Array) => {
  const input = `${part({ typ: 'at+jwt', ...header })}.${part(good())}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
};

async function bySomebodyElse(header: Partial<JWTHeaderParameters> = {}): Promise<string> {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519' });
  const jwk = await exportJWK(publicKey);
  return new SignJWT(good())
    .setProtectedHeader({
      alg: 'EdDSA',
      kid: keys.signing.kid,
      typ: 'at+jwt',
      ...header,
      ...(header.jwk ? { jwk } : {}),
    })
    .sign(privateKey);
}

const without = (claim: string) => Object.fromEntries(Object.entries(good()).filter(([name]) => name !== claim));
const swapped = (token: string, claims: unknown) => {
  const [header, , signature] = token.split('.');
  return `${header}.${part(claims)}.${signature}`;
};

const FORGERIES: readonly (readonly [string, Forgery])[] = [
  ['alg none', () => `${part({ alg: 'none', typ: 'at+jwt' })}.${part(good())}.`],
  ['alg None, with a signature', () => `${part({ alg: 'None' })}.${part(good())}.AAAA`],
  ['no alg', () => `${part({ typ: 'at+jwt' })}.${part(good())}.AAAA`],
  [
    'HS256 with the public JWK',
    () => hmac({ alg: 'HS256', kid: keys.signing.kid }, JSON.stringify(keys.signing.publicJwk)),
  ],
  [
    'HS256 with the bytes of the public key',
    () => hmac({ alg: 'HS256', kid: keys.signing.kid }, base64url.decode(String(keys.signing.publicJwk.x))),
  ],
  ['HS256 with nothing', () => hmac({ alg: 'HS256', kid: keys.signing.kid }, '')],
  ['another key under our kid', () => bySomebodyElse()],
  ['a kid that climbs', () => bySomebodyElse({ kid: '../../../../dev/null' })],
  ['a kid of SQL', () => bySomebodyElse({ kid: "' union select 'x" })],
  ['a kid nobody has', () => bySomebodyElse({ kid: randomUUID() })],
  ['its own key in jwk', () => bySomebodyElse({ jwk: {} })],
  ['keys elsewhere by jku', () => bySomebodyElse({ jku: keyServerUrl })],
  ['keys elsewhere by x5u', () => bySomebodyElse({ x5u: keyServerUrl })],
  ['its own issuer', () => signed({ ...good(), iss: keyServerUrl })],
  [
    'an extension nobody knows',
    () =>
      signed(good(), { crit: ['exp'], b64: true }).catch(
        () => `${part({ alg: 'EdDSA', kid: keys.signing.kid, crit: ['x'], x: 1 })}.${part(good())}.AAAA`,
      ),
  ],
  ['no signature', async () => `${(await signed(good())).split('.').slice(0, 2).join('.')}.`],
  ['half a signature', async () => (await signed(good())).slice(0, -20)],
  [
    'another person, signed for this one',
    async () => swapped(await signed(good()), { ...good(), sub: people()[0]?.accountId }),
  ],
  ['roles put in afterwards', async () => swapped(await signed(good()), { ...good(), roles: ['dps'] })],
  ['issuers twice', async () => swapped(await bySomebodyElse(), `{"iss":"x",${JSON.stringify(good()).slice(1)}`)],
  ['a token in a token', async () => signed({ ...without('iss'), jwt: await signed(good()) }, { cty: 'JWT' })],
  ['the wrong audience', () => signed({ ...good(), aud: 'support' })],
  ['no audience', () => signed(without('aud'))],
  ['no issuer', () => signed(without('iss'))],
  ['nobody', () => signed(without('sub'))],
  ['an empty name', () => signed({ ...good(), sub: '' })],
  ['a name with a NUL', () => signed({ ...good(), sub: `${person}\0` })],
  ['a number for a name', () => signed({ ...good(), sub: 7 } as unknown as JWTPayload)],
  ['no end', () => signed(without('exp'))],
  ['no beginning', () => signed(without('iat'))],
  ['an end that is text', () => signed({ ...good(), exp: 'never' } as unknown as JWTPayload)],
  ['an end two minutes ago', () => signed({ ...good(), iat: now() - 600, exp: now() - 120 })],
  ['a beginning in an hour', () => signed({ ...good(), nbf: now() + 3_600 })],
  [
    'a token Habeas made for a service',
    () =>
      signedCredentials(keys.signing, new URL(habeas.url).origin).token(
        { name: 'support', audience: 'support' },
        person,
        'gdprquery',
      ),
  ],
  [
    'a token Habeas made for a service, for itself',
    () =>
      signedCredentials(keys.signing, new URL(habeas.url).origin).token(
        { name: 'habeas', audience: 'habeas' },
        person,
        'gdprquery',
      ),
  ],
  ['nine thousand characters', async () => `${await signed({ ...good(), filler: 'x'.repeat(7_000) })}`],
  ['four parts', async () => `${await signed(good())}.AAAA`],
  ['no token at all', () => 'x'],
  ['JSON that is null', () => `${part('null')}.${part('null')}.AAAA`],
  ['no JSON', () => `${part('{')}.${part('{')}.AAAA`],
];

describe('A token that is not good (T-14)', () => {
  test('none of these is: a token as it should be lets in', async () => {
    const { data, errors } = await post(
      { url: habeas.url, token: await signed(good()) },
      '{ viewer { kind accountId } }',
    );
    expect(errors).toEqual([]);
    expect(data).toEqual({ viewer: { kind: 'SUBJECT', accountId: person } });
    expect(FORGERIES.length).toBeGreaterThanOrEqual(40);
  });

  test.each(FORGERIES)('is told the same as every other: %s', async (_what, forge) => {
    const client = { url: habeas.url, token: await forge() };
    for (const ask of [post, events]) {
      const reply = await ask(client, '{ viewer { kind accountId } }');
      expect(reply.status).toBe(401);
      expect(reply.text.trim()).toBe(
        '{"errors":[{"message":"The token is not valid here, or no longer: get a new one.","extensions":{"code":"UNAUTHENTICATED"}}]}',
      );
      expect(reply.headers.get('www-authenticate')).toBe('Bearer');
    }
    const download = await fetch(new URL('/exports/x', habeas.url), {
      headers: { authorization: `Bearer ${client.token}` },
    });
    expect(download.status).toBe(401);
  });

  test('makes nobody fetch keys from where it says', () => {
    expect(asked).toBe(0);
  });

  test.each(['Basic YTpi', 'Bearer', 'Bearer a b', 'bearer  x', 'DPoP x', 'x'])(
    'in a header that carries none: %j',
    async (authorization) => {
      const reply = await post({ url: habeas.url }, '{ viewer { kind } }', undefined, { authorization });
      expect([reply.status, reply.errors[0]?.extensions?.code]).toEqual([401, 'UNAUTHENTICATED']);
      expect(reply.errors[0]?.message).toBe('The header "authorization" is not "Bearer <token>".');
    },
  );
});
