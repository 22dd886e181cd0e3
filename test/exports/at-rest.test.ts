import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Client, need } from '../../examples/client.js';
import { AccountDocument, RegisterAccountDocument } from '../../schema/client/operations.js';
import { embeddedPostgresAt } from '../support/database.js';
import { type Habeas, startHabeas } from '../support/habeas.js';
import { askForEverything, hasStatus, packageOf, waitFor } from './export-of.js';
import { type SmallCompany, smallCompany } from './small-company.js';

/** One value for each thing an account holds; none of them occurs anywhere else. */
const PLANTED = {
  givenName: 'Qzgiven7f31',
  familyName: 'Qzfamily7f32',
  displayName: 'Qzdisplay7f33',
  email: 'qzemail7f34@example.com',
  phone: '+441632777734',
  organisation: 'Qzorganisation7f35',
  jobTitle: 'Qzjobtitle7f36',
  postalAddress: 'Qzaddress7f37',
  locale: 'qz-Latn',
};
const EXTERNAL_ID = 'Qzexternal7f38';
const USERNAME = 'qzusername7f39';
const TEXTS = [...Object.values(PLANTED), EXTERNAL_ID, USERNAME];

let company: SmallCompany;
let habeas: Habeas;
let owner: Client;
let ownerId: string;
const dataDirectory = mkdtempSync(path.join(tmpdir(), 'habeas-rest-'));

beforeAll(async () => {
  company = await smallCompany();
  // The embedded Postgres: its files, its log of changes and the packages all lie below the data directory.
  embeddedPostgresAt(path.join(dataDirectory, 'postgres'));
  habeas = await startHabeas({ services: company.manifests, dataDirectory, env: { HABEAS_LOG_LEVEL: 'trace' } });
  const input = {
    profile: PLANTED,
    identifiers: [
      { type: 'EMAIL' as const, value: PLANTED.email, verified: true },
      { type: 'PHONE' as const, value: PLANTED.phone, verified: true },
      { type: 'USERNAME' as const, value: USERNAME, verified: true },
    ],
    links: [{ service: 'desk', externalId: EXTERNAL_ID }],
  };
  const { registerAccount } = await need(await habeas.staff('dps'), RegisterAccountDocument, { input });
  ownerId = registerAccount.account.id;
  owner = await habeas.person(ownerId);
});
afterAll(async () => {
  await habeas.stop();
  await company.stop();
  rmSync(dataDirectory, { recursive: true, force: true });
});

describe('P21 what is shared of a person is encrypted at rest', () => {
  test('the API and the package give it, the disk, a dump and the log do not', async () => {
    const { account } = await need(owner, AccountDocument, { id: ownerId });
    expect(account?.profile).toMatchObject(PLANTED);
    expect(account?.linkedServices?.map(({ externalId }) => externalId)).toEqual([EXTERNAL_ID]);
    const request = await waitFor(owner, await askForEverything(owner), hasStatus('COMPLETED'));
    const everything = [...(await packageOf(owner, request)).files.values()].map(String).join('\n');
    for (const text of TEXTS) expect(everything).toContain(text);

    const dump = await dumpOf(habeas.dataDirectory);
    expect(dump).toContain(ownerId); // the dump does hold this person's rows
    expect(found(dump)).toEqual([]);
    for (const file of filesBelow(dataDirectory)) {
      expect({ file, found: found(readFileSync(file).toString('latin1')) }).toEqual({ file, found: [] });
    }
    expect(found(habeas.output())).toEqual([]);
  });
});

const found = (text: string) => TEXTS.filter((planted) => text.includes(planted));

/** Every row of every table as text, after all changes were written to the files. */
async function dumpOf(directory: string): Promise<string> {
  const postgresDirectory = path.join(directory, 'postgres');
  const port = readFileSync(path.join(postgresDirectory, 'postmaster.pid'), 'utf8').split('\n')[3];
  const password = readFileSync(`${postgresDirectory}.password`, 'utf8');
  const sql = postgres(`postgres://habeas:${password}@127.0.0.1:${port}/habeas`, { max: 1 });
  try {
    await sql`checkpoint`;
    const tables = await sql<{ place: string }[]>`
      select format('%I.%I', schemaname, tablename) as place from pg_tables
      where schemaname not in ('pg_catalog', 'information_schema')`;
    const rows = await Promise.all(
      tables.map(({ place }) => sql.unsafe<{ row: string }[]>(`select t::text as row from ${place} t`)),
    );
    return rows
      .flat()
      .map(({ row }) => row)
      .join('\n');
  } finally {
    await sql.end();
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
}
