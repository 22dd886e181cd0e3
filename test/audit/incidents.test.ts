import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Incident, recordIncidents } from '../../src/audit/incidents.js';
import { openStore, type Store } from '../support/store.js';

let store: Store;
beforeAll(async () => {
  store = await openStore();
});
afterAll(() => store.close());

describe('The record of incidents', () => {
  it('keeps which service answered with another person’s data, and whom it was asked about', async () => {
    const incident: Incident = {
      at: new Date('2026-05-04T10:00:00.123Z'),
      service: 'support',
      kind: 'WRONG_SUBJECT',
      accountId: randomUUID(),
      detail: 'Account.support',
    };
    await recordIncidents(store.sql, [incident, { ...incident, accountId: null }]);
    await recordIncidents(store.sql, []);
    const { accountId, ...rest } = incident;
    expect(await store.sql`select at, service, kind, account_id, detail from incidents order by id`).toEqual([
      { ...rest, account_id: accountId },
      { ...rest, account_id: null },
    ]);
  });
});
