import { readFileSync } from 'node:fs';
import path from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ehcpAuditStore } from '../../examples/ehcp-audit/store.js';
import type { DataRecord, Subject } from '../../src/services/connector.js';
import { draftFromPostgres } from '../../src/services/draft/from-postgres.js';
import { draftFromSdl, readSdl } from '../../src/services/draft/from-sdl.js';
import { draftFromTree, readPersonTree } from '../../src/services/draft/from-tree.js';
import { printDraft } from '../../src/services/draft/print.js';
import { httpConnector } from '../../src/services/http/connector.js';
import { parseManifest } from '../../src/services/manifest.js';
import { checkPostgres } from '../../src/services/postgres/check.js';
import { PostgresStore } from '../../src/services/postgres/store.js';
import type { Service } from '../../src/services/service.js';
import { emptyDatabase, type TestDatabase } from '../support/database.js';
import { plainCredentials } from '../support/services/credentials.js';
import { type RunningService, startService } from '../support/services/process.js';

const FIDES = readFileSync(path.join(import.meta.dirname, '../fixtures/fides/postgres_sample.sql'), 'utf8');
const SHOP = path.join(import.meta.dirname, '../support/services/shop.graphql');

const open: TestDatabase[] = [];
afterAll(() => Promise.all(open.map((database) => database.drop())));

async function databaseOf(definition: string): Promise<string> {
  const database = await emptyDatabase();
  open.push(database);
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(definition);
  await sql.end();
  return database.url;
}

async function drafted(definition: string): Promise<{ text: string; service: Service; url: string }> {
  const url = await databaseOf(definition);
  const text = printDraft(await draftFromPostgres('held', 'HELD_DATABASE_URL', url, 'public'));
  return { text, service: parseManifest(text, 'held.yml', { HELD_DATABASE_URL: url }), url };
}

async function everything(service: Service, email: string): Promise<Record<string, DataRecord[]>> {
  const store = new PostgresStore(service);
  const subject: Subject = { accountId: email, emails: [email], phones: [] };
  const found: Record<string, DataRecord[]> = {};
  for await (const { collection, records } of store.records(subject, new AbortController().signal)) {
    found[collection] = [...(found[collection] ?? []), ...records];
  }
  await store.close();
  return found;
}

const mustMend = async (service: Service) => (await checkPostgres(service)).filter(({ needed }) => needed);

describe('A draft from the Fides sample database, which has no foreign keys', () => {
  let draft: Awaited<ReturnType<typeof drafted>>;
  beforeAll(async () => {
    draft = await drafted(FIDES);
  });

  it('loads, and its check has nothing that must be mended', async () => {
    expect(await mustMend(draft.service)).toEqual([]);
  });

  it('leads from an e-mail address to the person’s rows and no others', async () => {
    const found = await everything(draft.service, 'customer-1@example.com');
    const ids = Object.fromEntries(
      Object.entries(found).map(([name, rows]) => [name, rows.map(({ id }) => id).sort()]),
    );
    expect(ids).toMatchObject({
      customer: [1],
      orders: ['ord_aaa-aaa', 'ord_ccc-ccc', 'ord_ddd-ddd'],
      payment_card: ['pay_aaa-aaa'],
      address: [1, 2],
      product: [1, 2],
      login: [1, 2, 3, 4, 5, 6],
      service_request: ['ser_aaa-aaa'],
    });
    expect(found.order_item?.map((row) => row.order_id).sort()).toEqual([
      'ord_aaa-aaa',
      'ord_ccc-ccc',
      'ord_ccc-ccc',
      'ord_ddd-ddd',
    ]);
    expect(found.employee).toBeUndefined();
    expect(found.report).toBeUndefined();
    expect(await everything(draft.service, 'nobody@example.com')).toEqual({});
  });

  it('marks each reference, identity and category as a guess, and says what has no category', () => {
    for (const line of draft.text.split('\n')) {
      if (/direction:|identity:|data_categories: \[/.test(line)) expect(line).toContain('# review: ');
    }
    expect(draft.text).toContain('field: customer.id, direction: from } # review: guessed from the name');
    expect(draft.text).toContain('- name: tier # review: no category, not readable until one is given');
  });

  it('leaves out what no identity leads to, and says so', () => {
    const skipped = draft.service.datasets[0]?.collections.filter(({ skipProcessing }) => skipProcessing);
    expect(skipped?.map(({ name }) => name)).toEqual(['dynamic_email_address_config', 'loyalty', 'type_link_test']);
    expect(draft.text.match(/skip_processing: true } # review: left out, as no identity leads here/g)).toHaveLength(3);
  });

  it('holds nothing of the address but the name of its variable', () => {
    const { password, host, pathname } = new URL(draft.url);
    expect(draft.text).toMatch(/\$\{HELD_DATABASE_URL\}/);
    for (const part of [password, host, pathname.slice(1)].filter(Boolean)) expect(draft.text).not.toContain(part);
  });

  it('is the same each time', async () => {
    const again = await draftFromPostgres('held', 'HELD_DATABASE_URL', draft.url, 'public');
    expect(printDraft(again)).toBe(draft.text);
  });

  it('reads the schema it is told to', async () => {
    const backup = await draftFromPostgres('held', 'HELD_DATABASE_URL', draft.url, 'backup_schema');
    const service = parseManifest(printDraft(backup), 'held.yml', { HELD_DATABASE_URL: draft.url });
    expect(await everything(service, 'customer-500@example.com')).toMatchObject({
      customer: [{ id: 1 }],
      address: [{ id: 7 }],
    });
    await expect(draftFromPostgres('held', 'X', draft.url, 'absent')).rejects.toThrow('no tables in a schema absent');
  });
});

describe('A draft from a database with foreign keys', () => {
  it('follows them to findings three tables away, and gives comments to their author alone', async () => {
    const rows = `
      insert into organisations values (1, 'School', 'school', 'Bath', '2030-01-01');
      insert into members values (1, 'm1', 'a@example.com', 'A', 'lead', 1, now()), (2, 'm2', 'b@example.com', 'B', 'lead', 1, now());
      insert into audits values (1, 1, 'First', 'open', now(), null), (2, 2, 'Second', 'open', now(), null);
      insert into audited_plans values (1, 1, 'p', '1', 'n', 'g', now()), (2, 2, 'p', '1', 'n', 'g', now());
      insert into findings values (1, 1, 'c', 'g', 'n', now()), (2, 2, 'c', 'g', 'n', now());
      insert into comments values (1, 1, 2, 'of A about B', now()), (2, 2, 1, 'of B about A', now());`;
    const { service, text } = await drafted(ehcpAuditStore.definition.replace(/grant .*;/g, '') + rows);
    expect(await checkPostgres(service)).toEqual(
      (await checkPostgres(service)).filter(({ text: line }) => line.includes('name data_categories')),
    );
    const found = await everything(service, 'a@example.com');
    expect(found).toMatchObject({
      members: [{ id: 1 }],
      organisations: [{ id: 1 }],
      audits: [{ id: 1 }],
      audited_plans: [{ id: 1 }],
      findings: [{ id: 1 }],
      comments: [{ id: 1, body: 'of A about B' }],
    });
    expect(Object.values(found).flat()).toHaveLength(6);
    expect(text).toContain('field: members.id, direction: from }\n');
  });

  it('drafts what databases have besides: secrets, keys of several columns, views, what the role may not read', async () => {
    const url = await databaseOf(`
      create table users (id uuid primary key, email text, password_hash text, "mother's name" text, allergies text[],
                          boss uuid references users);
      create table tenants (region int, number int, primary key (region, number));
      create table visits (id int generated always as identity primary key, user_id uuid references users,
                           region int, tenant int, foreign key (region, tenant) references tenants);
      create table closed (id int primary key, user_id uuid references users);
      create view recent as select * from visits;
      create role draft_reader_${process.pid} login password 'read';
      grant select on users, tenants, visits to draft_reader_${process.pid};`);
    const reader = new URL(url);
    Object.assign(reader, { username: `draft_reader_${process.pid}`, password: 'read' });
    const text = printDraft(await draftFromPostgres('held', 'HELD_DATABASE_URL', reader.href, 'public'));
    const service = parseManifest(text, 'held.yml', { HELD_DATABASE_URL: reader.href });
    expect(await mustMend(service)).toEqual([]);
    expect(text).toContain('- name: users # review: without password_hash, which no package should hold');
    expect(text).toContain('- name: boss # review: refers to other rows of users; not followed');
    expect(text).toContain(
      '- name: region # review: no category, not readable until one is given; refers to tenants by region and tenant together',
    );
    expect(text).toContain('skip_processing: true } # review: left out, as this role may not read it');
    expect(text).toContain('# review: views are left out: recent');
    expect(text).toContain('# review: user.health_and_medical: declared for no purpose yet');
    expect(service.declarations[0]?.dataCategories).not.toContain('user.health_and_medical');
    expect(service.declarations[0]?.dataCategories).toContain('user.contact.email');
    const admin = postgres(url, { max: 1, onnotice: () => {} });
    await admin.unsafe(`drop owned by draft_reader_${process.pid}; drop role draft_reader_${process.pid}`);
    await admin.end();
  });

  it('loads where nothing identifies anybody', async () => {
    const { service, text } = await drafted('create table colours (id int primary key, shade text)');
    expect(service.datasets[0]?.collections).toMatchObject([{ name: 'colours', skipProcessing: true }]);
    expect(text).toContain(
      '# review: no column looks like an e-mail address, phone number or external id: set identity',
    );
  });
});

describe('A draft from a subgraph', () => {
  const read = (text: string) =>
    parseManifest(text, path.join(import.meta.dirname, 'shop.yml'), { SHOP_URL: 'http://shop' });

  it('declares the categories of its SDL and lists the fields that have none', () => {
    const settings = { url: `$\{SHOP_URL}`, sdl: '../support/services/shop.graphql' };
    const text = printDraft(draftFromSdl('shop', readFileSync(SHOP, 'utf8'), settings));
    const service = read(text);
    expect(service).toMatchObject({ kind: 'SUBGRAPH', connection: { sdlFile: SHOP } });
    expect(service.declarations[0]?.dataCategories).toEqual([
      'user.account',
      'user.behavior',
      'user.content',
      'user.financial',
      'user.name',
    ]);
    expect(text).toContain('tickets.messages.text @personalData(category: "user.content")?');
    expect(text).not.toContain('orders.total');
  });

  it('asks the service for its SDL where it has an address', async () => {
    const shop = await startService('faulty.mjs');
    await expect(readSdl('shop', `${shop.url}/graphql`, plainCredentials)).rejects.toThrow(/^shop /);
    await shop.stop();
  });

  it('refuses an SDL that is none, and one that has nothing of accounts', () => {
    expect(() => draftFromSdl('shop', 'type {', {})).toThrow('The SDL is no GraphQL schema');
    expect(() => draftFromSdl('shop', 'type Query { a: Int }', {})).toThrow('nothing for a type Account');
  });
});

describe('A draft from a GDPR API', () => {
  let desk: RunningService;
  beforeAll(async () => {
    desk = await startService('gdpr-api.mjs');
  });
  afterAll(() => desk.stop());

  it('has the collections and fields of one person’s answer, typed, and none of its values', async () => {
    const template = `${desk.url}/gdpr/{externalId}`;
    const tree = await readPersonTree('desk', template, 'ext/1 ä', plainCredentials);
    if (tree === null) throw new Error('The service holds something about this person.');
    const text = printDraft(draftFromTree('desk', tree, { url: `$\{DESK_URL}/gdpr/{externalId}` }));
    const service = parseManifest(text, 'desk.yml', { DESK_URL: desk.url });
    expect(service.connection).toMatchObject({ kind: 'http', url: template });
    const fields = service.datasets[0]?.collections.map(({ name, fields: all }) => [
      name,
      ...all.map((field) => `${field.name} ${field.dataType} ${field.categories[0] ?? '-'}`),
    ]);
    expect(fields).toEqual([
      ['support', 'customer_since date -'],
      [
        'tickets',
        'ticket_id string user.unique_id.pseudonymous',
        'subject string user.content',
        'priority integer -',
        'opened_at datetime system.operations',
        'messages object[] -',
      ],
      ['callback', 'number string -', 'health null -'],
    ]);
    for (const value of ['t1', 'Hello', 'Again', 'Subject of', '12345', 'login too weak', 'ext/1']) {
      expect(text).not.toContain(value);
    }
    const connector = httpConnector(service, plainCredentials);
    expect(await connector.sdl()).toContain('type DeskTickets');
    await connector.close();
  });

  it('is not made of a person of whom nothing is held', async () => {
    expect(await readPersonTree('desk', `${desk.url}/gdpr`, 'nobody', plainCredentials)).toBeNull();
  });
});
