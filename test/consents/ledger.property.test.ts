import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { register } from '../../src/accounts/accounts.js';
import { expire, give, withdraw, withdrawAll } from '../../src/consents/consents.js';
import { consentHistory, currentConsents } from '../../src/consents/current.js';
import { rebuildStates } from '../../src/consents/rebuild.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { openStore, type Store } from '../support/store.js';
import { meaningOf } from './ledger-model.js';
import { MAIL, publishThree, REPORTS } from './policies.js';

/** Every round is some thirty transactions; 1,000 take minutes. */
const ROUNDS = Number(process.env.HABEAS_ROUNDS ?? 15);
const RULES = { age: 13, months: 1, taxonomy };
const PURPOSES = [MAIL, 'marketing', REPORTS, 'analytics'] as const;
const START = Date.UTC(2025, 0, 1);
const DAY = 86_400_000;
let store: Store;

beforeAll(async () => {
  store = await openStore();
  await publishThree(store.db);
});
afterAll(() => store.close());

const purpose = fc.constantFrom(...PURPOSES);
/** Days back at which the person acted, where the act is entered late. */
const late = fc.option(fc.integer({ min: 1, max: 60 }), { nil: undefined });
const acts = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('give' as const), purpose, late, version: fc.constantFrom(1, 2) }),
    fc.record({ kind: fc.constant('withdraw' as const), purpose, late }),
    fc.record({ kind: fc.constant('withdrawAll' as const), late }),
    fc.record({ kind: fc.constant('expire' as const) }),
  ),
  { minLength: 1, maxLength: 12 },
);

describe('consents as they are stored', () => {
  it('are at every moment what the ledger comes to', async () => {
    await fc.assert(
      fc.asyncProperty(acts, async (given) => {
        const { id } = await store.db.transaction((tx) => register(tx, store.keys, new Date(START), {}));
        for (const [index, act] of given.entries()) {
          const now = new Date(START + (index + 1) * 9 * DAY);
          const back = 'late' in act && act.late !== undefined ? act.late : null;
          const who = {
            ...({ accountId: id, channel: 'LETTER', actor: 'staff (dps)', by: 'STAFF' } as const),
            occurredAt: back === null ? undefined : new Date(now.getTime() - back * DAY),
          };
          await store.db.transaction((tx) => {
            if (act.kind === 'expire') return expire(tx, now, id);
            if (act.kind === 'withdrawAll') return withdrawAll(tx, now, who);
            if (act.kind === 'withdraw') return withdraw(tx, now, taxonomy, { ...who, purpose: act.purpose });
            const consent = { purpose: act.purpose, policyVersion: act.version, wording: 'Yes.' };
            return give(tx, store.keys, now, RULES, { ...who, ...consent });
          });
          await expectFold(id);
        }
        await expectNothingOutlivesWithdrawal(id);
      }),
      { numRuns: ROUNDS },
    );
    expect((await rebuildStates(store.sql, { check: true })).differences).toEqual([]);
  }, 1_200_000);
});

async function expectFold(accountId: string): Promise<void> {
  const { rows } = await consentHistory(store.sql, accountId, 200, null);
  const stored = await store.sql`
    select purpose, status, since, policy_version as "policyVersion", valid_until as "validUntil"
    from consent_states where account_id = ${accountId}`;
  const expected = PURPOSES.flatMap((key) => {
    const meaning = meaningOf(rows.filter((row) => row.purpose === key));
    return meaning ? [{ purpose: key, ...meaning }] : [];
  });
  const byPurpose = (a: { purpose?: string }, b: { purpose?: string }) =>
    (a.purpose ?? '') < (b.purpose ?? '') ? -1 : 1;
  expect([...stored].sort(byPurpose)).toEqual([...expected].sort(byPurpose));
}

/** As the person is told: no use is permitted that they took back, itself or a wider one, after they agreed to it. */
async function expectNothingOutlivesWithdrawal(accountId: string): Promise<void> {
  const { rows } = await consentHistory(store.sql, accountId, 200, null);
  const told = (await currentConsents(store.sql, [accountId])).get(accountId) ?? [];
  for (const consent of told.filter(({ status }) => status === 'GIVEN' || status === 'NEEDS_RENEWAL')) {
    const wider = rows.filter(
      ({ action, purpose }) => action === 'WITHDRAWN' && `${consent.purpose}.`.startsWith(`${purpose}.`),
    );
    expect(wider.filter(({ occurredAt }) => occurredAt >= consent.since)).toEqual([]);
  }
}
