import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../examples/client.js';
import { type Gateways, openGateways } from '../support/gated/gateways.js';
import { MEMBERS } from '../support/gated/people.js';
import { post } from '../support/post.js';

const [, ann] = MEMBERS;
const id = ann?.id ?? '';
let open: Gateways;
let callers: readonly (readonly [who: string, client: Client])[];

beforeAll(async () => {
  open = await openGateways();
  const [service] = await open.client('desk', 'AFFILIATED', ['essential.service']);
  const [{ url }] = open.gateways;
  const own = { url: url.replace(/\/graphql$/, '/subgraph') };
  callers = [
    ['a service', service],
    ['a company’s own router', { ...service, ...own }],
    ['the Data Protection Specialist', await open.gateways[0].staff('dps')],
  ];
});
afterAll(() => open.close());

/** How reads can fail to be put on record, and how that is undone. */
const FAULTS: readonly (readonly [fault: string, on: string, off: string])[] = [
  [
    'the record of reads takes nothing',
    `create trigger fault before insert on reads execute function fault()`,
    'drop trigger fault on reads',
  ],
  [
    'what finds a person’s reads takes nothing',
    `create trigger fault before insert on reads_of_accounts execute function fault()`,
    'drop trigger fault on reads_of_accounts',
  ],
  ['the record of reads is gone', 'alter table reads rename to gone', 'alter table gone rename to reads'],
];

const QUESTIONS: readonly string[] = [
  `{ account(id: "${id}") { id profile { displayName email } identifiers { value } } }`,
  `{ accounts(ids: ["${id}", "${MEMBERS[2]?.id}"]) { id profile { displayName } } }`,
  `{ accountByIdentifier(type: EMAIL, value: "${ann?.email}") { createdAt } }`,
  `{ account(id: "${id}") { notes { notes { nodes { body } } } club { joined buddy { profile { email } } } } }`,
  `mutation { updateProfile(input: { accountId: "${id}", profile: { displayName: "${ann?.name}" } }) { account { profile { email } } } }`,
];
const PERSONAL = /Name \d|@example|note \d|joined|2026-/;

const countReads = async () => (await open.sql<{ count: number }[]>`select count(*)::int from reads`)[0]?.count ?? 0;

describe('P23 A read without a record', () => {
  let mend: string | null = null;
  beforeAll(async () => {
    await open.sql.unsafe(`
      create function fault() returns trigger language plpgsql as $$ begin raise exception 'injected'; end $$`);
  });
  afterEach(async () => {
    if (mend) await open.sql.unsafe(mend);
    mend = null;
  });

  it.each(FAULTS)('P23 is impossible: %s', async (_, on, off) => {
    await open.sql.unsafe(on);
    mend = off;
    for (const [who, client] of callers) {
      for (const question of asksOf(client)) {
        const { text, errors } = await post(client, question);
        expect(text, `${who}: ${question}`).not.toMatch(PERSONAL);
        expect(errors.map(({ extensions }) => extensions?.code)).toEqual(['INTERNAL_SERVER_ERROR']);
      }
    }
    await open.sql.unsafe(off);
    mend = null;
    for (const [who, client] of callers) {
      for (const question of asksOf(client)) {
        const before = await countReads();
        const { text, errors } = await post(client, question);
        expect(errors, `${who}: ${question}`).toEqual([]);
        expect(text).toMatch(PERSONAL);
        expect(await countReads()).toBe(before + 1);
      }
    }
  });

  it('P23 is impossible: no answer comes before its record is written', async () => {
    for (const [who, client] of callers) {
      const [question = ''] = asksOf(client);
      const blocking = await open.sql.reserve();
      await blocking.unsafe('begin; lock table reads in exclusive mode');
      let answered = false;
      const answer = post(client, question).then((reply) => {
        answered = true;
        return reply;
      });
      await delay(400);
      expect(answered, who).toBe(false);
      await blocking.unsafe('commit');
      blocking.release();
      expect((await answer).text).toMatch(PERSONAL);
    }
  });

  /** Habeas' own part knows no other services. */
  const asksOf = ({ url }: Client) =>
    url.endsWith('/subgraph') ? QUESTIONS.filter((question) => !question.includes('club')) : QUESTIONS;
});
