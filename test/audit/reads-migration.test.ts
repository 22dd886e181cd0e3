import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import postgres from 'postgres';
import { expect, it } from 'vitest';
import { accessesOf } from '../../src/audit/reads.js';
import { projectRoot } from '../../src/database/project-root.js';
import { emptyDatabase } from '../support/database.js';

it('Reads recorded by version 0.1 are told after it as they were before', async () => {
  const database = await emptyDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  const folder = new URL('drizzle/', projectRoot());
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  const change = files.findIndex((name) => name.includes('reads_and_clients'));
  const apply = (name: string) => sql.unsafe(readFileSync(new URL(name, folder), 'utf8'));
  for (const name of files.slice(0, change)) await apply(name);
  const [ann, ben] = [randomUUID(), randomUUID()];
  const old = { at: new Date('2026-02-01T09:00:00Z'), caller: 'staff (dps)', purpose: null, services: ['habeas'] };
  for (const [account, categories] of [
    [ann, ['user.contact.email', 'user.name']],
    [ben, []],
    [ann, ['user.name']],
  ] as const) {
    await sql`insert into accesses (account_id, at, caller, categories, services)
      values (${account}, ${old.at}, ${old.caller}, ${categories}, ${old.services})`;
  }
  for (const name of files.slice(change)) await apply(name);
  const told = async (person: string) => (await accessesOf(sql, person, 50, null)).rows.map(({ id, ...rest }) => rest);
  expect(await told(ann)).toEqual([
    { ...old, categories: ['user.name'] },
    { ...old, categories: ['user.contact.email', 'user.name'] },
  ]);
  expect(await told(ben)).toEqual([{ ...old, categories: [] }]);
  await sql.end();
  await database.drop();
});
