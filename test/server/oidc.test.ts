import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type JWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ask, type Client, need } from '../../examples/client.js';
import {
  AccountByIdentifierDocument,
  MyAccountDocument,
  RegisterAccountDocument,
  ViewerDocument,
} from '../../schema/client/operations.js';
import { ensureClient } from '../../src/clients/clients.js';
import { readConfig } from '../../src/config.js';
import { createKeysFile, loadKeys } from '../../src/crypto/keys.js';
import { developmentToken } from '../../src/server/development-issuer.js';
import { discover } from '../../src/server/issuer.js';
import { deskManifests } from '../support/desk.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { type Issuer, signingKey, startIssuer } from '../support/issuer.js';
import { openStore, type Store } from '../support/store.js';

let folder: string;
let services: string;
let store: Store;
let key: JWK;
let issuer: Issuer;
let habeas: Habeas;
let env: Record<string, string>;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-oidc-'));
  services = deskManifests('http://127.0.0.1:9');
  store = await openStore();
  await ensureClient(store.db, {
    name: 'audit-tool',
    affiliation: 'AFFILIATED',
    purposes: ['essential.service', 'analytics.reporting'],
    country: 'GB',
  });
  key = await signingKey('first');
  issuer = await startIssuer([key]);
  const keysFile = path.join(folder, 'keys.json');
  await createKeysFile(keysFile);
  env = {
    NODE_ENV: 'production',
    HABEAS_KEYS_FILE: keysFile,
    HABEAS_OIDC_ISSUER: issuer.issuer,
    HABEAS_CONTROLLER_NAME: 'A company',
    HABEAS_CONTROLLER_ADDRESS: 'Somewhere',
    HABEAS_DPS_EMAIL: 'dps@company.example',
    HABEAS_DPS_ADDRESS: 'Somewhere',
  };
  habeas = await startHabeas({ services, databaseUrl: store.url, env });
});
afterAll(async () => {
  await habeas.stop();
  await issuer.stop();
  await store.close();
  for (const each of [folder, services]) rmSync(each, { recursive: true, force: true });
});

const as = (token: string, purpose?: string): Client => ({ url: habeas.url, token, ...(purpose ? { purpose } : {}) });
const viewer = async (client: Client) => (await need(client, ViewerDocument, {})).viewer;

/** HTTP status and code of a refusal; what was answered where there is none. */
async function refusal(token: string, purpose?: string) {
  const { status, data, errors } = await ask(as(token, purpose), ViewerDocument, {});
  return data ?? { status, code: errors?.[0]?.extensions?.code };
}
const UNAUTHENTICATED = { status: 401, code: 'UNAUTHENTICATED' };

describe('with an OpenID Connect issuer', () => {
  it('a service is who its client credentials say, for the purpose it names', async () => {
    const token = await issuer.clientToken('audit-tool');
    expect(await viewer(as(token, 'essential.service'))).toMatchObject({
      kind: 'SERVICE',
      client: { name: 'audit-tool' },
      purposes: ['essential.service', 'analytics.reporting'],
    });
    expect(await refusal(token, 'marketing')).toMatchObject({ code: 'PURPOSE_NOT_PERMITTED' });
  });

  it('a service nobody registered is refused', async () => {
    expect(await refusal(await issuer.clientToken('stranger'))).toEqual(UNAUTHENTICATED);
  });

  it('staff have the roles of the claim, and only those there are', async () => {
    expect(await viewer(as(await issuer.personToken('dana')))).toMatchObject({ kind: 'STAFF', roles: ['dps'] });
    expect(await viewer(as(await issuer.personToken('sam')))).toMatchObject({ kind: 'STAFF', roles: ['support'] });
  });

  it('a person registers themself once, and is found the next time', async () => {
    const ada = as(await issuer.personToken('ada'));
    expect(await viewer(ada)).toMatchObject({ kind: 'SUBJECT', accountId: null });
    expect((await need(ada, MyAccountDocument, {})).me).toBeNull();
    const identifiers = [
      { type: 'EMAIL' as const, value: ' Ada@Lantern.example ', verified: true },
      { type: 'EMAIL' as const, value: 'other@lantern.example', verified: true },
      { type: 'PHONE' as const, value: '01632 960123', verified: true },
    ];
    const input = { profile: { displayName: 'Ada' }, identifiers };
    const { account } = (await need(ada, RegisterAccountDocument, { input })).registerAccount;
    // The issuer vouches for the one address; a person's own word proves nothing.
    expect(account.identifiers?.map((each) => [each.value, each.verified])).toEqual([
      ['ada@lantern.example', true],
      ['other@lantern.example', false],
      ['+441632960123', false],
    ]);
    const again = as(await issuer.personToken('ada'));
    expect((await need(again, MyAccountDocument, {})).me?.id).toBe(account.id);
    expect(await viewer(again)).toMatchObject({ accountId: account.id });
    const { errors } = await ask(again, RegisterAccountDocument, { input });
    expect(errors?.[0]?.extensions?.code).toBe('CONFLICT');
  });

  it('a person whose address the issuer does not vouch for has proved none', async () => {
    const eve = as(await issuer.personToken('eve'));
    const input = { identifiers: [{ type: 'EMAIL' as const, value: 'eve@lantern.example', verified: true }] };
    const { account } = (await need(eve, RegisterAccountDocument, { input })).registerAccount;
    expect(account.identifiers).toMatchObject([{ value: 'eve@lantern.example', verified: false }]);
    const staff = as(await issuer.personToken('dana'));
    const find = async (value: string) =>
      (await need(staff, AccountByIdentifierDocument, { type: 'EMAIL', value })).accountByIdentifier?.id ?? null;
    expect(await find('eve@lantern.example')).toBeNull();
    expect(await find('ada@lantern.example')).not.toBeNull();
  });

  it('T-14: a person’s token made with the issuer’s key passes; with one thing wrong it does not', async () => {
    expect(await viewer(as(await issuer.sign()))).toMatchObject({ kind: 'SUBJECT' });
    const now = Math.floor(Date.now() / 1_000);
    const wrong: Record<string, Promise<string> | string> = {
      'for somebody else': issuer.personToken('ada', { audience: 'https://other.example' }),
      'for no one': issuer.sign({ aud: undefined }),
      expired: issuer.sign({ exp: now - 61 }),
      'that never expires': issuer.sign({ exp: undefined }),
      'from tomorrow': issuer.sign({ nbf: now + 86_400 }),
      'of no age': issuer.sign({ iat: undefined }),
      'about nobody': issuer.sign({ sub: undefined }),
      'of another issuer': issuer.sign({ iss: 'https://id.example' }),
      'of the issuer, nearly': issuer.sign({ iss: `${issuer.issuer}/` }),
      'of no issuer': issuer.sign({ iss: undefined }),
      'signed with another key': issuer.sign({}, {}, await signingKey('first')),
      'signed with a key nobody knows': issuer.sign({}, { kid: '../../etc/passwd' }, await signingKey('x')),
      'not signed': unsigned(await issuer.sign()),
      'signed with the public key as a secret': symmetric(await issuer.sign()),
      'cut short': (await issuer.sign()).slice(0, -2),
      'that is none': 'a.b.c',
    };
    for (const [what, token] of Object.entries(wrong)) {
      expect(await refusal(await token), `a token ${what}`).toEqual(UNAUTHENTICATED);
    }
    expect(await viewer(as(await issuer.sign({ exp: now - 50 }))), 'within a minute of clocks apart').toBeDefined();
  });

  it('no token is nobody', async () => {
    expect(await viewer({ url: habeas.url })).toMatchObject({ kind: 'ANONYMOUS' });
  });

  it('the keys are good for a while without the issuer, and fetched again when it signs with a new one', async () => {
    const { issuer: address } = issuer;
    await viewer(as(await issuer.personToken('ada')));
    const { key: keys } = await discover(address);
    const old = await issuer.sign();
    await jwtVerify(old, keys);
    await issuer.stop();
    expect(await viewer(as(await issuer.sign()))).toMatchObject({ kind: 'SUBJECT' });
    issuer = await startIssuer([await signingKey('second'), key], Number(new URL(address).port));
    const token = await issuer.personToken('ada');
    // It was asked a moment ago; half a minute later it is asked again.
    await expect(jwtVerify(token, keys)).rejects.toThrow();
    vi.setSystemTime(Date.now() + 31_000);
    expect((await jwtVerify(token, keys)).payload.sub).toBe('ada');
    expect((await jwtVerify(old, keys)).payload.sub, 'the old key is published still').toBe('ada');
    vi.useRealTimers();
  });
});

describe('in production', () => {
  it('development tokens are refused', async () => {
    const keys = await loadKeys(env.HABEAS_KEYS_FILE ?? '', { create: false });
    const development = readConfig({ NODE_ENV: 'development' });
    for (const holder of [
      { kind: 'staff', role: 'dps' },
      { kind: 'client', name: 'audit-tool', purpose: 'essential.service' },
      { kind: 'subject', accountId: 'fb591c3d-07d1-5dda-9a76-5ca5a504b3ba' },
    ] as const) {
      expect(await refusal(await developmentToken(development, keys, holder))).toEqual(UNAUTHENTICATED);
    }
  });

  it('T-08: there is no IDE, and nothing is said of one', async () => {
    const answer = await fetch(habeas.url, { headers: { accept: 'text/html' } });
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers.get('content-type')).not.toContain('html');
    expect(await answer.text()).not.toMatch(/graphiql|<html/i);
    expect(habeas.output()).toMatch(/^Habeas answers at /m);
    expect(habeas.output()).not.toMatch(/IDE|browser|token/i);
  });
});

describe('an issuer whose keys cannot be had', () => {
  it('is not held against the token', async () => {
    const other = await startIssuer([key]);
    const second = await startHabeas({
      part: 'serve',
      services,
      databaseUrl: store.url,
      env: { ...env, HABEAS_OIDC_ISSUER: other.issuer },
    });
    const token = await other.personToken('ada');
    await other.stop();
    const { status, errors } = await ask({ url: second.url, token }, ViewerDocument, {});
    expect([status, errors?.[0]?.extensions?.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
    expect(await second.stop()).toBe(0);
  });
});

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
const unsigned = (token: string) => `${part({ alg: 'none', typ: 'at+jwt' })}.${token.split('.')[1]}.`;

/** HMAC with what everybody can read: passes where a library takes the algorithm from the token. */
async function symmetric(token: string): Promise<string> {
  const { d: _private, ...published } = key;
  const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as JWTPayload;
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', kid: 'first', typ: 'at+jwt' })
    .sign(Buffer.from(JSON.stringify(published)));
}
