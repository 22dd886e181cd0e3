import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ask, type Client, need } from '../../examples/client.js';
import { RetryRequestDocument } from '../../schema/client/operations.js';
import { verifyPackage } from '../../src/exports/package/verify.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { type Asked, askForEverything, fetchPackage, hasStatus, packageOf, requestOf, waitFor } from './export-of.js';
import { type SmallCompany, smallCompany } from './small-company.js';

const NOTES = 30;
const PLAIN_SENTENCE = /^[A-Z][^\n{}<>]{10,300}\.$/;

let company: SmallCompany;
let database: TestDatabase;
let habeas: Habeas;
let sql: postgres.Sql;
let person: Client;
let staff: Client;
const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-down-'));

beforeAll(async () => {
  [company, database] = await Promise.all([smallCompany(), migratedDatabase()]);
  habeas = await startHabeas({ databaseUrl: database.url, services: company.manifests, dataDirectory });
  staff = await habeas.staff('dps');
  sql = postgres(database.url, { max: 2, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  await habeas.stop();
  await company.stop();
  await database.drop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

let persons = 0;
beforeEach(async () => {
  persons += 1;
  person = await habeas.person(await company.register(await habeas.staff('support'), `person${persons}`, NOTES));
});

const taskOf = (request: Asked, service: string) => request.tasks.find((task) => task.service === service);
const taskHas = (service: string, status: string) => (request: Asked) => taskOf(request, service)?.status === status;

/** Lets the waiting jobs of a request run now; with `last`, for the last time. */
async function hurry(id: string, last: boolean): Promise<void> {
  await sql`
    update graphile_worker._private_jobs
    set run_at = now(), max_attempts = case when ${last} then attempts + 1 else max_attempts end
    where payload ->> 'requestId' = ${id} and locked_at is null`;
}

describe('R-21 a service that is down', () => {
  test('is tried again, holds the package back meanwhile, and is read by itself once it is back', async () => {
    await company.desk.close();
    const id = await askForEverything(person);
    const waiting = await waitFor(person, id, taskHas('desk', 'RETRYING'));
    expect(waiting).toMatchObject({ status: 'IN_PROGRESS', export: null, completedAt: null });
    expect(waiting.progress).toBeLessThan(1);
    expect(taskOf(waiting, 'desk')?.lastError).toMatch(PLAIN_SENTENCE);
    expect(taskOf(waiting, 'desk')?.lastError).not.toMatch(/127\.0\.0\.1|ECONN|http/i);
    await waitFor(person, id, taskHas('notes', 'SUCCEEDED'));
    await company.desk.open();
    const done = await waitFor(person, id, hasStatus('COMPLETED'));
    expect(done.tasks.every(({ status, lastError }) => status === 'SUCCEEDED' && lastError === null)).toBe(true);
    const received = await packageOf(person, done);
    expect(received.records('notes', 'notes')).toHaveLength(NOTES);
    expect(received.records('desk', 'tickets')).toHaveLength(2);
  });

  test('for too long is left out, and the package says so; retried, a new package is whole', async () => {
    await company.desk.close();
    const id = await askForEverything(person);
    await waitFor(person, id, taskHas('desk', 'RETRYING'));
    await hurry(id, true);
    const partly = await waitFor(person, id, hasStatus('PARTIALLY_COMPLETED'));
    expect(taskOf(partly, 'desk')).toMatchObject({
      status: 'FAILED',
      lastError: expect.stringMatching(PLAIN_SENTENCE),
    });
    const incomplete = await packageOf(person, partly);
    expect(await verifyPackage(incomplete.zip)).toEqual({ ok: true, problems: [] });
    expect(incomplete.manifest.complete).toBe(false);
    expect(incomplete.manifest.services.find(({ name }) => name === 'desk')).toMatchObject({
      status: 'failed',
      records: 0,
      reason: expect.stringMatching(PLAIN_SENTENCE),
    });
    const firstPage = incomplete.text('index.html').split('</header>')[0] ?? '';
    expect(firstPage).toMatch(/This package is not complete: <bdi>Help desk<\/bdi>/);
    expect(incomplete.records('notes', 'notes')).toHaveLength(NOTES);

    await company.desk.open();
    const { retryRequest } = await need(staff, RetryRequestDocument, { input: { requestId: id } });
    expect(retryRequest.request).toMatchObject({ status: 'IN_PROGRESS', completedAt: null });
    const whole = await waitFor(person, id, hasStatus('COMPLETED'));
    expect(whole.export?.id).not.toBe(partly.export?.id);
    const received = await packageOf(person, whole);
    expect(await verifyPackage(received.zip)).toEqual({ ok: true, problems: [] });
    expect(received.manifest.complete).toBe(true);
    expect(received.text('index.html')).not.toContain('This package is not complete');
    expect(received.records('notes', 'notes')).toHaveLength(NOTES);
    expect(received.records('desk', 'tickets')).toHaveLength(2);
    expect((await fetchPackage(partly.export?.url ?? '', person)).status).toBe(200);
    expect(whole.history.map(({ action }) => action)).toEqual([
      'received',
      'partially completed',
      'in progress',
      'completed',
    ]);
    const again = await ask(staff, RetryRequestDocument, { input: { requestId: id } });
    expect(again.errors?.[0]?.extensions?.code).toBe('CONFLICT');
  });

  test('alone leaves nothing to hand out: the request has FAILED, and can be retried', async () => {
    await company.desk.close();
    const id = await askForEverything(person, { services: ['desk'] });
    await waitFor(person, id, taskHas('desk', 'RETRYING'));
    await hurry(id, true);
    const failed = await waitFor(person, id, hasStatus('FAILED'));
    expect(failed).toMatchObject({ export: null, completedAt: null });
    await company.desk.open();
    await need(staff, RetryRequestDocument, { input: { requestId: id, note: 'it is back' } });
    const done = await waitFor(person, id, hasStatus('COMPLETED'));
    expect((await packageOf(person, done)).records('desk', 'tickets')).toHaveLength(2);
    expect(done.history.at(-2)).toMatchObject({ action: 'in progress', actor: 'staff (dps)', note: 'it is back' });
  });

  test('is asked at once when staff retry a request that waits for it', async () => {
    await company.desk.close();
    const id = await askForEverything(person);
    await waitFor(person, id, taskHas('desk', 'RETRYING'));
    await company.desk.open();
    await need(staff, RetryRequestDocument, { input: { requestId: id } });
    const done = await waitFor(person, id, hasStatus('COMPLETED'));
    expect(done.tasks.map(({ status }) => status)).toEqual(['SUCCEEDED', 'SUCCEEDED', 'SUCCEEDED']);
    expect((await requestOf(person, id)).export).not.toBeNull();
  });
});
