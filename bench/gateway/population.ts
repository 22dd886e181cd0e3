import { register } from '../../src/accounts/accounts.js';
import { ensureClient } from '../../src/clients/clients.js';
import type { Keys } from '../../src/crypto/keys.js';
import { type Database, openDatabase } from '../../src/database/database.js';
import { publishPolicy } from '../../src/policies/policies.js';
import { taxonomy } from '../../src/services/taxonomy.js';
import { accountId } from './people.js';
import { PURPOSE, SERVICES, storeName } from './services.js';

/** The service client that asks. */
export const CLIENT = 'bench-reader';

const POLICY = 1;
const IN_FORCE_SINCE = '2020-01-01';

/**
 * Fills a new Habeas: a client, a privacy policy in force, and people, each known to every store by the account's own
 * id, who have consented to the one purpose under that policy. One more person has not.
 */
export async function populate(databaseUrl: string, directory: string, keys: Keys, people: number): Promise<void> {
  const database = await openDatabase({ databaseUrl, dataDirectory: directory });
  try {
    const { db, sql } = database;
    await ensureClient(db, { name: CLIENT, affiliation: 'AFFILIATED', purposes: [PURPOSE], country: 'GB' });
    await registerPeople(database, keys, people + 1);
    await publish(database);
    await giveConsent(database, accountId(people));
    await sql`vacuum analyze`;
  } finally {
    await database.close();
  }
}

const AT_ONCE = 4;
const TOGETHER = 50;

async function registerPeople({ db }: Database, keys: Keys, count: number): Promise<void> {
  const now = new Date();
  const groups = Array.from({ length: Math.ceil(count / TOGETHER) }, (_, group) => group * TOGETHER);
  const worker = async () => {
    for (let first = groups.shift(); first !== undefined; first = groups.shift()) {
      const registrations = Array.from({ length: Math.min(TOGETHER, count - first) }, (_, n) =>
        person((first ?? 0) + n),
      );
      await db.transaction(async (tx) => {
        for (const each of registrations) await register(tx, keys, now, each);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function person(n: number) {
  const id = accountId(n);
  const email = `person${n}@example.com`;
  return {
    id,
    profile: { givenName: 'Person', familyName: `Number ${n}`, email },
    identifiers: [{ type: 'EMAIL' as const, value: email, verified: true }],
    links: SERVICES.map((service) => ({ service: storeName(service), externalId: id })),
  };
}

function publish({ db }: Database) {
  const purpose = {
    purpose: PURPOSE,
    title: 'Personal content',
    description: 'We choose content by what you bought, wrote, learnt and use.',
    lawfulBasis: 'CONSENT' as const,
    categories: ['user'],
    retention: null,
    recipients: [],
    marketing: false,
    material: false,
  };
  const policy = { version: POLICY, effectiveFrom: IN_FORCE_SINCE, title: 'Privacy policy', text: 'What we do.' };
  return db.transaction((tx) => publishPolicy(tx, new Date(), taxonomy, { ...policy, purposes: [purpose] }, 'dps'));
}

/** Of all but one at once: one by one it would take longer than what is measured. */
async function giveConsent({ sql }: Database, allBut: string): Promise<void> {
  await sql`
    with given as (
      insert into consent_events (account_id, purpose, action, occurred_at, recorded_at, policy_version, channel, actor)
      select id, ${PURPOSE}, 'GIVEN', now(), now(), ${POLICY}, 'WEB', 'subject'
      from accounts where id <> ${allBut}
      returning id, account_id, occurred_at
    )
    insert into consent_states (account_id, purpose, status, since, policy_version, event_id)
    select account_id, ${PURPOSE}, 'GIVEN', occurred_at, ${POLICY}, id from given`;
}
