import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { explainFile } from '../../src/cli/explain.js';
import { explanationText } from '../../src/cli/explain-text.js';
import { ensureClient } from '../../src/clients/clients.js';
import { type Config, readConfig } from '../../src/config.js';
import { projectRoot } from '../../src/database/project-root.js';
import { subgraphHeader } from '../../src/services/personal-data-directive.js';
import { habeas } from '../support/command.js';
import { openStore, type Store } from '../support/store.js';

const SERVE = 'essential.service';
const IMPROVE = 'functional.service.improve';
const MAIL = 'marketing.communications.email';
const QUESTION = fileURLToPath(new URL('examples/questions/one-question-four-services.graphql', projectRoot()));
const PERSON = '6a1d0f4e-2b7c-4b58-8f65-0c6f3a7b9e21';

let store: Store;
let folder: string;
/** The demo company, and one whose only service is outside. */
let demo: Config;
let club: Config;

beforeAll(async () => {
  store = await openStore();
  folder = mkdtempSync(path.join(tmpdir(), 'habeas-explain-'));
  const client = (name: string, purposes: string[], affiliation: 'AFFILIATED' | 'EXTERNAL' = 'AFFILIATED') =>
    ensureClient(store.db, { name, affiliation, purposes, country: 'GB' });
  await client('audit-tool', [SERVE, IMPROVE]);
  await client('sender', [MAIL]);
  await client('partner', [SERVE], 'EXTERNAL');
  await client('former', [SERVE]);
  await store.sql`update clients set revoked_at = now() where name = 'former'`;
  await store.sql`insert into accounts (id, status, record) values (${PERSON}, 'RESTRICTED', '')`;
  await store.sql`insert into consent_states values (${PERSON}, ${MAIL}, 'WITHDRAWN', now(), 1, null, 1)`;
  const env = { NODE_ENV: 'test', DATABASE_URL: store.url, HABEAS_DATA: folder };
  demo = readConfig(env);
  club = readConfig({ ...env, HABEAS_SERVICES: writeClub() });
});
afterAll(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

/** A folder of manifests. */
function writeClub(): string {
  const manifests = mkdtempSync(path.join(folder, 'club-'));
  writeFileSync(
    path.join(manifests, 'club.yml'),
    `habeas:
  affiliation: external
  connection: { subgraph: { url: "http://127.0.0.1:1/graphql", sdl: ./club.graphql } }
system:
  - fides_key: club
    privacy_declarations:
      - { data_use: ${SERVE}, data_categories: [user.name], data_subjects: [customer],
          legal_basis_for_processing: Contract }
`,
  );
  writeFileSync(
    path.join(manifests, 'club.graphql'),
    `${subgraphHeader()}
    type Query { president: Account }
    type Account @key(fields: "id") { id: ID! club: Club }
    type Club {
      nickname: String @personalData(category: "user.name", purposes: ["${SERVE}", "analytics"])
      rank: Int
      captain: Account
    }`,
  );
  return manifests;
}

let written = 0;
function fileOf(text: string): string {
  written += 1;
  const file = path.join(folder, `question-${written}.graphql`);
  writeFileSync(file, text);
  return file;
}

const explain = async (text: string, client: string, purpose?: string, config = demo, account?: string) =>
  explainFile(config, fileOf(text), { client, ...(purpose ? { purpose } : {}), ...(account ? { account } : {}) });

describe('habeas explain', () => {
  it('says who is asked what, in which order and how often', async () => {
    const { explanation, isAnswered, notes } = await explainFile(demo, QUESTION, {
      client: 'audit-tool',
      purpose: SERVE,
    });
    expect({ isAnswered, notes, refused: explanation.refused, never: explanation.never }).toEqual({
      isAnswered: true,
      notes: [],
      refused: null,
      never: [],
    });
    expect(explanation.operation).toBe('OneQuestionFourServices');
    const plan = explanation.plan.map(({ order, service, about, at, calls, means }) => [
      order,
      service,
      about.join(),
      at.join(),
      calls,
      means,
    ]);
    const beside = (service: string, calls: object, means: string) => [2, service, 'Account', 'account', calls, means];
    expect(plan[0]).toEqual([1, 'habeas', '', '', { 1: 0, 50: 0, 200: 0 }, 'in process']);
    expect(plan.slice(1).sort()).toEqual([
      beside('ehcp_audit', { 1: 2, 50: 2, 200: 2 }, 'SQL statement'),
      beside('newsletter', { 1: 1, 50: 1, 200: 1 }, 'SQL statement'),
      beside('support', { 1: 1, 50: 50, 200: 200 }, 'GET for each person'),
      beside('training', { 1: 1, 50: 1, 200: 1 }, 'GraphQL request'),
    ]);
    expect(explanation.calls).toEqual({ 1: 5, 50: 54, 200: 204 });
    const training = explanation.plan.find(({ service }) => service === 'training');
    expect(training?.asks).toMatch(/_entities\(representations: \$representations\)[\s\S]*nextCourse/);
    expect(training?.asks).not.toMatch(/tickets|profile/);
  });

  it('names for every field its category, what allows it and what may withhold it', async () => {
    const { explanation } = await explainFile(demo, QUESTION, { client: 'audit-tool', purpose: SERVE });
    expect(explanation.purpose).toEqual({ key: SERVE, lawfulBasis: 'CONTRACT', marketing: false });
    expect(explanation.fields).toContainEqual({
      field: 'Profile.email',
      category: 'user.contact.email',
      services: ['habeas'],
      isHeldOutside: false,
      declarations: [{ service: 'habeas', dataUse: SERVE, lawfulBasis: 'CONTRACT', by: 'manifest' }],
      mayBeWithheld: ['RESTRICTED'],
    });
    const allowed = explanation.fields.filter(({ category }) => category !== null);
    expect(allowed.length).toBeGreaterThan(15);
    expect(allowed.filter(({ declarations }) => declarations.length === 0)).toEqual([]);
  });

  it('says what rests on consent, and what is withheld of one person today, without reading of them', async () => {
    const question =
      'query Mail($id: ID!) { account(id: $id) { newsletter { subscriptions { nodes { email topic } } } } }';
    const { explanation } = await explain(question, 'sender', undefined, demo, PERSON.toUpperCase());
    const reasons = ['NO_CONSENT', 'CONSENT_WITHDRAWN', 'CONSENT_EXPIRED', 'CONSENT_NEEDS_RENEWAL', 'OBJECTED'];
    expect(explanation.purpose).toEqual({ key: MAIL, lawfulBasis: 'CONSENT', marketing: true });
    expect(explanation.fields.map(({ field, mayBeWithheld }) => [field, mayBeWithheld])).toEqual([
      ['NewsletterSubscriptions.email', reasons],
      ['NewsletterSubscriptions.topic', reasons],
    ]);
    expect(explanation.account).toEqual({
      id: PERSON,
      status: 'RESTRICTED',
      withheld: [
        { field: 'NewsletterSubscriptions.email', reason: 'CONSENT_WITHDRAWN' },
        { field: 'NewsletterSubscriptions.topic', reason: 'CONSENT_WITHDRAWN' },
      ],
    });
    expect((await store.sql`select count(*)::int as n from reads`)[0]?.n).toBe(0);
    const serving = await explain('{ account(id: 1) { profile { email } status } }', 'audit-tool', SERVE, demo, PERSON);
    expect(serving.explanation.account?.withheld).toEqual([
      { field: 'Account.status', reason: 'RESTRICTED' },
      { field: 'Profile.email', reason: 'RESTRICTED' },
    ]);
  });

  it('refuses what can never be read, with the nearest purpose that could and what to declare', async () => {
    const question = '{ account(id: 1) { profile { email } newsletter { subscriptions { nodes { topic } } } } }';
    const { explanation, isAnswered } = await explain(question, 'audit-tool', IMPROVE);
    expect(isAnswered).toBe(false);
    expect(explanation.refused?.code).toBe('PURPOSE_NOT_PERMITTED');
    expect(explanation.plan).toEqual([]);
    expect(explanation.never.map(({ field, nearestPurpose }) => [field, nearestPurpose])).toEqual([
      ['Profile.email', SERVE],
      ['NewsletterSubscriptions.topic', SERVE],
    ]);
    const [, topic] = explanation.never;
    expect(topic).toMatchObject({ category: 'user.privacy_preferences', purposes: [SERVE, MAIL] });
    expect(topic?.mends.join('\n')).toMatch(/Ask for the purpose essential\.service/);
    expect(topic?.mends.join('\n')).toMatch(
      /newsletter\.yml: .*data_use: functional\.service\.improve.*user\.privacy_preferences/,
    );
  });

  it('tells fields of Habeas’ own that are not for services', async () => {
    const { explanation, isAnswered } = await explain(
      '{ account(id: 1) { consents { status } id } }',
      'audit-tool',
      SERVE,
    );
    expect({ isAnswered, refused: explanation.refused }).toEqual({ isAnswered: false, refused: null });
    expect(explanation.never).toMatchObject([{ field: 'Account.consents', code: 'FORBIDDEN' }]);
  });

  it('says what depends on a variable', async () => {
    const question =
      'query ($full: Boolean!) { account(id: 1) { status training @include(if: $full) { registeredAt } } }';
    const { explanation } = await explain(question, 'audit-tool', SERVE);
    expect(explanation.plan.map(({ service, onlyIf }) => [service, onlyIf])).toEqual([
      ['habeas', {}],
      ['training', { full: true }],
    ]);
    expect(explanation.fields.map(({ field }) => field)).toContain('TrainingRecord.registeredAt');
  });

  it('knows services and clients outside the company', async () => {
    const question = '{ account(id: 1) { profile { displayName } club { nickname } } }';
    const own = await explain(question, 'audit-tool', SERVE, club);
    const fields = own.explanation.fields.map(({ field, isHeldOutside, mayBeWithheld }) => [
      field,
      isHeldOutside,
      mayBeWithheld.includes('NO_CONSENT'),
      mayBeWithheld.includes('EXTERNAL_RECIPIENT'),
    ]);
    expect(fields).toEqual([
      ['Club.nickname', true, true, false],
      ['Profile.displayName', false, false, false],
    ]);
    const partner = await explain(question, 'partner', SERVE, club);
    expect(partner.explanation.fields.map(({ mayBeWithheld }) => mayBeWithheld.includes('EXTERNAL_RECIPIENT'))).toEqual(
      [true, true],
    );
    expect(explanationText(own)).toMatch(
      /Club\.nickname +user\.name +club: essential\.service \(CONTRACT\) +.*consent.*external service/,
    );
  });

  it('tells what has no category, and what is not below an account', async () => {
    const { explanation } = await explain(
      '{ president { club { nickname rank } } account(id: 1) { club { captain { club { nickname } } } } }',
      'audit-tool',
      SERVE,
      club,
    );
    expect(explanation.never.find(({ field }) => field === 'Club.rank')).toMatchObject({
      category: null,
      reason: 'it has no data category',
      mends: [expect.stringContaining('club.yml')],
    });
  });

  it('refuses a question that is none, saying where', async () => {
    const unknown = await explain('{\n  account(id: 1) { shoeSize }\n}', 'audit-tool', SERVE);
    expect(unknown).toMatchObject({ isAnswered: false, explanation: { refused: { code: 'BAD_USER_INPUT' } } });
    expect(unknown.explanation.refused?.message).toMatch(/^line 2: Cannot query field "shoeSize"/);
    await expect(explain('{ account(', 'audit-tool', SERVE)).rejects.toThrow(/question-\d+\.graphql:1: Syntax Error/);
  });

  it.each([
    ['no such client', { client: 'nobody', purpose: SERVE }, /--client: there is no client nobody/],
    ['a revoked client', { client: 'former', purpose: SERVE }, /--client: former is revoked/],
    [
      'no purpose',
      { client: 'audit-tool' },
      /--purpose: name one .*: essential\.service, functional\.service\.improve/,
    ],
    [
      'another purpose',
      { client: 'sender', purpose: SERVE },
      /--purpose: sender is not registered for essential\.service/,
    ],
    [
      'no such operation',
      { client: 'sender', operation: 'Two' },
      /--operation: must name one .*: OneQuestionFourServices/,
    ],
    ['no id', { client: 'sender', account: 'x' }, /--account: is not a UUID/],
    [
      'no such account',
      { client: 'sender', account: '0a1d0f4e-2b7c-4b58-8f65-0c6f3a7b9e21' },
      /--account: there is no/,
    ],
  ])('cannot explain with %s', async (_what, options, expected) => {
    await expect(explainFile(demo, QUESTION, options)).rejects.toThrow(expected);
  });

  it('prints it to be read, or as JSON, and ends with 1 where the question is not answered', async () => {
    const env = { NODE_ENV: 'test', DATABASE_URL: store.url, HABEAS_DATA: folder };
    const asked = (purpose: string, ...more: string[]) =>
      habeas(['explain', QUESTION, '--client', 'audit-tool', '--purpose', purpose, ...more], env);
    const [answered, refused] = await Promise.all([asked(SERVE), asked(IMPROVE, '--json')]);
    expect({ code: answered.code, stderr: answered.stderr }).toEqual({ code: 0, stderr: '' });
    expect(answered.stdout).toMatch(
      /^OneQuestionFourServices, asked by audit-tool \(AFFILIATED\) for essential\.service \(CONTRACT\)\n/,
    );
    expect(answered.stdout).toMatch(/^Calls to services: 5 for 1, 54 for 50, 204 for 200 people\./m);
    expect(answered.stdout).toMatch(/^2\. support about Account at account, GET for each person: 1, 50, 200$/m);
    expect(answered.stdout).toMatch(
      /^ {2}Profile\.email +user\.contact\.email +habeas: essential\.service \(CONTRACT\) +restriction$/m,
    );
    expect(refused.code).toBe(1);
    expect(JSON.parse(refused.stdout)).toMatchObject({
      refused: { code: 'PURPOSE_NOT_PERMITTED' },
      client: { name: 'audit-tool', affiliation: 'AFFILIATED' },
      notes: [],
    });
  });
});
