import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  countAccounts,
  findByExternalId,
  findByIdentifier,
  linkService,
  loginFingerprint,
  type Registration,
  readAccounts,
  register,
  subjectAt,
  updateProfile,
} from '../../src/accounts/accounts.js';
import { accounts } from '../../src/accounts/accounts.tables.js';
import { callerAccounts } from '../../src/accounts/caller-accounts.js';
import { type ErrorCode, HabeasError } from '../../src/errors.js';
import { openStore, type Store } from '../support/store.js';

const NOW = new Date('2026-03-01T09:00:00.000Z');
const LATER = new Date('2026-03-02T09:00:00.000Z');
let store: Store;
let count = 0;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

/** An identifier nobody has had before. */
function fresh(kind: string): string {
  count += 1;
  return `${kind}-${count}`;
}
const freshEmail = () => `${fresh('ada')}@lantern.example`;
const mail = (value: string, verified = true) => ({ type: 'EMAIL', value, verified }) as const;
const make = (registration: Registration) => store.db.transaction((tx) => register(tx, store.keys, NOW, registration));
const read = async (id: string) => (await readAccounts(store.db, store.keys, [id]))[0] ?? null;
const update = (id: string, changes: Parameters<typeof updateProfile>[4]) =>
  store.db.transaction((tx) => updateProfile(tx, store.keys, LATER, id, changes));
const link = (id: string, service: string, externalId: string) =>
  store.db.transaction((tx) => linkService(tx, store.keys, LATER, id, service, externalId));
const findMail = (value: string) => findByIdentifier(store.db, store.keys, 'EMAIL', value);
const findLogin = (issuer: string, subject: string) =>
  callerAccounts(store.sql).byLogin(loginFingerprint(store.keys, issuer, subject));
const findLink = (service: string, id: string) => findByExternalId(store.db, store.keys, service, id);

/** The code of the refusal; fails where there is none. */
async function refusal(attempt: Promise<unknown>): Promise<ErrorCode> {
  const error: unknown = await attempt.then(
    () => 'done',
    (reason: unknown) => reason,
  );
  if (error instanceof HabeasError) return error.code;
  throw new Error(`not refused: ${error}`);
}

/** How many of several attempts at once were done, and the codes of the others. */
async function outcomes(attempts: Promise<unknown>[]) {
  const settled = await Promise.allSettled(attempts);
  const codes = settled.flatMap((each) => (each.status === 'rejected' ? [(each.reason as HabeasError).code] : []));
  return { done: settled.length - codes.length, codes: [...new Set(codes)] };
}

async function erase(id: string): Promise<void> {
  await store.db.update(accounts).set({ status: 'ERASED' }).where(eq(accounts.id, id));
}

describe('registering a person', () => {
  describe('done', () => {
    it('answers the account that is read afterwards', async () => {
      const email = freshEmail();
      const made = await make({
        profile: { displayName: 'Ada', locale: 'en-GB' },
        identifiers: [mail(email), { type: 'PHONE', value: '01632 960123', verified: false }],
        links: [{ service: 'training', externalId: fresh('t') }],
      });
      expect(await read(made.id)).toEqual(made);
      expect(made).toMatchObject({
        status: 'ACTIVE',
        createdAt: NOW,
        record: {
          profile: { displayName: 'Ada', locale: 'en-GB', givenName: null, updatedAt: NOW.toISOString() },
          identifiers: [
            { type: 'EMAIL', value: email, verified: true },
            { type: 'PHONE', value: '+441632960123', verified: false },
          ],
        },
      });
    });

    it('keeps the id the company has chosen', async () => {
      const id = randomUUID();
      expect((await make({ id })).id).toBe(id);
      expect(await callerAccounts(store.sql).byId(id)).toBe(id);
    });

    it('counts', async () => {
      const before = await countAccounts(store.db);
      await make({});
      expect(await countAccounts(store.db)).toBe(before + 1);
    });

    it('stores nothing personal in clear', async () => {
      const email = `canary-${freshEmail()}`;
      const { id } = await make({
        profile: { displayName: 'canary-name' },
        identifiers: [mail(email)],
        links: [{ service: 'training', externalId: 'canary-external' }],
        login: { issuer: 'https://id.example', subject: 'canary-login' },
      });
      const found = await store.sql`
        select (select string_agg(a::text, '') from accounts a where a.id = ${id}) as account,
          (select encode(record, 'escape') from accounts where id = ${id}) as record,
          (select string_agg(i::text, '') from account_identifiers i where i.account_id = ${id}) as identifiers,
          (select string_agg(l::text, '') from service_links l where l.account_id = ${id}) as links,
          (select string_agg(l::text, '') from account_logins l where l.account_id = ${id}) as logins`;
      expect(Object.values(found[0] ?? {}).filter((text) => !text)).toEqual([]);
      expect(JSON.stringify(found)).not.toMatch(/canary/i);
      expect(JSON.stringify(found)).not.toContain(Buffer.from('canary').toString('hex'));
    });
  });

  describe('refused', () => {
    it('CONFLICT: another account has the verified identifier, in whatever spelling', async () => {
      const email = freshEmail();
      const { id } = await make({ identifiers: [mail(email)] });
      expect(await refusal(make({ identifiers: [mail(` ${email.toUpperCase()}`)] }))).toBe('CONFLICT');
      expect(await findMail(email)).toBe(id);
    });

    it('CONFLICT: a service knows another account under the external id', async () => {
      const externalId = fresh('x');
      await make({ links: [{ service: 'support', externalId }] });
      expect(await refusal(make({ links: [{ service: 'support', externalId }] }))).toBe('CONFLICT');
      await make({ links: [{ service: 'training', externalId }] });
    });

    it('CONFLICT: the id is taken', async () => {
      const { id } = await make({});
      expect(await refusal(make({ id }))).toBe('CONFLICT');
    });

    it('CONFLICT: the login has an account', async () => {
      const login = { issuer: 'https://id.example', subject: fresh('sub') };
      const { id } = await make({ login });
      expect(await refusal(make({ login }))).toBe('CONFLICT');
      expect(await findLogin(login.issuer, login.subject)).toBe(id);
      await make({ login: { ...login, issuer: 'https://other.example' } });
    });

    it('BAD_USER_INPUT: an identifier or service is named twice, or is none', async () => {
      const email = freshEmail();
      expect(await refusal(make({ identifiers: [mail(email), mail(email.toUpperCase(), false)] }))).toBe(
        'BAD_USER_INPUT',
      );
      const twice = ['a', 'b'].map((externalId) => ({ service: 'training', externalId }));
      expect(await refusal(make({ links: twice }))).toBe('BAD_USER_INPUT');
      expect(await refusal(make({ identifiers: [mail('nobody')] }))).toBe('BAD_USER_INPUT');
      expect(await refusal(make({ profile: { displayName: 'a'.repeat(501) } }))).toBe('BAD_USER_INPUT');
    });

    it('leaves nothing behind', async () => {
      const [email, other, externalId] = [freshEmail(), freshEmail(), fresh('x')];
      await make({ identifiers: [mail(email)] });
      const before = await countAccounts(store.db);
      const links = [{ service: 'support', externalId }];
      expect(await refusal(make({ identifiers: [mail(other), mail(email)], links }))).toBe('CONFLICT');
      expect(await countAccounts(store.db)).toBe(before);
      expect(await findMail(other)).toBeNull();
      expect(await findLink('support', externalId)).toBeNull();
      const [row] = await store.sql`select count(*)::int as keys from keys.subject_keys`;
      expect(row?.keys).toBe(before);
    });
  });

  describe('at once', () => {
    it('gives a verified identifier to exactly one of twenty', async () => {
      const email = freshEmail();
      const attempts = Array.from({ length: 20 }, () => make({ identifiers: [mail(email)] }));
      expect(await outcomes(attempts)).toEqual({ done: 1, codes: ['CONFLICT'] });
      expect(await findMail(email)).not.toBeNull();
    });

    it('gives an external id of a service to exactly one of twenty', async () => {
      const links = [{ service: 'support', externalId: fresh('x') }];
      expect(await outcomes(Array.from({ length: 20 }, () => make({ links })))).toEqual({
        done: 1,
        codes: ['CONFLICT'],
      });
    });

    it('gives a login to exactly one of twenty', async () => {
      const login = { issuer: 'https://id.example', subject: fresh('sub') };
      expect(await outcomes(Array.from({ length: 20 }, () => make({ login })))).toEqual({
        done: 1,
        codes: ['CONFLICT'],
      });
    });

    it('gives an id to exactly one of twenty', async () => {
      const id = randomUUID();
      expect(await outcomes(Array.from({ length: 20 }, () => make({ id })))).toEqual({ done: 1, codes: ['CONFLICT'] });
    });
  });
});

describe('reading accounts', () => {
  it('answers in the order asked, null for a stranger', async () => {
    const [one, two] = [await make({}), await make({})];
    const ids = [two.id, randomUUID(), one.id, two.id];
    const found = await readAccounts(store.db, store.keys, ids);
    expect(found.map((account) => account?.id ?? null)).toEqual([two.id, null, one.id, two.id]);
    expect(await readAccounts(store.db, store.keys, [])).toEqual([]);
  });

  it('answers null for one that is erased, and does not count it', async () => {
    const { id } = await make({});
    const before = await countAccounts(store.db);
    await erase(id);
    expect(await read(id)).toBeNull();
    expect(await callerAccounts(store.sql).byId(id)).toBeNull();
    expect(await countAccounts(store.db)).toBe(before - 1);
  });
});

describe('finding an account', () => {
  it('by its verified identifier, in any usual spelling', async () => {
    const email = freshEmail();
    const { id } = await make({ identifiers: [mail(email), { type: 'PHONE', value: '+4420794600', verified: true }] });
    expect(await findMail(` ${email.toUpperCase()} `)).toBe(id);
    expect(await findByIdentifier(store.db, store.keys, 'PHONE', '0044 20 794 600')).toBe(id);
  });

  it('not by an identifier nobody has proved', async () => {
    const email = freshEmail();
    await make({ identifiers: [mail(email, false)] });
    expect(await findMail(email)).toBeNull();
  });

  it('not by an identifier of another kind', async () => {
    const value = fresh('same');
    await make({ identifiers: [{ type: 'USERNAME', value, verified: true }] });
    expect(await findByIdentifier(store.db, store.keys, 'USERNAME', value)).not.toBeNull();
    expect(await findByIdentifier(store.db, store.keys, 'EXTERNAL_ID', value)).toBeNull();
  });

  it('by the external id of one service, however spaced, and not by that of another', async () => {
    const externalId = fresh('x');
    const { id } = await make({ links: [{ service: 'support', externalId: ` ${externalId} ` }] });
    expect(await findLink('support', externalId)).toBe(id);
    expect(await findLink('support', ` ${externalId}`)).toBe(id);
    expect(await findLink('training', externalId)).toBeNull();
  });

  it('by a login, which is the issuer’s word for it', async () => {
    const login = { issuer: 'https://id.example', subject: fresh('sub') };
    const { id } = await make({ login });
    expect(await findLogin(login.issuer, login.subject)).toBe(id);
    expect(await findLogin('https://other.example', login.subject)).toBeNull();
  });

  it('a claim nobody proved does not stand in the way of the owner', async () => {
    const email = freshEmail();
    await make({ identifiers: [mail(email, false)] });
    await make({ identifiers: [mail(email, false)] });
    const { id } = await make({ identifiers: [mail(email, true)] });
    expect(await findMail(email)).toBe(id);
  });
});

describe('changing a profile', () => {
  it('done: changes what is named, empties what is null and leaves the rest', async () => {
    const { id } = await make({ profile: { givenName: 'Ada', familyName: 'Byron', jobTitle: 'Analyst' } });
    const changed = await update(id, { familyName: 'Lovelace', jobTitle: null });
    expect(changed.record.profile).toMatchObject({ givenName: 'Ada', familyName: 'Lovelace', jobTitle: null });
    expect(changed.record.profile.updatedAt).toBe(LATER.toISOString());
    expect(await read(id)).toEqual(changed);
  });

  it('done: changes nothing where nothing is named', async () => {
    const made = await make({ profile: { givenName: 'Ada' } });
    expect((await update(made.id, {})).record).toEqual(made.record);
  });

  it('refused NOT_FOUND: an unknown or erased account', async () => {
    expect(await refusal(update(randomUUID(), { givenName: 'Ada' }))).toBe('NOT_FOUND');
    const { id } = await make({});
    await update(id, { givenName: 'Ada' });
    await erase(id);
    expect(await refusal(update(id, { givenName: 'Eve' }))).toBe('NOT_FOUND');
  });

  it('refused BAD_USER_INPUT: too long, or no e-mail address', async () => {
    const { id } = await make({ profile: { email: 'ada@lantern.example' } });
    expect(await refusal(update(id, { jobTitle: 'a'.repeat(501) }))).toBe('BAD_USER_INPUT');
    expect(await refusal(update(id, { email: 'nobody' }))).toBe('BAD_USER_INPUT');
    expect((await read(id))?.record.profile).toMatchObject({ email: 'ada@lantern.example', jobTitle: null });
  });

  it('again: leaves the same', async () => {
    const { id } = await make({});
    const once = await update(id, { givenName: 'Ada' });
    expect(await update(id, { givenName: 'Ada' })).toEqual(once);
  });

  it('at once: loses no change', async () => {
    const { id } = await make({});
    const fields = [
      'givenName',
      'familyName',
      'displayName',
      'organisation',
      'jobTitle',
      'postalAddress',
      'locale',
    ] as const;
    await Promise.all(fields.map((field) => update(id, { [field]: `new ${field}` })));
    const profile = (await read(id))?.record.profile;
    expect(fields.map((field) => profile?.[field])).toEqual(fields.map((field) => `new ${field}`));
  });

  it('does not make an address an identifier', async () => {
    const email = freshEmail();
    const { id } = await make({});
    await update(id, { email });
    expect(await findMail(email)).toBeNull();
  });
});

describe('linking a service', () => {
  it('done: is read and found', async () => {
    const { id } = await make({});
    const externalId = fresh('x');
    const linked = await link(id, 'training', externalId);
    expect(linked.record.links).toEqual([{ service: 'training', externalId, linkedAt: LATER.toISOString() }]);
    expect(await read(id)).toEqual(linked);
    expect(await findLink('training', externalId)).toBe(id);
  });

  it('refused CONFLICT: linked under another id, or the id is another account’s', async () => {
    const [{ id }, { id: other }] = [await make({}), await make({})];
    const externalId = fresh('x');
    await link(id, 'training', externalId);
    expect(await refusal(link(id, 'training', fresh('x')))).toBe('CONFLICT');
    expect(await refusal(link(other, 'training', externalId))).toBe('CONFLICT');
    expect((await read(other))?.record.links).toEqual([]);
    expect((await read(id))?.record.links).toMatchObject([{ externalId }]);
  });

  it('refused NOT_FOUND: an unknown or erased account', async () => {
    expect(await refusal(link(randomUUID(), 'training', fresh('x')))).toBe('NOT_FOUND');
    const { id } = await make({});
    await erase(id);
    expect(await refusal(link(id, 'training', fresh('x')))).toBe('NOT_FOUND');
  });

  it('again: changes nothing', async () => {
    const { id } = await make({});
    const externalId = fresh('x');
    const once = await link(id, 'training', externalId);
    expect(await link(id, 'training', ` ${externalId}`)).toEqual(once);
  });

  it('at once: the same is one link, different ones are one winner', async () => {
    const { id } = await make({});
    const externalId = fresh('x');
    expect(await outcomes(Array.from({ length: 10 }, () => link(id, 'training', externalId)))).toMatchObject({
      done: 10,
    });
    expect((await read(id))?.record.links).toHaveLength(1);
    expect(await outcomes(Array.from({ length: 10 }, () => link(id, 'support', fresh('x'))))).toEqual({
      done: 1,
      codes: ['CONFLICT'],
    });
    expect((await read(id))?.record.links).toHaveLength(2);
  });

  it('at once: of two services, with a profile change beside, loses none', async () => {
    const { id } = await make({});
    await Promise.all([
      link(id, 'training', fresh('x')),
      update(id, { givenName: 'Ada' }),
      link(id, 'support', fresh('x')),
    ]);
    const record = (await read(id))?.record;
    expect(record?.profile.givenName).toBe('Ada');
    expect(record?.links.map(({ service }) => service).sort()).toEqual(['support', 'training']);
  });
});

describe('how a person is known at a service', () => {
  it('is by proved identifiers and the id of that service alone', async () => {
    const [proved, claimed] = [freshEmail(), freshEmail()];
    const account = await make({
      identifiers: [
        mail(proved),
        mail(claimed, false),
        { type: 'PHONE', value: '+441632960999', verified: true },
        { type: 'PHONE', value: '+441632960998', verified: false },
        { type: 'USERNAME', value: fresh('ada'), verified: true },
      ],
      links: [
        { service: 'training', externalId: 'at training' },
        { service: 'support', externalId: 'at support' },
      ],
    });
    const known = { accountId: account.id, emails: [proved], phones: ['+441632960999'] };
    expect(subjectAt(account, 'training')).toEqual({ ...known, externalId: 'at training' });
    expect(subjectAt(account, 'newsletter')).toEqual(known);
  });
});
