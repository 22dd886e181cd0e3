import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { need } from '../../examples/client.js';
import { RegisterAccountDocument, ViewerDocument } from '../../schema/client/operations.js';
import { embeddedPostgresAt, migratedDatabase } from '../support/database.js';
import { deskManifests } from '../support/desk.js';
import { type Habeas, startHabeas } from '../support/habeas.js';

let services: string;
let dataDirectory: string;
let habeas: Habeas;
beforeAll(async () => {
  services = deskManifests('http://127.0.0.1:9');
  dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-health-'));
  embeddedPostgresAt(path.join(dataDirectory, 'postgres'));
  habeas = await startHabeas({ services, dataDirectory });
});
afterAll(async () => {
  await habeas.stop();
  for (const folder of [services, dataDirectory]) rmSync(folder, { recursive: true, force: true });
});

const get = (address: string, of: Habeas = habeas) => fetch(new URL(address, of.url));
const state = async (of: Habeas = habeas) => (await get('/readyz', of)).status;

async function until(what: string, isSo: () => Promise<boolean>, ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) {
    if (await isSo()) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`${what}: not within ${ms} ms`);
}

describe('health', () => {
  it('/livez and /readyz say ok, and nothing of what is inside', async () => {
    for (const address of ['/livez', '/readyz']) {
      const answer = await get(address);
      expect([answer.status, await answer.text()]).toEqual([200, '{"status":"ok"}']);
    }
  });

  it.each(['/livez', '/readyz', '/nowhere', '/.well-known/jwks.json', '/graphql'])(
    'T-43: %s is kept by no cache and tells nothing of the server',
    async (address) => {
      const { headers } = await get(address);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('server')).toBeNull();
    },
  );

  it('publishes the public half of the signing key alone', async () => {
    const { keys } = (await (await get('/.well-known/jwks.json')).json()) as { keys: Record<string, unknown>[] };
    expect(keys).toMatchObject([{ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' }]);
    expect(Object.keys(keys[0] ?? {})).not.toContain('d');
  });

  it('/readyz says no when the embedded database is killed, and yes again when it has been brought back', async () => {
    const staff = await habeas.staff('dps');
    const register = () => need(staff, RegisterAccountDocument, { input: { profile: { displayName: 'Ada' } } });
    await register();
    const postmaster = readFileSync(path.join(dataDirectory, 'postgres/postmaster.pid'), 'utf8').split('\n')[0];
    process.kill(Number(postmaster), 'SIGKILL');
    await until('/readyz says no', async () => (await state()) === 503, 20_000);
    expect((await get('/livez')).status).toBe(200);
    await until('/readyz says yes again', async () => (await state()) === 200, 20_000);
    await register();
    expect((await need(staff, ViewerDocument, {})).viewer.kind).toBe('STAFF');
    expect(habeas.output()).not.toMatch(/Ada|insert into|at .*node_modules/);
  });

  it('a database that stays away is said by /readyz, not by the end of the process', async () => {
    const database = await migratedDatabase();
    const other = await startHabeas({ services, databaseUrl: database.url });
    expect(await state(other)).toBe(200);
    await database.drop();
    await until('/readyz says no', async () => (await state(other)) === 503, 20_000);
    expect((await get('/livez', other)).status).toBe(200);
    expect(await other.stop()).toBe(0);
  });
});
