import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { readConfig } from '../../src/config.js';
import { loadKeys } from '../../src/crypto/keys.js';
import { openDatabase } from '../../src/database/database.js';
import { type SmallCompany, smallCompany } from '../exports/small-company.js';
import { habeas } from '../support/command.js';
import { migratedDatabase, type TestDatabase } from '../support/database.js';

let database: TestDatabase;
let company: SmallCompany;
let env: Record<string, string>;
let ann: string;
const data = mkdtempSync(path.join(tmpdir(), 'habeas-erase-plan-'));
beforeAll(async () => {
  [database, company] = await Promise.all([migratedDatabase(), smallCompany()]);
  env = { DATABASE_URL: database.url, HABEAS_DATA: data, HABEAS_SERVICES: company.manifests };
  const config = readConfig({ NODE_ENV: 'test', ...env });
  const keys = await loadKeys(config.keysFile, { create: true });
  const own = await openDatabase(config);
  const known = await company.add('ann', 3);
  ann = (await own.db.transaction((tx) => register(tx, keys, new Date(), known))).id;
  await own.close();
});
afterAll(async () => {
  await company.stop();
  await database.drop();
  rmSync(data, { recursive: true, force: true });
});

it('habeas erase plan tells what would go and what stands in the way, and changes nothing', async () => {
  const { code, stdout, stderr } = await habeas(['erase', 'plan', ann], env);
  expect(stderr).toBe('');
  expect(stdout).toMatch(/^DELETE\s+1 {2}habeas\.profile$/m);
  expect(stdout).toMatch(/^DELETE\s+3 {2}notes\.notes$/m);
  expect(stdout).toMatch(/^digest [0-9a-f]{64}$/m);
  expect(stdout).toContain('Nothing stands in its way.');
  expect(code).toBe(0);

  const again = JSON.parse((await habeas(['erase', 'plan', ann, '--json'], env)).stdout);
  expect(stdout).toContain(`digest ${again.digest}`);
  expect(again.items).toContainEqual(expect.objectContaining({ service: 'notes', collection: 'notes', records: 3 }));
});

it('habeas erase plan tells of a service that does not answer, and what all others would do', async () => {
  company.desk.hangs = true;
  try {
    const { code, stdout } = await habeas(['erase', 'plan', ann], env);
    expect(code).toBe(1);
    expect(stdout).toContain('It cannot be carried out now:\n- desk ');
    expect(stdout).toMatch(/^DELETE\s+3 {2}notes\.notes$/m);
  } finally {
    company.desk.hangs = false;
  }
});

it('habeas erase plan says what is wrong with what it was given', async () => {
  expect(await habeas(['erase', 'plan', 'ann'], env)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^account: /),
  });
  const nobody = '00000000-0000-4000-8000-000000000000';
  expect(await habeas(['erase', 'plan', nobody], env)).toMatchObject({
    code: 1,
    stderr: 'account: there is no account with this id.\n',
  });
  const { HABEAS_SERVICES: _none, ...without } = env;
  expect(await habeas(['erase', 'plan', nobody], without)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^HABEAS_SERVICES: /),
  });
});
