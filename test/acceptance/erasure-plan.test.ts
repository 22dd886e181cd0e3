import postgres from 'postgres';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { EXAMPLE_IDS, people } from '../../examples/people.js';
import { type Demo, demo } from '../support/demo.js';
import { post } from '../support/post.js';
import { heldBy } from './stores.js';

interface Item {
  readonly service: string;
  readonly collection: string;
  readonly action: string;
  readonly records: number;
  readonly reason: string | null;
  readonly legalGround: string | null;
  readonly keepUntil: string | null;
}
interface Plan {
  readonly accountId: string;
  readonly items: readonly Item[];
  readonly blockedBy: readonly string[];
  readonly digest: string;
}

let habeas: Demo;
let dps: Client;
beforeAll(async () => {
  habeas = await demo();
  dps = await habeas.staff('dps');
});

const FIELDS = 'accountId digest blockedBy items { service collection action records reason legalGround keepUntil }';

async function planned(accountId: string, language?: string): Promise<Plan> {
  const said = language === undefined ? '' : `, language: "${language}"`;
  const { data, errors } = await post(dps, `{ erasurePlan(accountId: "${accountId}"${said}) { ${FIELDS} } }`);
  expect(errors).toEqual([]);
  return (data as { erasurePlan: Plan }).erasurePlan;
}

const person = people().find(({ accountId }) => accountId === EXAMPLE_IDS.demo);
if (!person) throw new Error('the person of the demo is not among the people');

describe('the plan of an erasure (Article 17)', () => {
  test('counts what the stores of two services hold, record for record', async () => {
    const { items } = await planned(person.accountId);
    for (const [service, shared] of [
      ['ehcp_audit', 'organisations'],
      ['newsletter', 'campaigns'],
    ] as const) {
      const held = await heldBy(habeas.storeUrl(service), service, person);
      const counted = new Map<string, number>();
      for (const each of items.filter((item) => item.service === service && item.action !== 'MASK')) {
        counted.set(each.collection, (counted.get(each.collection) ?? 0) + each.records);
      }
      // What others share, such as the school, is nobody's alone and is not theirs to erase.
      const own = Object.entries(held).filter(([collection, rows]) => collection !== shared && rows.length > 0);
      expect(own.length).toBeGreaterThan(1);
      for (const [collection, rows] of own)
        expect([collection, counted.get(collection)]).toEqual([collection, rows.length]);
    }
  });

  test('says why what stays is kept, by which law and until when; what simply goes needs no reason', async () => {
    const { items } = await planned(person.accountId);
    const kept = items.filter(({ action }) => action === 'KEEP');
    expect(kept.length).toBeGreaterThan(0);
    for (const { reason } of kept) expect(reason).toBeTruthy();
    for (const { reason } of items.filter(({ action }) => action === 'DELETE')) expect(reason).toBeNull();
    expect(items).toContainEqual(
      expect.objectContaining({ service: 'habeas', collection: 'profile', action: 'DELETE', records: 1 }),
    );
    expect(kept.find(({ service }) => service === 'habeas')).toMatchObject({
      legalGround: expect.stringContaining('17(3)'),
      keepUntil: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
  });

  test('changes nothing anywhere, and has the same digest when it is made again', async () => {
    const before = await heldBy(habeas.storeUrl('newsletter'), 'newsletter', person);
    const [first, again] = [await planned(person.accountId), await planned(person.accountId, 'cy')];
    expect(first.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(again.digest).toBe(first.digest);
    expect(await heldBy(habeas.storeUrl('newsletter'), 'newsletter', person)).toEqual(before);
  });

  test('is told what a service refuses with, in the reader’s language; another refusal is another digest', async () => {
    const sql = postgres(habeas.storeUrl('support'), { max: 1, onnotice: () => {} });
    const other = people().findLast(({ externalIds }) => Object.keys(externalIds).join() === 'support');
    if (!other?.externalIds.support) throw new Error('nobody is known to the desk alone');
    const mine = sql`customer_id in (select id from customers where external_id = ${other.externalIds.support})`;
    const asTheyWere = await sql`select id, status from tickets where ${mine}`;
    try {
      await sql`update tickets set status = 'closed' where ${mine}`;
      const free = await planned(other.accountId);
      expect(free.blockedBy).toEqual([]);
      await sql`update tickets set status = 'open' where id = (select min(id) from tickets where ${mine})`;
      const english = await planned(other.accountId);
      expect(english.blockedBy).toEqual([
        'support refuses (OPEN_TICKET): A ticket is still open. Close it, then ask again.',
      ]);
      expect((await planned(other.accountId, 'cy-GB')).blockedBy[0]).toContain('Mae tocyn yn dal ar agor.');
      expect((await planned(other.accountId, 'de')).blockedBy).toEqual(english.blockedBy);
      expect(english.digest).not.toBe(free.digest);
    } finally {
      for (const { id, status } of asTheyWere) await sql`update tickets set status = ${status} where id = ${id}`;
      await sql.end();
    }
  });

  test('keeps what a legal hold is about; one on everything stands in the way of all of it', async () => {
    const held = people().findLast(
      ({ accountId, externalIds }) => externalIds.newsletter && !externalIds.support && accountId !== person.accountId,
    );
    if (!held) throw new Error('nobody is known to the newsletter and not to the desk');
    const place = async (rest: string): Promise<string> => {
      const input = `{ accountId: "${held.accountId}", reason: "A claim."${rest} }`;
      const { data } = await post(dps, `mutation { placeLegalHold(input: ${input}) { legalHold { id } } }`);
      return (data as { placeLegalHold: { legalHold: { id: string } } }).placeLegalHold.legalHold.id;
    };
    const release = (id: string) =>
      post(dps, `mutation { releaseLegalHold(input: { holdId: "${id}", note: "Settled." }) { legalHold { id } } }`);
    const at = ({ items }: Plan, collection: string) =>
      items.filter((item) => item.collection === collection).map(({ action, reason }) => [action, reason]);

    const free = await planned(held.accountId);
    expect(at(free, 'subscriptions')).toEqual([['DELETE', null]]);
    const onPart = await place(', service: "habeas", collection: "profile"');
    const partly = await planned(held.accountId);
    expect(at(partly, 'profile')).toEqual([['KEEP', 'It is under a legal hold.']]);
    expect(at(partly, 'subscriptions')).toEqual([['DELETE', null]]);
    expect(partly.digest).not.toBe(free.digest);
    await release(onPart);
    const onAll = await place('');
    const whole = await planned(held.accountId);
    expect(whole.blockedBy).toContain(`legal hold ${onAll}: A claim.`);
    expect(whole.items.filter(({ action }) => action !== 'KEEP')).toEqual([]);
    await release(onAll);
    expect(await planned(held.accountId)).toEqual({ ...free, items: expect.any(Array) });
  });

  test('is for staff, of accounts there are, in languages that could be', async () => {
    const ask = async (client: Client, args: string) => {
      const { errors } = await post(client, `{ erasurePlan(${args}) { digest } }`);
      return [errors[0]?.extensions?.code, errors[0]?.message];
    };
    const mine = `accountId: "${person.accountId}"`;
    expect((await ask(await habeas.person(person.accountId), mine))[0]).toBe('FORBIDDEN');
    expect(await ask(dps, 'accountId: "00000000-0000-4000-8000-000000000000"')).toEqual([
      'NOT_FOUND',
      'accountId: there is no account with this id.',
    ]);
    expect(await ask(dps, `${mine}, language: "English!"`)).toEqual([
      'BAD_USER_INPUT',
      expect.stringContaining('language: is no language tag'),
    ]);
  });
});
