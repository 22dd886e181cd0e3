import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HabeasError } from '../../src/errors.js';
import {
  allPolicies,
  findPolicy,
  type Publication,
  policyInForce,
  publishPolicy,
  purposesInForce,
  versionInForceOn,
} from '../../src/policies/policies.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { MAIL, SERVICE, use } from '../consents/policies.js';
import { openStore, type Store } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

const FIRST: Publication = {
  version: 1,
  effectiveFrom: '2018-05-25',
  title: 'Privacy policy',
  text: '## Who we are\n\nLantern – “Education”.\n',
  purposes: [use(MAIL), use(SERVICE, { lawfulBasis: 'CONTRACT', recipients: ['Trainers'], retention: 'P6Y' })],
};
const publish = (publication: Publication) =>
  store.db.transaction((tx) => publishPolicy(tx, new Date(), taxonomy, publication, 'staff (dps)'));
const refusal = async (attempt: Promise<unknown>) => {
  const error: unknown = await attempt.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HabeasError)) throw new Error(`not refused: ${error}`);
  return `${error.code} ${error.message}`;
};

async function londonDay(inDays: number): Promise<string> {
  const [row] = await store.sql<{ day: string }[]>`
    select ((now() at time zone 'Europe/London')::date + ${inDays}::int)::text as day`;
  return row?.day ?? '';
}

describe('versions of the policy (P36)', () => {
  it('come into force by date, and there is none before the first', async () => {
    expect(await policyInForce(store.db)).toBeNull();
    expect(await purposesInForce(store.db)).toEqual([]);
    const published = await publish(FIRST);
    expect(published.textSha256).toBe(createHash('sha256').update(FIRST.text).digest('hex'));
    await publish({ ...FIRST, version: 2, effectiveFrom: await londonDay(0) });
    await publish({ ...FIRST, version: 5, effectiveFrom: await londonDay(1), title: 'Tomorrow’s policy' });
    expect((await policyInForce(store.db))?.version).toBe(2);
    expect(await versionInForceOn(store.db, '2018-05-24')).toBe(0);
    expect(await versionInForceOn(store.db, '2018-05-25')).toBe(1);
    expect(await versionInForceOn(store.db, '2999-01-01')).toBe(2);
    expect((await allPolicies(store.db)).map(({ version }) => version)).toEqual([1, 2, 5]);
    expect((await findPolicy(store.db, 5))?.title).toBe('Tomorrow’s policy');
  });

  it('published again unchanged are the same, changed they are refused', async () => {
    expect(await publish({ ...FIRST, purposes: [...FIRST.purposes].reverse() })).toEqual(await findPolicy(store.db, 1));
    const changed = [
      { text: `${FIRST.text} ` },
      { title: 'Policy' },
      { effectiveFrom: '2018-05-26' },
      { purposes: [use(MAIL, { material: true }), ...FIRST.purposes.slice(1)] },
    ];
    for (const change of changed) {
      expect(await refusal(publish({ ...FIRST, ...change }))).toContain('CONFLICT version: version 1 is published');
    }
  });

  it.each(['policies', 'policy_purposes'])('cannot be changed in the database either: %s', async (table) => {
    for (const statement of [`update ${table} set title = 'x'`, `delete from ${table}`, `truncate ${table} cascade`]) {
      await expect(store.sql.unsafe(statement)).rejects.toMatchObject({ code: '23001' });
    }
  });

  it('of one number published by two at once are one', async () => {
    const twice = { ...FIRST, version: 9, effectiveFrom: await londonDay(9) };
    const [one, other] = await Promise.allSettled([publish(twice), publish({ ...twice, title: 'Another' })]);
    expect([one?.status, other?.status].sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('a version is refused', () => {
  const purposes = (...changes: Parameters<typeof use>[1][]) => changes.map((change) => use(MAIL, change));

  it.each<[string, Partial<Publication>, string]>([
    ['below the newest', { version: 3, effectiveFrom: '2999-01-01' }, 'CONFLICT version: must be higher than'],
    ['before the newest', { effectiveFrom: '2020-01-01' }, 'BAD_USER_INPUT effectiveFrom: must be later than'],
    ['without a number', { version: 0 }, 'version: must be from 1'],
    ['without a text', { text: ' \n' }, 'text: is empty.'],
    ['with a text beyond all measure', { text: 'x'.repeat(200_001) }, 'text: is longer than 200000 characters.'],
    ['with control characters', { text: 'a\u0007' }, 'text: holds control characters'],
    ['without uses', { purposes: [] }, 'purposes: is empty'],
    ['with a use named twice', { purposes: purposes({}, {}) }, 'purposes[1].key: is named twice.'],
    [
      'with an unknown use',
      { purposes: [use('marketing.comunications.email')] },
      'purposes[0].key: is no Fideslang data use: did you mean marketing.communications.email?',
    ],
    [
      'with an unknown category',
      { purposes: purposes({ categories: ['user.emale'] }) },
      'purposes[0].categories[0]: is no Fideslang data category',
    ],
    ['without categories', { purposes: purposes({ categories: [] }) }, 'purposes[0].categories: is empty'],
    [
      'with marketing that is said to be none',
      { purposes: purposes({ marketing: false }) },
      'purposes[0].marketing: must be true',
    ],
    [
      'with a use nobody can read of',
      { purposes: purposes({ description: '' }) },
      'purposes[0].description: is empty.',
    ],
  ])('%s', async (_what, change, expected) => {
    expect(await refusal(publish({ ...FIRST, version: 20, effectiveFrom: '2998-01-01', ...change }))).toContain(
      expected,
    );
  });
});
