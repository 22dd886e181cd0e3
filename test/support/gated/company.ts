import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';
import { emptyDatabase } from '../database.js';
import { SERVICES } from './declarations.js';
import { MEMBERS } from './people.js';
import { type Listening, listening, startClub, startTracker } from './subgraphs.js';

/**
 * A company whose services are of every kind, its own and others': `notes` and `desk` (a database and an HTTP service),
 * `club` (a subgraph that leads on to other people), `poll` and `tracker` (a database and a subgraph of other companies).
 */
export interface GatedCompany {
  /** Folder of the manifests. */
  readonly manifests: string;
  /** The databases of `notes` and `poll`: a schema each. */
  readonly sql: postgres.Sql;
  readonly desk: Listening;
  readonly club: Listening;
  readonly tracker: Listening;
  close(): Promise<void>;
}

export async function openCompany(): Promise<GatedCompany> {
  const manifests = mkdtempSync(path.join(tmpdir(), 'habeas-gated-'));
  const database = await emptyDatabase();
  const sql = postgres(database.url, { max: 2, onnotice: () => {} });
  await fillDatabases(sql);
  const trees = new Map(MEMBERS.flatMap(({ deskId, tickets }) => (deskId ? [[deskId, tickets] as const] : [])));
  const desk = await listening(({ path: asked }) => {
    const tickets = trees.get(decodeURIComponent(asked.split('/')[2] ?? ''));
    const nodes = tickets?.map(({ id, subject, price }) => ({
      key: 'TICKET',
      children: [
        { key: 'ID', value: id },
        { key: 'SUBJECT', value: subject },
        { key: 'PRICE', value: price },
      ],
    }));
    return nodes && { key: 'DESK', children: [{ key: 'TICKETS', children: nodes }] };
  });
  const [club, tracker] = await Promise.all([startClub(), startTracker()]);
  const inDatabase = (name: string) => `{ postgres: { url: "${database.url}", schema: ${name} } }`;
  const connections: Readonly<Record<string, string>> = {
    notes: inDatabase('notes'),
    poll: inDatabase('poll'),
    desk: `{ http: { url: "${desk.url}/gdpr/{externalId}" } }`,
    club: `{ subgraph: { url: "${club.url}/graphql", sdl: ${sdlPath('club')} } }`,
    tracker: `{ subgraph: { url: "${tracker.url}/graphql", sdl: ${sdlPath('tracker')} } }`,
  };
  for (const [name, connection] of Object.entries(connections)) {
    writeFileSync(path.join(manifests, `${name}.yml`), manifest(name, connection));
  }
  return {
    manifests,
    sql,
    desk,
    club,
    tracker,
    close: async () => {
      await sql.end();
      await Promise.all([desk.close(), club.close(), tracker.close()]);
      await database.drop();
      rmSync(manifests, { recursive: true, force: true });
    },
  };
}

const sdlPath = (name: string) => new URL(`${name}.graphql`, import.meta.url).pathname;

async function fillDatabases(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    create schema notes;
    create table notes.members (id int primary key, email text, tier text);
    create table notes.notes (id int generated always as identity primary key, member_id int, body text, mood int);
    create schema poll;
    create table poll.answers (id int generated always as identity primary key, email text, question text, answer text)`);
  for (const [number, { email, tier, notes, answers }] of MEMBERS.entries()) {
    await sql`insert into notes.members values (${number}, ${email}, ${tier})`;
    for (const { body, mood } of notes) {
      await sql`insert into notes.notes (member_id, body, mood) values (${number}, ${body}, ${mood})`;
    }
    for (const { question, answer } of answers) {
      await sql`insert into poll.answers (email, question, answer) values (${email}, ${question}, ${answer})`;
    }
  }
}

const field = (name: string, type: string, category: string, meta = '') =>
  `{ name: ${name}, data_categories: [${category}], fides_meta: { data_type: ${type}${meta} } }`;

const key = ', primary_key: true';

const COLLECTIONS: Readonly<Record<string, readonly (readonly [name: string, fields: readonly string[]])[]>> = {
  notes: [
    [
      'members',
      [
        field('id', 'integer', 'user.unique_id', key),
        field('email', 'string', 'user.contact.email', ', identity: email'),
        field('tier', 'string', 'user.account'),
      ],
    ],
    [
      'notes',
      [
        field('id', 'integer', 'user.unique_id', key),
        field(
          'member_id',
          'integer',
          'user.unique_id',
          ', references: [{ dataset: notes, field: members.id, direction: from }]',
        ),
        field('body', 'string', 'user.content'),
        field('mood', 'integer', 'user.behavior'),
      ],
    ],
  ],
  desk: [
    [
      'tickets',
      [
        field('id', 'string', 'user.unique_id', key),
        field('subject', 'string', 'user.content'),
        field('price', 'float', 'user.financial'),
      ],
    ],
  ],
  poll: [
    [
      'answers',
      [
        field('id', 'integer', 'user.unique_id', key),
        field('email', 'string', 'user.contact.email', ', identity: email'),
        field('question', 'string', 'user.content'),
        field('answer', 'string', 'user.behavior'),
      ],
    ],
  ],
};

function manifest(name: string, connection: string): string {
  const { affiliation, declarations = [] } = SERVICES[name] ?? {};
  const collections = COLLECTIONS[name];
  return [
    `habeas: { affiliation: ${affiliation}, country: GB, connection: ${connection} }`,
    'system:',
    `  - fides_key: ${name}`,
    `    name: ${name}`,
    '    system_type: Application',
    '    privacy_declarations:',
    ...declarations.map(
      ([use, basis, categories]) =>
        `      - { name: "${use}", data_use: ${use}, data_categories: [${categories.join(', ')}], data_subjects: [customer], legal_basis_for_processing: "${basis}", retention_period: P1Y }`,
    ),
    ...(collections
      ? [
          'dataset:',
          `  - fides_key: ${name}`,
          `    name: ${name}`,
          '    collections:',
          ...collections.map(([each, fields]) => `      - { name: ${each}, fields: [${fields.join(', ')}] }`),
        ]
      : []),
    '',
  ].join('\n');
}
