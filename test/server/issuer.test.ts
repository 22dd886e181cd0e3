import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { remoteIssuer } from '../../src/server/issuer.js';
import { type ReadToken, tokenReader } from '../../src/server/token-claims.js';

const MINUTE = 60_000;
const NAME = 'https://id.example';

interface Pair {
  readonly kid: string;
  readonly published: JWK;
  /** Good for a day, or so many seconds. */
  token(seconds?: number): Promise<string>;
}

async function pair(kid: string): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const published = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  const token = (seconds = 24 * 3_600) =>
    new SignJWT({ sub: 'ada' })
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(NAME)
      .setAudience('habeas')
      .setIssuedAt(Date.now() / 1_000)
      .setExpirationTime(Date.now() / 1_000 + seconds)
      .sign(privateKey);
  return { kid, published, token };
}

let server: Server;
let keys: readonly JWK[];
let isDown: boolean;
let fetched: number;
let meanings: number;
let read: ReadToken<string | undefined>;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  [keys, isDown, fetched, meanings] = [[], false, 0, 0];
  server = createServer((_request, response) => {
    fetched += 1;
    if (isDown) response.destroy();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = remoteIssuer(NAME, `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`);
  read = tokenReader([issuer], 'habeas', ({ sub }) => {
    meanings += 1;
    return sub;
  });
});
afterEach(() => {
  vi.useRealTimers();
  server.close();
  server.closeAllConnections();
});

const pass = (minutes: number) => vi.setSystemTime(Date.now() + minutes * MINUTE);
const code = (token: string | Promise<string>) =>
  Promise.resolve(token)
    .then(read)
    .then(
      () => 'taken',
      (error) => error.code,
    );

describe('The keys of an issuer (T-15)', () => {
  it('are taken over while it turns to new ones, without a request lost', async () => {
    const [first, second] = [await pair('first'), await pair('second')];
    keys = [first.published];
    expect(await code(first.token())).toBe('taken');
    pass(1);
    keys = [first.published, second.published];
    const answers = await Promise.all([first, second, first, second].map((each) => code(each.token())));
    expect(answers).toEqual(['taken', 'taken', 'taken', 'taken']);
  });

  it('count no longer ten minutes after they were taken back, for a token known before as well', async () => {
    const [first, second] = [await pair('first'), await pair('second')];
    keys = [first.published, second.published];
    const token = await first.token();
    expect(await code(token)).toBe('taken');
    keys = [second.published];
    for (let minute = 0; minute < 10; minute += 0.5) {
      pass(0.5);
      await code(token);
    }
    expect(await code(token)).toBe('UNAUTHENTICATED');
    expect(await code(second.token())).toBe('taken');
  });

  it('count no longer once the keys were fetched for another token', async () => {
    const [first, second] = [await pair('first'), await pair('second')];
    keys = [first.published];
    const token = await first.token();
    expect(await code(token)).toBe('taken');
    pass(0.6);
    keys = [second.published];
    expect(await code(token)).toBe('taken');
    expect(await code(second.token())).toBe('taken');
    expect(await code(token)).toBe('UNAUTHENTICATED');
  });

  it('hold for an hour while it is down, and then nothing is taken for good', async () => {
    const [first, stranger] = [await pair('first'), await pair('stranger')];
    keys = [first.published];
    expect(await code(first.token())).toBe('taken');
    isDown = true;
    pass(30);
    expect(await code(first.token())).toBe('taken');
    // It may be one of its own since; but nobody can say.
    expect(await code(stranger.token())).toBe('SERVICE_UNAVAILABLE');
    pass(29);
    const token = await first.token();
    expect(await code(token)).toBe('taken');
    pass(2);
    expect(await code(token)).toBe('SERVICE_UNAVAILABLE');
    isDown = false;
    pass(1);
    expect(await code(token)).toBe('taken');
  });

  it('are asked for once in thirty seconds, however many tokens name keys there are not', async () => {
    const [first, stranger] = [await pair('first'), await pair('stranger')];
    keys = [first.published];
    await code(first.token());
    pass(1);
    fetched = 0;
    const [, claims, signature] = (await stranger.token()).split('.');
    const forged = Array.from({ length: Number(process.env.HABEAS_ROUNDS ?? 1_000) }, (_none, kid) => {
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: String(kid) })).toString('base64url');
      return `${header}.${claims}.${signature}`;
    });
    expect(new Set(await Promise.all(forged.map(code)))).toEqual(new Set(['UNAUTHENTICATED']));
    expect(fetched).toBe(1);
    isDown = true;
    pass(1);
    fetched = 0;
    for (const token of forged.slice(0, 50)) await code(token);
    expect(fetched).toBe(1);
  });
});

describe('A good token', () => {
  it('is verified once a minute', async () => {
    const first = await pair('first');
    keys = [first.published];
    const token = await first.token();
    for (let asked = 0; asked < 100; asked += 1) expect(await read(token)).toBe('ada');
    expect(meanings).toBe(1);
    pass(1.01);
    expect(await read(token)).toBe('ada');
    expect(meanings).toBe(2);
  });

  it('is good no longer than it says, although it was good a moment ago', async () => {
    const first = await pair('first');
    keys = [first.published];
    const token = await first.token(30);
    expect(await code(token)).toBe('taken');
    pass(0.45);
    expect([await code(token), meanings]).toEqual(['taken', 1]);
    // Clocks may be a minute apart; but from its end on it is looked at again each time.
    pass(0.1);
    expect([await code(token), meanings]).toEqual(['taken', 2]);
    pass(1);
    expect(await code(token)).toBe('UNAUTHENTICATED');
  });

  it('changed by one character is not it', async () => {
    const first = await pair('first');
    keys = [first.published];
    const token = await first.token();
    await read(token);
    // Not the last: some of its bits stand for nothing.
    const at = token.lastIndexOf('.') + 1;
    const other = token[at] === 'A' ? 'B' : 'A';
    for (const changed of [`${token.slice(0, at)}${other}${token.slice(at + 1)}`, `${token}A`, token.slice(1)]) {
      expect(await code(changed)).toBe('UNAUTHENTICATED');
    }
  });
});
