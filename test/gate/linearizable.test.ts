import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Client } from '../../examples/client.js';
import { type Gateways, openGateways } from '../support/gated/gateways.js';
import { findingsOf, type Look, type Said } from '../support/gated/history.js';
import { MEMBERS, type Member } from '../support/gated/people.js';
import { post } from '../support/post.js';

const WITHDRAWALS = Number(process.env.HABEAS_ROUNDS ?? 150);
const IS_FULL = WITHDRAWALS >= 5_000;
/** How soon what was on its way has come; on a machine that does other things too it lies about before it is read. */
const LATE_MS = IS_FULL ? 50 : 1_000;
const LANES = 4;
const LOOKS_PER_LANE = 2;
const USE = 'analytics.reporting';

/** Of services of every kind, what needs consent for this use. */
const READ = `query Read($ids: [ID!]!) { accounts(ids: $ids) {
  id notes { notes { nodes { body } } } club { nickname joined matches { heatmap } } poll { answers { nodes { question } } }
} }`;
const give = (use: string) =>
  `mutation { giveConsent(input: { purpose: "${use}", policyVersion: 2 }) { consent { status } } }`;
const withdraw = (use: string) => `mutation { withdrawConsent(input: { purpose: "${use}" }) { consent { status } } }`;

let open: Gateways;
let readers: readonly [Client, Client];
beforeAll(async () => {
  open = await openGateways();
  readers = await open.client('reporting', 'AFFILIATED', [USE]);
});
afterAll(() => open.close());

const withData = MEMBERS.filter(({ notes, club }) => notes.length > 0 && club !== null);
const memberAt = (index: number) => withData[index % withData.length] as Member;
const either = <Item>(pair: readonly [Item, Item]): Item => pair[Math.random() < 0.5 ? 0 : 1];

async function change(client: Client, mutation: string): Promise<void> {
  const { errors } = await post(client, mutation);
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
}

interface Answered {
  readonly id: string;
  readonly notes: unknown;
  readonly club: unknown;
  readonly poll: unknown;
}

async function look(client: Client, ids: readonly string[]): Promise<Look[]> {
  const start = performance.now();
  const { data, errors } = await post(client, READ, { ids });
  const end = performance.now();
  if (errors.length > 0) throw new Error(JSON.stringify(errors));
  return (data as unknown as { accounts: Answered[] }).accounts.map(({ id, notes, club, poll }) => ({
    person: id,
    start,
    end,
    told: notes !== null || club !== null || poll !== null,
  }));
}

describe('a withdrawal (R-30, R-31)', () => {
  it(`is heeded by every read that begins after it, at either gateway, ${WITHDRAWALS} times`, async () => {
    const said: Said[] = [];
    const looks: Look[] = [];
    let left = WITHDRAWALS;
    const say = async (client: Client, person: string, action: Said['action']) => {
      const start = performance.now();
      await change(client, action === 'GIVEN' ? give(USE) : withdraw(USE));
      said.push({ person, action, start, end: performance.now() });
    };
    const lane = async (number: number) => {
      for (let turn = 0; left > 0; turn += 1) {
        left -= 1;
        const { id } = memberAt(number + turn * LANES);
        const callers = await open.person(id);
        let goesOn = true;
        const mine: Look[] = [];
        const watching = Array.from({ length: LOOKS_PER_LANE }, async () => {
          while (goesOn) {
            const others = Math.random() < 0.3 ? [memberAt(number + 1).id, memberAt(number + 2).id] : [];
            const seen = await look(either(readers), [...new Set([id, ...others])]);
            looks.push(...seen);
            await delay(Math.random() * 10);
            mine.push(...seen.filter(({ person }) => person === id));
          }
        });
        await say(either(callers), id, 'GIVEN');
        await until(() => mine.some(({ told }) => told));
        await delay(Math.random() * 8);
        await say(either(callers), id, 'WITHDRAWN');
        const acknowledged = performance.now();
        await until(() => mine.filter(({ start }) => start > acknowledged).length >= LOOKS_PER_LANE);
        goesOn = false;
        await Promise.all(watching);
      }
    };
    await Promise.all(Array.from({ length: LANES }, (_, number) => lane(number)));
    const { afterWithdrawal, late, missing } = findingsOf(said, looks, LATE_MS);
    const taken = said.flatMap(({ action, start, end }) => (action === 'WITHDRAWN' ? [end - start] : []));
    const [p50, p99] = [quantile(taken, 0.5), quantile(taken, 0.99)];
    const told = looks.filter((each) => each.told).length;
    if (process.env.HABEAS_ROUNDS) {
      const figures = { withdrawals: taken.length, reads: looks.length, withData: told, p50, p99 };
      console.log(JSON.stringify({ ...figures, afterWithdrawal: afterWithdrawal.length, late: late.length }));
    }
    expect(taken).toHaveLength(WITHDRAWALS);
    expect(told).toBeGreaterThanOrEqual(WITHDRAWALS);
    expect(afterWithdrawal).toEqual([]);
    expect(late).toEqual([]);
    expect(missing).toEqual([]);
    if (IS_FULL) expect(p99).toBeLessThan(50);
  }, 1_800_000);

  it('is heeded by an answer that is on its way already, at the same gateway and the other', async () => {
    const { id } = memberAt(0);
    const callers = await open.person(id);
    for (const [reading, saying] of [
      [0, 0],
      [0, 1],
      [1, 0],
    ] as const) {
      await change(callers[0], give(USE));
      open.company.club.asked();
      const release = open.company.club.hold();
      const answer = post(readers[reading], READ, { ids: [id] });
      await until(() => open.company.club.asked().length > 0);
      await change(callers[saying], withdraw(USE));
      release();
      const { data, text } = await answer;
      expect(data).toEqual({ accounts: [{ id, notes: null, club: null, poll: null }] });
      const { withheld } = (JSON.parse(text) as { extensions: { withheld: { field: string; reason: string }[] } })
        .extensions;
      expect(withheld.map(({ field }) => field)).toEqual([
        'Club.joined',
        'Club.nickname',
        'Match.heatmap',
        'NotesNotes.body',
        'PollAnswers.question',
      ]);
      expect(new Set(withheld.map(({ reason }) => reason))).toEqual(new Set(['CONSENT_WITHDRAWN']));
    }
  });
});

describe('consent given and taken back at the same time (R-32)', () => {
  it('ends as what was committed last, and all of it is in the ledger', async () => {
    const rounds = Math.ceil(WITHDRAWALS / 30);
    for (let round = 0; round < rounds; round += 1) {
      const { id } = memberAt(7 + round);
      const callers = await open.person(id);
      const [before] = await eventsOf(id);
      const acts = Array.from({ length: 8 }, (_, index) => (index % 2 === 0 ? give(USE) : withdraw(USE)));
      await Promise.all(acts.map((act, index) => change(callers[index % 4 < 2 ? 0 : 1], act)));
      const events = (await eventsOf(id)).filter(({ id: event }) => event > (before?.id ?? 0));
      const [last] = events;
      expect(events.filter(({ action }) => action === 'GIVEN')).toHaveLength(4);
      // What is withdrawn already is not withdrawn again.
      const inOrder = events.toReversed().map(({ action }) => action);
      expect(inOrder.filter((action, index) => action === 'WITHDRAWN' && inOrder[index - 1] === action)).toEqual([]);
      const [state] = await open.sql<{ status: string; event: number }[]>`
        select status, event_id::int as event from consent_states where account_id = ${id} and purpose = ${USE}`;
      expect(state).toEqual({ status: last?.action, event: last?.id });
      for (const reader of readers) {
        const [seen] = await look(reader, [id]);
        expect(seen?.told).toBe(last?.action === 'GIVEN');
      }
    }
  });

  /** The newest first. */
  const eventsOf = (id: string) => open.sql<{ id: number; action: string }[]>`
    select id::int as id, action from consent_events where account_id = ${id} and purpose = ${USE} order by id desc`;
});

async function until(is: () => boolean): Promise<void> {
  while (!is()) await delay(1);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return Math.round((sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0) * 10) / 10;
}
