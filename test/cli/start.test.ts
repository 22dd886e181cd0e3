import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, need } from '../../examples/client.js';
import { AccountDocument, MyAccountDocument, ViewerDocument } from '../../schema/client/operations.js';
import { familyOf, habeas as run, survivorsOf, usersOf } from '../support/command.js';
import { embeddedPostgresAt } from '../support/database.js';
import { demo, firstWords, startedBefore } from '../support/demo.js';
import { deskManifests } from '../support/desk.js';
import { type Habeas, startHabeas } from '../support/habeas.js';

const PERSON = 'fb591c3d-07d1-5dda-9a76-5ca5a504b3ba';

const lineAfter = (output: string, label: string) =>
  new RegExp(`^ {2}${label}\\s+(\\S+)$`, 'm').exec(output)?.[1] ?? '';
const viewer = async (client: Client) => (await need(client, ViewerDocument, {})).viewer;

/** Signals a Habeas and looks that it ends soon, with code 0 and nothing left behind. */
async function endsBy(signal: NodeJS.Signals, habeas: Habeas, folder: string): Promise<void> {
  const family = familyOf(habeas.process.pid ?? 0);
  const ended = new Promise((resolve) => habeas.process.once('exit', resolve));
  const began = performance.now();
  habeas.process.kill(signal);
  expect(await ended).toBe(0);
  expect(performance.now() - began).toBeLessThan(15_000);
  expect(survivorsOf(family)).toEqual([]);
  expect(usersOf(folder)).toEqual([]);
}

describe('habeas start, for a first look', () => {
  it('says where the graph is, gives three tokens that work, and three questions', async () => {
    const output = await firstWords();
    expect(output).toMatch(/^Habeas answers at http:\/\/127\.0\.0\.1:\d+\/graphql$/m);
    const { url } = await demo();
    const holders = ['a person', 'a service', 'staff'].map((label) => ({ url, token: lineAfter(output, label) }));
    const viewers = await Promise.all(holders.map(viewer));
    expect(viewers).toMatchObject([
      { kind: 'SUBJECT', accountId: PERSON },
      { kind: 'SERVICE', purposes: expect.arrayContaining(['essential.service']) },
      { kind: 'STAFF', roles: ['dps'] },
    ]);
    expect(output.match(/^── /gm)).toHaveLength(3);
    expect(output).toContain('query OneQuestionFourServices');
    expect(output).not.toMatch(/missing from the graph|"level":(50|60)/);
  }, 240_000);

  it('takes tokens of "habeas token" for a person, a service and staff, and goes on beside it', async () => {
    const { url, dataDirectory } = await demo();
    const token = async (...args: string[]): Promise<Client> => {
      const { code, stdout, stderr } = await run(['token', ...args], { HABEAS_DATA: dataDirectory });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      return { url, token: stdout.trim() };
    };
    const [person, staff, service] = await Promise.all([
      token('--subject', PERSON),
      token('--staff', 'support'),
      token('--client', 'my-tool', '--purpose', 'analytics.reporting'),
    ]);
    expect(await viewer(person)).toMatchObject({ kind: 'SUBJECT', accountId: PERSON });
    expect(await viewer(staff)).toMatchObject({ kind: 'STAFF', roles: ['support'] });
    expect(await viewer(service)).toMatchObject({
      kind: 'SERVICE',
      client: { name: 'my-tool', affiliation: 'AFFILIATED' },
      purposes: ['analytics.reporting'],
    });
    expect((await need(person, MyAccountDocument, {})).me?.id).toBe(PERSON);
  });
});

describe('habeas start with the demo company, started before', { timeout: 120_000 }, () => {
  let data: string;
  let habeas: Habeas;
  let known: unknown;
  beforeAll(async () => {
    data = await startedBefore();
    await startAgain();
    known = await need(await habeas.staff('dps'), AccountDocument, { id: PERSON });
  });
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  async function startAgain(): Promise<void> {
    habeas = await startHabeas({ dataDirectory: data });
    expect((await need(await habeas.person(PERSON), ViewerDocument, {})).viewer.accountId).toBe(PERSON);
    expect(habeas.output()).not.toContain('registering the people');
  }

  it('ends by kill -9 with nothing left soon, and starts again over the same data', async () => {
    const family = familyOf(habeas.process.pid ?? 0);
    expect(family.length).toBeGreaterThan(10);
    await habeas.kill();
    await expect.poll(() => survivorsOf(family)).toEqual([]);
    await startAgain();
    expect(await need(await habeas.staff('dps'), AccountDocument, { id: PERSON })).toEqual(known);
  });

  it('ends by kill -9 and starts again without waiting', async () => {
    await habeas.kill();
    await startAgain();
    expect((await need(await habeas.person(PERSON), MyAccountDocument, {})).me?.id).toBe(PERSON);
  });

  it('ends on SIGTERM with exit code 0 and nothing left', () => endsBy('SIGTERM', habeas, data));
});

describe('habeas start with services of one’s own', () => {
  it('ends on SIGINT with exit code 0 and nothing left', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'habeas-start-'));
    const services = deskManifests('http://127.0.0.1:9');
    embeddedPostgresAt(path.join(folder, 'postgres'));
    const habeas = await startHabeas({ dataDirectory: folder, services });
    expect((await viewer(await habeas.staff('dps'))).kind).toBe('STAFF');
    await endsBy('SIGINT', habeas, folder);
    for (const each of [folder, services]) rmSync(each, { recursive: true, force: true });
  });
});
