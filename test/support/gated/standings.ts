import type { Sql } from 'postgres';
import { MEMBERS } from './people.js';

/** Uses of the gated company's policy: categories named by version 1 and 2, and whether version 2 changed them. */
const POLICY: readonly (readonly [use: string, first: readonly string[], second: readonly string[], boolean])[] = [
  ['essential', ['user.account'], ['user.account'], false],
  ['essential.service', ['user.content', 'user.behavior'], ['user.content', 'user.contact', 'user.unique_id'], false],
  ['functional.service.improve', ['user.content'], ['user.content', 'user.behavior'], true],
  ['analytics', ['user'], ['user.behavior'], false],
  ['analytics.reporting', ['user.behavior'], ['user.behavior', 'user.content', 'user.account'], true],
  ['analytics.reporting.system', ['user.behavior', 'user.social'], ['user.social', 'user.name'], false],
  ['marketing', ['user'], ['user'], false],
  ['marketing.communications', ['user.contact'], ['user.contact'], true],
  ['marketing.communications.email', ['user.contact.email'], ['user.contact.email'], false],
  ['marketing.advertising.first_party', ['user'], ['user'], false],
  ['third_party_sharing', ['user.content'], ['user.content', 'user.social', 'user.location.precise'], true],
];

export const USES = POLICY.map(([use]) => use);

/** Two versions in force and one to come, which would change everything. */
export async function publishPolicies(sql: Sql): Promise<void> {
  for (const [version, day] of ['2019-01-01', '2022-05-04', '2999-01-01'].entries()) {
    await sql`insert into policies values (${version + 1}, ${day}, 'Privacy', 'Text', 'hash', now(), 'staff (dps)')`;
  }
  for (const [use, first, second, changed] of POLICY) {
    for (const [version, categories, material] of [
      [1, first, true],
      [2, second, changed],
      [3, ['user'], true],
    ] as const) {
      await sql`insert into policy_purposes values
        (${version}, ${use}, 't', 'd', 'CONSENT', ${[...categories]}, null, '{}', ${use.startsWith('marketing')}, ${material})`;
    }
  }
}

const OBJECTIONS = ['functional', 'functional.storage', 'marketing', 'marketing.advertising', 'analytics', 'essential'];
const DAYS = ['2024-02-01T00:00:00.000Z', '2024-05-06T07:08:09.123Z', '2025-01-01T00:00:00.000Z'];

/** Says something new of everybody, drawn by `number` from 0 to 1: status, consents and objections. */
export async function shuffleStandings(sql: Sql, number: () => number): Promise<void> {
  const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(number() * items.length)] as Item;
  const statuses: string[] = [];
  const consents: (string | number | null)[][] = [];
  const objections: string[][] = [];
  for (const { id } of MEMBERS) {
    const draw = number();
    statuses.push(draw < 0.78 ? 'ACTIVE' : draw < 0.88 ? 'RESTRICTED' : draw < 0.94 ? 'ERASING' : 'ERASED');
    const share = number();
    for (const use of USES) {
      if (number() > share) continue;
      const status = pick(['GIVEN', 'GIVEN', 'GIVEN', 'WITHDRAWN', 'EXPIRED']);
      const until = status === 'GIVEN' ? pick([null, null, '2999-01-01', DAYS[1] ?? null, DAYS[2] ?? null]) : null;
      consents.push([id, use, status, pick(DAYS), pick([1, 2, 2]), until]);
    }
    for (const use of OBJECTIONS) if (number() < 0.12) objections.push([id, use]);
  }
  await sql.begin(async (tx) => {
    await tx`delete from consent_states`;
    await tx`delete from objections`;
    await tx`
      update accounts set status = said.status::account_status, gate_epoch = gate_epoch + 1
      from unnest(${MEMBERS.map(({ id }) => id)}::uuid[], ${statuses}::text[]) as said (id, status)
      where accounts.id = said.id`;
    await tx`
      insert into consent_states (account_id, purpose, status, since, policy_version, valid_until, event_id)
      select (value->>0)::uuid, value->>1, (value->>2)::consent_action, (value->>3)::timestamptz, (value->>4)::int,
        (value->>5)::timestamptz, 1
      from jsonb_array_elements(${JSON.stringify(consents)}::text::jsonb)`;
    await tx`
      insert into objections (account_id, purpose, since, channel, recorded_at)
      select (value->>0)::uuid, value->>1, now(), 'API', now()
      from jsonb_array_elements(${JSON.stringify(objections)}::text::jsonb)`;
  });
}
