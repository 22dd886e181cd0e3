import { beforeAll, describe, expect, test } from 'vitest';
import type { Client } from '../../examples/client.js';
import { people } from '../../examples/people.js';
import { type Demo, demo } from '../support/demo.js';
import { post } from '../support/post.js';

const somebody = people()[298];
const accountId = somebody?.accountId ?? '';
let habeas: Demo;
let dps: Client;

beforeAll(async () => {
  habeas = await demo();
  dps = await habeas.staff('dps');
});

const place = (input: string, client = dps) =>
  post(client, `mutation { placeLegalHold(input: { accountId: "${accountId}", ${input} }) { legalHold { id } } }`);

describe('A legal hold', () => {
  test('is placed by the Data Protection Specialist, seen by the person, and listed until it is released', async () => {
    const { data } = await place('reason: "A claim.", service: "support", collection: "tickets"');
    const { id } = (data as { placeLegalHold: { legalHold: { id: string } } }).placeLegalHold.legalHold;
    const me = await habeas.person(accountId);
    const own = '{ me { legalHolds { service collection reason placedBy releasedAt releaseNote } } }';
    const hold = { service: 'support', collection: 'tickets', reason: 'A claim.', placedBy: 'staff (dps)' };
    expect((await post(me, own)).data).toEqual({
      me: { legalHolds: [{ ...hold, releasedAt: null, releaseNote: null }] },
    });
    const list = `{ legalHolds(accountId: "${accountId}") { totalCount edges { node { id accountId } } } }`;
    expect((await post(await habeas.staff('support'), list)).data).toEqual({
      legalHolds: { totalCount: 1, edges: [{ node: { id, accountId } }] },
    });
    await post(dps, `mutation { releaseLegalHold(input: { holdId: "${id}", note: "Settled." }) { legalHold { id } } }`);
    expect((await post(dps, list)).data).toEqual({ legalHolds: { totalCount: 0, edges: [] } });
    expect((await post(me, own)).data).toMatchObject({
      me: { legalHolds: [{ ...hold, releasedAt: expect.any(String), releaseNote: 'Settled.' }] },
    });
  });

  test('says what is to be mended', async () => {
    const refusals = await Promise.all([
      place('reason: " "'),
      place('reason: "x", collection: "tickets"'),
      place('reason: "x", service: "nobody"'),
      place('reason: "x", service: "support", collection: "nothing"'),
      place('reason: "x"', await habeas.staff('support')),
    ]);
    expect(refusals.map(({ errors }) => [errors[0]?.extensions?.code, errors[0]?.extensions?.argument])).toEqual([
      ['BAD_USER_INPUT', 'reason'],
      ['BAD_USER_INPUT', 'service'],
      ['BAD_USER_INPUT', 'service'],
      ['BAD_USER_INPUT', 'collection'],
      ['FORBIDDEN', undefined],
    ]);
  });
});
