import fc from 'fast-check';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takeForDecision } from '../../src/accounts/account-status.js';
import { publish } from '../../src/events/events.js';
import { readFeed } from '../../src/events/feed.js';
import { openStore, type Store } from '../support/store.js';
import { type Telling, tellingTo, toldService } from './telling.js';

const RUNS = Number(process.env.HABEAS_ROUNDS ?? 15);
const PEOPLE = 3;
let store: Store;
let telling: Telling;
let people: string[];
beforeAll(async () => {
  store = await openStore();
  telling = await tellingTo(store, [toldService('library', { client: 'library' })]);
  people = await Promise.all(Array.from({ length: PEOPLE }, async () => (await telling.person()).accountId));
});
afterAll(() => store.close());

const reading = (after: string | null, first = 3) => readFeed(store.sql, 'library', after, first);

/** A writer at its own pace: it has published, and commits or rolls back when it is let. */
interface Writer {
  readonly accountId: string;
  readonly mark: string;
  readonly outcome: 'commit' | 'roll back';
  finish(): Promise<void>;
}

async function startWriter(accountId: string, mark: string, outcome: Writer['outcome']): Promise<Writer> {
  let letGo = () => {};
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  let written = () => {};
  const ready = new Promise<void>((resolve) => {
    written = resolve;
  });
  const done = store.db
    .transaction(async (tx) => {
      await takeForDecision(tx, accountId);
      await publish(tx, { type: 'preferences.changed', accountId, recordedAt: new Date(), sourceId: mark });
      written();
      await held;
      if (outcome === 'roll back') tx.rollback();
    })
    .catch(() => {});
  await ready;
  return {
    accountId,
    mark,
    outcome,
    finish: async () => {
      letGo();
      await done;
    },
  };
}

describe('the feed', () => {
  it(`passes over no event, in whatever order transactions commit (${RUNS} runs)`, async () => {
    const step = fc.record({
      act: fc.constantFrom('write' as const, 'finish' as const, 'read' as const),
      person: fc.nat(PEOPLE - 1),
      which: fc.nat(),
      outcome: fc.constantFrom('commit' as const, 'commit' as const, 'roll back' as const),
    });
    let run = 0;
    let cursor: string | null = null;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 25 }), async (steps) => {
        run += 1;
        const open: Writer[] = [];
        const committed: string[] = [];
        const seen: string[] = [];
        const read = async () => {
          const page = await reading(cursor);
          const ids = page.rows.map(({ id }) => id);
          const marks = await store.sql<{ id: string; mark: string }[]>`
            select id, source_id as mark from event_deliveries join events using (account_id, position)
            where id = any(${ids}::uuid[])`;
          for (const id of ids) seen.push(marks.find((each) => each.id === id)?.mark ?? id);
          cursor = page.rows.at(-1)?.sequence ?? cursor;
          return page.rows.length;
        };
        const finish = async (writer: Writer) => {
          open.splice(open.indexOf(writer), 1);
          await writer.finish();
          if (writer.outcome === 'commit') committed.push(writer.mark);
        };
        for (const [number, { act, person, which, outcome }] of steps.entries()) {
          const accountId = people[person] ?? '';
          const busy = open.some((writer) => writer.accountId === accountId);
          if (act === 'write' && !busy) open.push(await startWriter(accountId, `${run}.${number}.${person}`, outcome));
          const writer = open[which % Math.max(1, open.length)];
          if (act === 'finish' && writer) await finish(writer);
          if (act === 'read') await read();
        }
        while (open[0]) await finish(open[0]);
        while ((await read()) > 0);
        const mine = seen.filter((mark) => mark.startsWith(`${run}.`));
        expect([...mine].sort()).toEqual([...committed].sort());
        for (let person = 0; person < PEOPLE; person++) {
          const of = (marks: string[]) => marks.filter((mark) => mark.endsWith(`.${person}`));
          expect(of(mine)).toEqual(of(committed));
        }
      }),
      { numRuns: RUNS },
    );
  });

  it('is the same for all who read it at once, and without gaps', async () => {
    const before = (await reading(null, 200)).totalCount;
    for (let time = 0; time < 10; time++) for (const id of people) await telling.publish(id);
    const other = postgres(store.url, { max: 4, onnotice: () => {} });
    const pages = await Promise.all(Array.from({ length: 4 }, () => readFeed(other, 'library', String(before), 200)));
    await other.end();
    const [first] = pages;
    expect(first?.rows.length).toBe(30);
    expect(first?.rows.map(({ sequence }) => Number(sequence))).toEqual(
      Array.from({ length: 30 }, (_, index) => before + index + 1),
    );
    for (const page of pages) expect(page.rows).toEqual(first?.rows);
  });

  it('takes what lies before the cursor to be told', async () => {
    const page = await reading(null, 5);
    const told = async () => (await telling.statuses()).TOLD ?? 0;
    await reading(page.rows.at(-1)?.sequence ?? null);
    expect(await told()).toBeGreaterThanOrEqual(5);
    const all = await reading(null, 200);
    await reading(String(all.totalCount));
    expect(await telling.statuses()).toEqual({ TOLD: all.totalCount });
  });
});
