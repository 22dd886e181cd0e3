import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { type Client, need } from '../../examples/client.js';
import { RegisterAccountDocument } from '../../schema/client/operations.js';
import { freePort } from '../../src/database/embedded.js';
import { emptyDatabase } from '../support/database.js';

const MANIFEST = (key: string, title: string, connection: string, dataset: string) => `
habeas: { field: ${key}, affiliation: affiliated, country: GB, connection: ${connection} }
system:
  - fides_key: ${key}
    name: ${title}
    system_type: Application
    privacy_declarations:
      - name: Run it
        data_use: essential.service
        data_categories: [user]
        data_subjects: [customer]
        legal_basis_for_processing: Contract
        retention_period: P1Y
dataset:
  - fides_key: ${key}
    name: ${title}
    collections: ${dataset}
`;

const field = (name: string, type: string, meta = '') =>
  `{ name: ${name}, data_categories: [user.content], fides_meta: { data_type: ${type}${meta} } }`;
const NOTES = `
      - { name: members, fields: [${field('id', 'integer', ', primary_key: true')}, ${field('email', 'string', ', identity: email')}] }
      - { name: notes, fields: [${field('id', 'integer', ', primary_key: true')}, ${field('member_id', 'integer', ', references: [{ dataset: notes, field: members.id, direction: from }]')}, ${field('body', 'string')}] }`;
const TICKETS = `
      - { name: tickets, fields: [${field('id', 'string', ', primary_key: true')}, ${field('subject', 'string')}] }`;

/** Two services of a company of its own: `notes`, a Postgres database, and `desk`, an HTTP service with the GDPR API. */
export interface SmallCompany {
  /** Folder of the manifests. */
  readonly manifests: string;
  readonly desk: Desk;
  /** Registers a person with so many notes, and a customer number at the desk; answers the account's id. */
  register(staff: Client, name: string, notes: number): Promise<string>;
  /** Gives a person so many notes; answers what Habeas has to know to find them. */
  add(name: string, notes: number): Promise<Known>;
  stop(): Promise<void>;
}

/** How the two services know a person, as a registration says it. */
export interface Known {
  readonly profile: { readonly displayName: string };
  readonly identifiers: { type: 'EMAIL'; value: string; verified: true }[];
  readonly links: { service: 'desk'; externalId: string }[];
}

export async function smallCompany(): Promise<SmallCompany> {
  const manifests = mkdtempSync(path.join(tmpdir(), 'habeas-manifests-'));
  const database = await emptyDatabase();
  const sql = postgres(database.url, { max: 2, onnotice: () => {} });
  await sql`create table members (id int generated always as identity primary key, email text)`;
  await sql`create table notes (id int generated always as identity primary key, member_id int, body text)`;
  await sql`create index on notes (member_id)`;
  const desk = new Desk(await freePort());
  await desk.open();
  const notesConnection = `{ postgres: { url: "${database.url}", schema: public } }`;
  const deskConnection = `{ http: { url: "${desk.url}/gdpr/{externalId}", audience: desk } }`;
  writeFileSync(path.join(manifests, 'notes.yml'), MANIFEST('notes', 'Notes', notesConnection, NOTES));
  writeFileSync(path.join(manifests, 'desk.yml'), MANIFEST('desk', 'Help desk', deskConnection, TICKETS));
  const add = async (name: string, notes: number): Promise<Known> => {
    const email = `${name}@example.com`;
    const [member] = await sql<{ id: number }[]>`insert into members (email) values (${email}) returning id`;
    await sql`
      insert into notes (member_id, body)
      select ${member?.id ?? 0}, 'Note ' || n || ' of ' || ${name}::text from generate_series(1, ${notes}::int) n`;
    await sql`analyze notes`;
    return {
      profile: { displayName: name },
      identifiers: [{ type: 'EMAIL', value: email, verified: true }],
      links: [{ service: 'desk', externalId: name }],
    };
  };
  return {
    manifests,
    desk,
    add,
    register: async (staff, name, notes) => {
      const input = await add(name, notes);
      const { registerAccount } = await need(staff, RegisterAccountDocument, { input });
      return registerAccount.account.id;
    },
    stop: async () => {
      await sql.end();
      await desk.close();
      await database.drop();
      rmSync(manifests, { recursive: true, force: true });
    },
  };
}

/** A service with the GDPR API that can be closed, and opened again at the same address. */
export class Desk {
  readonly url: string;
  /** Set: answers do not come, until it is unset. */
  hangs = false;
  /** Callers that wait for an answer, longest first. */
  readonly waiting: { mayGoOn: boolean }[] = [];
  #server: Server | null = null;

  constructor(private readonly port: number) {
    this.url = `http://127.0.0.1:${port}`;
  }

  async open(): Promise<void> {
    const ticket = (id: string) => ({
      key: 'TICKET',
      children: [
        { key: 'ID', value: id },
        { key: 'SUBJECT', value: `Subject of ${id}` },
      ],
    });
    const server = createServer(async (request, response) => {
      const caller = { mayGoOn: false };
      this.waiting.push(caller);
      response.once('close', () => this.waiting.splice(this.waiting.indexOf(caller), 1));
      while (this.hangs && !caller.mayGoOn && !response.destroyed) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const person = decodeURIComponent(request.url?.split('/')[2] ?? '');
      const tickets = { key: 'TICKETS', children: [ticket(`${person}-1`), ticket(`${person}-2`)] };
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ key: 'DESK', children: [tickets] }));
    });
    await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
    this.#server = server;
  }

  /** From now on connections are refused. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    if (!server) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  }
}
