import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createKeysFile } from '../../src/crypto/keys.js';
import { freePort } from '../../src/database/embedded.js';
import { habeas, type Outcome, usersOf } from '../support/command.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';
import { deskManifest, deskManifests } from '../support/desk.js';

let folder: string;
let data: string;
let database: TestDatabase;
let services: string;
beforeAll(async () => {
  database = await migratedDatabase();
  services = deskManifests('http://127.0.0.1:9');
});
afterAll(async () => {
  await database.drop();
  rmSync(services, { recursive: true, force: true });
});
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-refusals-'));
  data = path.join(folder, 'data');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a start that must be refused: exit code 1, in words, with nothing left running. */
async function refusal(env: Record<string, string>, args: readonly string[] = ['start']): Promise<string> {
  const outcome: Outcome = await habeas(args, { HABEAS_DATA: data, HABEAS_PORT: '0', ...env });
  expect(outcome).toMatchObject({ code: 1, stdout: '' });
  expect(outcome.stderr).not.toMatch(/^\s+at |node:internal|Error:/m);
  expect(usersOf(folder)).toEqual([]);
  return outcome.stderr;
}

async function seconds(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1_000;
}

const withDatabase = () => ({ DATABASE_URL: database.url, HABEAS_SERVICES: services });
const PRODUCTION = {
  NODE_ENV: 'production',
  HABEAS_CONTROLLER_NAME: 'A company',
  HABEAS_CONTROLLER_ADDRESS: 'Somewhere',
  HABEAS_DPS_EMAIL: 'dps@company.example',
  HABEAS_DPS_ADDRESS: 'Somewhere',
};

async function production(): Promise<Record<string, string>> {
  const file = path.join(folder, 'keys.json');
  await createKeysFile(file);
  const issuer = `http://127.0.0.1:${await freePort()}`;
  return { ...PRODUCTION, ...withDatabase(), HABEAS_KEYS_FILE: file, HABEAS_OIDC_ISSUER: issuer };
}

describe('R-46: habeas start is refused in words', () => {
  it('where settings are wrong: all of them, at once', async () => {
    const said = await refusal({ HABEAS_PORT: 'http', DATABASE_URL: 'mysql://habeas:CANARY@localhost/x' });
    expect(said).toMatch(/^DATABASE_URL: .*\nHABEAS_PORT: .*\n$/);
    expect(said).not.toContain('CANARY');
  });

  it('where production lacks settings: all of them, at once', async () => {
    const said = await refusal({ NODE_ENV: 'production' });
    expect(said.trim().split('\n')).toEqual(
      [
        'HABEAS_SERVICES',
        'HABEAS_OIDC_ISSUER',
        'HABEAS_KEYS_FILE',
        'HABEAS_CONTROLLER_NAME',
        'HABEAS_CONTROLLER_ADDRESS',
        'HABEAS_DPS_EMAIL',
        'HABEAS_DPS_ADDRESS',
      ].map((key) => `${key}: must be set when NODE_ENV=production.`),
    );
  });

  it('where another program has the port, before anything is started', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    expect(await refusal({ HABEAS_PORT: String(port) })).toBe(
      'HABEAS_PORT: another program listens there. Set another port, or 0 for a free one.\n',
    );
    other.close();
  });

  it('where no Postgres answers, within five seconds', async () => {
    const port = await freePort();
    const url = `postgres://habeas:CANARY@127.0.0.1:${port}/habeas`;
    // What this machine, busy as it is, takes for a start that is refused without asking anybody.
    writeFileSync(path.join(folder, 'broken.json'), '');
    const usual = await seconds(() => refusal({ HABEAS_KEYS_FILE: path.join(folder, 'broken.json') }));
    const taken = await seconds(async () => {
      expect(await refusal({ ...withDatabase(), DATABASE_URL: url })).toBe(
        'DATABASE_URL: no Postgres answers there. Is it running, and are host and port right?\n',
      );
    });
    expect(taken - usual).toBeLessThan(3);
  });

  it('where the keys file is broken, and leaves no Postgres running', async () => {
    mkdirSync(data);
    writeFileSync(path.join(data, 'keys.json'), '{"masterSecret": "CANARY"');
    const said = await refusal({ HABEAS_SERVICES: services });
    expect(said).toMatch(/^HABEAS_KEYS_FILE .*keys\.json: file: .*\n$/);
    expect(said).not.toContain('CANARY');
  });

  it('where the keys file is missing in production', async () => {
    const env = await production();
    rmSync(env.HABEAS_KEYS_FILE ?? '');
    expect(await refusal(env)).toMatch(/^HABEAS_KEYS_FILE: there is no file at .*"habeas keys create" makes one\.\n$/);
  });

  it('where manifests are faulty: each by file and line with the mend, and leaves no Postgres running', async () => {
    const manifests = path.join(folder, 'manifests');
    mkdirSync(manifests);
    const broken = deskManifest('http://127.0.0.1:9').replace('essential.service', 'esential.service');
    writeFileSync(path.join(manifests, 'desk.yml'), broken.replace('country: GB', 'country: UK'));
    writeFileSync(path.join(manifests, 'other.yml'), 'habeas: [');
    const said = await refusal({ HABEAS_SERVICES: manifests });
    expect(said).toMatch(/^desk\.yml:3 .*country.*"GB"\?/m);
    expect(said).toMatch(/^desk\.yml:11 .*data_use.*essential\.service/m);
    expect(said).toMatch(/^other\.yml:1 .*not YAML/m);
  });

  it('where there is no folder of manifests', async () => {
    const said = await refusal({ ...withDatabase(), HABEAS_SERVICES: path.join(folder, 'nowhere') });
    expect(said).toMatch(/nowhere.*there is no such directory: HABEAS_SERVICES must name one\./);
  });

  it('where the issuer of tokens does not answer', async () => {
    const env = await production();
    expect(await refusal(env)).toBe(
      `HABEAS_OIDC_ISSUER: ${env.HABEAS_OIDC_ISSUER}/.well-known/openid-configuration does not answer with a ` +
        'discovery document.\n',
    );
  });

  it('T-41: where data would leave production in clear', async () => {
    const manifests = deskManifests('http://desk.example');
    const env = { ...(await production()), HABEAS_SERVICES: manifests };
    expect(await refusal(env)).toMatch(
      /^desk\.yml:5 habeas\.connection\.http\.url: data to another host must be encrypted: .*https:\/\/\.\n$/,
    );
    expect(
      await refusal({
        ...env,
        DATABASE_URL: 'postgres://habeas:CANARY@db.example/habeas',
        HABEAS_OIDC_ISSUER: 'http://id.example',
      }),
    ).toMatch(/^DATABASE_URL: data to another host.*\nHABEAS_OIDC_ISSUER: data to another host.*\n$/);
    rmSync(manifests, { recursive: true });
  });

  it('where the command is not known', async () => {
    expect(await refusal({}, ['restart'])).toMatch(/^error: .*\n\nUsage: habeas/);
  });
});

describe('habeas token is refused in words', () => {
  it.each([
    [[], /^token: name exactly one of --subject ID, --client NAME and --staff dps\|support\.$/m],
    [['--staff', 'dps', '--subject', 'x'], /^token: name exactly one of/m],
    [['--staff', 'boss'], /^--staff: is dps or support\.$/m],
    [['--staff', 'dps', '--purpose', 'essential.service'], /^--purpose: goes with --client only\.$/m],
    [
      ['--client', 'audit-tool', '--purpose', 'esential.service'],
      /^--purpose: is not a Fideslang data use\. Did you mean essential\.service\?$/m,
    ],
    [['--client', 'Audit Tool'], /^name: is written in lower-case letters, digits and hyphens, at most 63 of them\.$/m],
  ])('for %j', async (args, expected) => {
    expect(await refusal(withDatabase(), ['token', ...args])).toMatch(expected);
  });

  it('for a purpose the client is not registered for', async () => {
    const first = await habeas(['token', '--client', 'desk', '--purpose', 'essential.service'], {
      ...withDatabase(),
      HABEAS_DATA: data,
    });
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    expect(await refusal(withDatabase(), ['token', '--client', 'desk', '--purpose', 'analytics.reporting'])).toBe(
      '--purpose: is not registered for desk. Registered: essential.service.\n',
    );
  });

  it('in production, for everybody', async () => {
    const env = await production();
    for (const args of [
      ['--staff', 'dps'],
      ['--subject', 'x'],
      ['--client', 'audit-tool'],
    ]) {
      expect(await refusal(env, ['token', ...args])).toBe(
        'Development tokens do not exist with NODE_ENV=production: get one from HABEAS_OIDC_ISSUER.\n',
      );
    }
  });
});

describe('habeas keys create', () => {
  it('writes a file that production takes, and never a second time', async () => {
    const file = path.join(folder, 'keys/habeas.json');
    const made = await habeas(['keys', 'create', file]);
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(made.stdout).toContain(`HABEAS_KEYS_FILE=${file}`);
    const before = readFileSync(file, 'utf8');
    expect(await refusal({}, ['keys', 'create', file])).toMatch(/^.*habeas\.json is there already: .*\n$/);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });
});

describe('habeas --help', () => {
  it('names the commands and the settings to begin with', async () => {
    const { code, stdout } = await habeas(['--help']);
    expect(code).toBe(0);
    for (const word of ['start', 'serve', 'work', 'token', 'services', 'keys', 'HABEAS_SERVICES', 'DATABASE_URL']) {
      expect(stdout).toMatch(new RegExp(`^  ${word}\\b`, 'm'));
    }
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it.each([['start'], ['serve'], ['work'], ['token'], ['explain'], ['services', 'check'], ['keys', 'create']])(
    'of %s %s says what it does',
    async (...command) => {
      const { code, stdout } = await habeas([...command, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Usage: habeas /);
      expect(stdout.split('\n')[2]).toMatch(/^\w.{10,}/);
    },
  );
});
