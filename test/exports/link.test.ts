import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, need } from '../../examples/client.js';
import { CancelRequestDocument } from '../../schema/client/operations.js';
import { verifyPackage } from '../../src/exports/package/verify.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { type Asked, askForEverything, fetchPackage, hasStatus, waitFor } from './export-of.js';
import { type SmallCompany, smallCompany } from './small-company.js';

let company: SmallCompany;
let database: TestDatabase;
let habeas: Habeas;
let sql: postgres.Sql;
let owner: Client;
let ownerId: string;
const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-links-'));

beforeAll(async () => {
  [company, database] = await Promise.all([smallCompany(), migratedDatabase()]);
  habeas = await startHabeas({
    databaseUrl: database.url,
    services: company.manifests,
    dataDirectory,
    env: { HABEAS_LOG_LEVEL: 'trace' },
  });
  sql = postgres(database.url, { max: 2, onnotice: () => {} });
  ownerId = await company.register(await habeas.staff('support'), 'ada', 20);
  owner = await habeas.person(ownerId);
});
afterAll(async () => {
  await sql.end();
  await habeas.stop();
  await company.stop();
  await database.drop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

async function freshPackage(): Promise<{ request: Asked; url: string; token: string }> {
  const request = await waitFor(owner, await askForEverything(owner), hasStatus('COMPLETED'));
  const url = request.export?.url ?? '';
  return { request, url, token: url.split('/').at(-1) ?? '' };
}

const codeOf = async (answer: Response) => [answer.status, (await answer.json()).code];
const downloadsOf = async (request: Asked) => {
  const [row] = await sql`select downloads from export_packages where request_id = ${request.id}`;
  return row?.downloads;
};

describe('T-19 the link of a package', () => {
  test('hands the package to its owner, as a file to keep and for no cache', async () => {
    const { request, url } = await freshPackage();
    const answer = await fetchPackage(url, owner);
    expect(answer.status).toBe(200);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/zip',
      'cache-control': 'no-store',
      'content-disposition': expect.stringMatching(/^attachment; filename="my-data-\d{4}-\d\d-\d\d\.zip"$/),
      'content-length': String(request.export?.bytes),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    const zip = Buffer.from(await answer.arrayBuffer());
    expect(await verifyPackage(zip)).toEqual({ ok: true, problems: [] });
    expect(createHash('sha256').update(zip).digest('hex')).toBe(request.export?.sha256);
  });

  test('is worth nothing to anybody else, and nobody else’s try counts', async () => {
    const { request, url } = await freshPackage();
    const other = await habeas.person(await company.register(await habeas.staff('support'), `bob-${Date.now()}`, 1));
    expect(await codeOf(await fetchPackage(url, other))).toEqual([404, 'NOT_FOUND']);
    expect(await codeOf(await fetchPackage(url, {}))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await codeOf(await fetchPackage(url, { token: 'a.b.c' }))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await codeOf(await fetchPackage(url, await habeas.staff('dps')))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await codeOf(await fetchPackage(url, await habeas.staff('support')))).toEqual([401, 'UNAUTHENTICATED']);
    const [service] = await sql`
      insert into clients (name, affiliation, purposes, country)
      values ('reporting', 'AFFILIATED', '{essential.service}', 'GB') returning name`;
    const client = await habeas.client(String(service?.name), 'essential.service');
    expect(await codeOf(await fetchPackage(url, client))).toEqual([401, 'UNAUTHENTICATED']);
    expect(await downloadsOf(request)).toBe(0);
    expect((await fetchPackage(url, owner)).status).toBe(200);
  });

  test.each([
    ['one of the right length', randomBytes(32).toString('base64url')],
    ['the id of a package', '0b0b1a4e-7f5e-4b43-9f0e-3c8d0f1f2a3b'],
    ['a very long one', 'a'.repeat(200)],
    ['a step out of the folder', encodeURIComponent('../keys.json')],
    ['one that is no text', '%00'],
  ])('is 404 for a wrong token: %s', async (_what, token) => {
    const { url } = await freshPackage();
    const answer = await fetchPackage(new URL(token, url).href, owner);
    expect(answer.status).toBe(404);
  });

  test('opens five times, also when asked at once, and then is GONE', async () => {
    const { url } = await freshPackage();
    const answers = await Promise.all(Array.from({ length: 8 }, () => fetchPackage(url, owner)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 410, 410, 410]);
    await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    expect(await codeOf(await fetchPackage(url, owner))).toEqual([410, 'GONE']);
  });

  test('tells about the package by HEAD without counting, and knows no ranges', async () => {
    const { request, url } = await freshPackage();
    for (let look = 0; look < 7; look += 1) {
      const answer = await fetchPackage(url, owner, { method: 'HEAD' });
      expect([answer.status, answer.headers.get('content-length')]).toEqual([200, String(request.export?.bytes)]);
      expect(await answer.text()).toBe('');
    }
    expect((await fetchPackage(url, {}, { method: 'HEAD' })).status).toBe(401);
    expect(await downloadsOf(request)).toBe(0);
    const part = await fetchPackage(url, owner, { headers: { range: 'bytes=0-9' } });
    expect([part.status, part.headers.get('accept-ranges')]).toEqual([200, 'none']);
    expect((await part.arrayBuffer()).byteLength).toBe(request.export?.bytes);
  });

  test('is GONE once its days are over', async () => {
    const { request, url } = await freshPackage();
    const days = (Date.parse(request.export?.expiresAt ?? '') - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(4.9);
    expect(days).toBeLessThanOrEqual(5);
    await sql`update export_packages set expires_at = now() - interval '1 second' where request_id = ${request.id}`;
    expect(await codeOf(await fetchPackage(url, owner))).toEqual([410, 'GONE']);
  });

  test('is GONE at once when it is revoked, and not shown any more', async () => {
    const { request, url } = await freshPackage();
    await sql`update privacy_requests set status = 'PARTIALLY_COMPLETED' where id = ${request.id}`;
    await need(owner, CancelRequestDocument, { input: { requestId: request.id } });
    expect(await codeOf(await fetchPackage(url, owner))).toEqual([410, 'GONE']);
    expect((await waitFor(owner, request.id, hasStatus('CANCELLED'))).export).toBeNull();
  });

  test('is in no log line and in no table: the database knows its SHA-256 alone', async () => {
    const { request, url, token } = await freshPackage();
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    await (await fetchPackage(url, owner)).arrayBuffer();
    await fetchPackage(url, {});
    const tables = await sql<{ name: string }[]>`
      select quote_ident(schemaname) || '.' || quote_ident(tablename) as name from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`;
    const everything: string[] = [];
    for (const { name } of tables) {
      everything.push(...(await sql.unsafe(`select t::text as line from ${name} t`)).map(({ line }) => String(line)));
    }
    const hash = createHash('sha256').update(token).digest('hex');
    expect(everything.filter((line) => line.includes(hash))).toHaveLength(1);
    expect(everything.filter((line) => line.includes(request.id)).length).toBeGreaterThan(1);
    expect(everything.filter((line) => line.includes(token))).toEqual([]);
    expect(habeas.output()).not.toContain(token);
    expect(habeas.output()).not.toContain('/exports/');
  });
});
