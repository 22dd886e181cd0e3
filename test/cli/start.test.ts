import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, need } from '../../examples/client.js';
import { AccountDocument, MyAccountDocument, ViewerDocument } from '../../schema/client/operations.js';
import { familyOf, habeas as run, survivorsOf, usersOf } from '../support/command.js';
import { type Habeas, startHabeas } from '../support/habeas.js';

const PERSON = 'fb591c3d-07d1-5dda-9a76-5ca5a504b3ba';
let folder: string;
let data: string;
let habeas: Habeas;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-start-'));
  data = path.join(folder, 'data');
  habeas = await startHabeas({ dataDirectory: data });
});
afterAll(async () => {
  await habeas.stop();
  expect(usersOf(folder)).toEqual([]);
  rmSync(folder, { recursive: true, force: true });
});

const lineAfter = (output: string, label: string) =>
  new RegExp(`^ {2}${label}\\s+(\\S+)$`, 'm').exec(output)?.[1] ?? '';
const viewer = async (client: Client) => (await need(client, ViewerDocument, {})).viewer;
async function token(...args: string[]): Promise<Client> {
  const { code, stdout, stderr } = await run(['token', ...args], { HABEAS_DATA: data });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return { url: habeas.url, token: stdout.trim() };
}

describe('habeas start, for a first look', () => {
  it('says where the graph is, gives three tokens that work, and three questions', async () => {
    const output = habeas.output();
    expect(output).toMatch(/^Habeas answers at http:\/\/127\.0\.0\.1:\d+\/graphql$/m);
    const holders = ['a person', 'a service', 'staff'].map((label) => ({
      url: habeas.url,
      token: lineAfter(output, label),
    }));
    const viewers = await Promise.all(holders.map(viewer));
    expect(viewers).toMatchObject([
      { kind: 'SUBJECT', accountId: PERSON },
      { kind: 'SERVICE', purposes: expect.arrayContaining(['essential.service']) },
      { kind: 'STAFF', roles: ['dps'] },
    ]);
    expect(output.match(/^── /gm)).toHaveLength(3);
    expect(output).toContain('query OneQuestionFourServices');
    expect(output).not.toMatch(/missing from the graph|"level":(50|60)/);
  });

  it('takes tokens of "habeas token" for a person, a service and staff', async () => {
    expect(await viewer(await token('--subject', PERSON))).toMatchObject({ kind: 'SUBJECT', accountId: PERSON });
    expect(await viewer(await token('--staff', 'support'))).toMatchObject({ kind: 'STAFF', roles: ['support'] });
    const desk = await token('--client', 'my-tool', '--purpose', 'analytics.reporting');
    expect(await viewer(desk)).toMatchObject({
      kind: 'SERVICE',
      client: { name: 'my-tool', affiliation: 'AFFILIATED' },
      purposes: ['analytics.reporting'],
    });
  });

  it('"habeas token" beside it leaves its Postgres running', async () => {
    await token('--client', 'audit-tool', '--purpose', 'essential.service');
    expect((await need(await token('--subject', PERSON), MyAccountDocument, {})).me?.id).toBe(PERSON);
  });
});

describe('habeas start ends', { timeout: 120_000 }, () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'on %s with exit code 0 and nothing left, and starts again',
    async (signal) => {
      const family = familyOf(habeas.process.pid ?? 0);
      expect(family.length).toBeGreaterThan(10);
      const ended = new Promise((resolve) => habeas.process.once('exit', resolve));
      const began = performance.now();
      habeas.process.kill(signal);
      expect(await ended).toBe(0);
      expect(performance.now() - began).toBeLessThan(15_000);
      expect(survivorsOf(family)).toEqual([]);
      expect(usersOf(folder)).toEqual([]);
      await startAgain();
    },
  );

  it('by kill -9 with nothing left soon, and starts again over the same data', async () => {
    const family = familyOf(habeas.process.pid ?? 0);
    const staff = await habeas.staff('dps');
    const before = await need(staff, AccountDocument, { id: PERSON });
    await habeas.kill();
    for (let waited = 0; waited < 15_000 && survivorsOf(family).length > 0; waited += 100) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(survivorsOf(family)).toEqual([]);
    await startAgain();
    expect(await need(await habeas.staff('dps'), AccountDocument, { id: PERSON })).toEqual(before);
  });

  it('by kill -9 and starts again without waiting', async () => {
    await habeas.kill();
    await startAgain();
    expect((await need(await habeas.person(PERSON), MyAccountDocument, {})).me?.id).toBe(PERSON);
  });

  async function startAgain(): Promise<void> {
    habeas = await startHabeas({ dataDirectory: data });
    expect((await need(await habeas.person(PERSON), ViewerDocument, {})).viewer.accountId).toBe(PERSON);
    expect(habeas.output()).not.toContain('registering the people');
  }
});
