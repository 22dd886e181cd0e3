import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Client, need } from '../../examples/client.js';
import { CancelRequestDocument } from '../../schema/client/operations.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { askForEverything, followToItsEnd, hasStatus, packageOf, requestOf, waitFor } from './export-of.js';
import { type SmallCompany, smallCompany } from './small-company.js';

let company: SmallCompany;
let database: TestDatabase;
let habeas: Habeas;
let person: Client;
const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-cancel-'));

beforeAll(async () => {
  [company, database] = await Promise.all([smallCompany(), migratedDatabase()]);
  habeas = await startHabeas({ databaseUrl: database.url, services: company.manifests, dataDirectory });
  person = await habeas.person(await company.register(await habeas.staff('support'), 'ada', 10));
});
afterEach(() => {
  company.desk.hangs = false;
});
afterAll(async () => {
  await habeas.stop();
  await company.stop();
  await database.drop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

const cancel = async (caller: Client, requestId: string, note?: string) =>
  (await need(caller, CancelRequestDocument, { input: { requestId, ...(note ? { note } : {}) } })).cancelRequest
    .request;
const packages = () => readdirSync(path.join(dataDirectory, 'exports')).filter((name) => name.includes('.zip'));

describe('A request that is cancelled', () => {
  test('stops the work for it at once, and no package appears', async () => {
    company.desk.hangs = true;
    const id = await askForEverything(person);
    const following = followToItsEnd(person, id);
    await expect.poll(() => company.desk.waiting.length).toBe(1);
    await waitFor(person, id, ({ tasks }) => tasks.some(({ status }) => status === 'SUCCEEDED'));
    const before = packages();
    const cancelled = await cancel(person, id, 'changed my mind');
    expect(cancelled.status).toBe('CANCELLED');
    expect(cancelled.tasks.find(({ service }) => service === 'desk')?.status).toBe('SKIPPED');
    await expect.poll(() => company.desk.waiting.length).toBe(0);
    company.desk.hangs = false;
    expect((await following).at(-1)).toMatchObject({ status: 'CANCELLED', progress: 1 });
    await new Promise((resolve) => setTimeout(resolve, 3_000));
    const later = await requestOf(person, id);
    expect(later).toMatchObject({ status: 'CANCELLED', export: null });
    expect(later.history.map(({ actor, action, note }) => [actor, action, note])).toEqual([
      ['data subject', 'received', 'by API'],
      ['data subject', 'cancelled', 'changed my mind'],
    ]);
    expect(packages()).toEqual(before);
  });

  test('is cancelled only once, whoever asks, and staff may do it', async () => {
    company.desk.hangs = true;
    const id = await askForEverything(person);
    const staff = await habeas.staff('dps');
    const answers = await Promise.all([cancel(staff, id), cancel(person, id), cancel(staff, id)]);
    expect(answers.map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
    expect((await cancel(person, id)).status).toBe('CANCELLED');
    const { history } = await requestOf(person, id);
    expect(history.filter(({ action }) => action === 'cancelled')).toHaveLength(1);
  });

  test('keeps nothing from being asked for anew', async () => {
    company.desk.hangs = true;
    await cancel(person, await askForEverything(person));
    company.desk.hangs = false;
    const done = await waitFor(person, await askForEverything(person), hasStatus('COMPLETED'));
    expect((await packageOf(person, done)).records('desk', 'tickets')).toHaveLength(2);
  });
});
