import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { TableRows } from '../../examples/company/bulk-load.js';
import { ehcpAuditStore } from '../../examples/ehcp-audit/store.js';
import { newsletterStore } from '../../examples/newsletter/store.js';
import { EXAMPLE_IDS, PERSON_OF_THE_DEMO, people, REFERENCE_DATE, SERVICES } from '../../examples/people.js';
import { supportStore } from '../../examples/support/store.js';
import { trainingStore } from '../../examples/training/store.js';

const STORES = [ehcpAuditStore, trainingStore, supportStore, newsletterStore];
const hash = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const everyone = people();

describe('The people of the demo', () => {
  test('are a thousand, the same in every run', () => {
    expect(everyone).toHaveLength(1000);
    expect(hash(people())).toBe(hash(everyone));
    expect(PERSON_OF_THE_DEMO.accountId).toBe('fb591c3d-07d1-5dda-9a76-5ca5a504b3ba');
  });

  test('share no account id, address, telephone number or external id', () => {
    for (const values of [
      everyone.map(({ accountId }) => accountId),
      everyone.map(({ phone }) => phone),
      everyone.flatMap(({ emails }) => emails),
      ...SERVICES.map((service) => everyone.flatMap(({ externalIds }) => externalIds[service] ?? [])),
    ]) {
      expect(new Set(values).size).toBe(values.length);
    }
  });

  test('can be reached nowhere: addresses of .example, telephone numbers kept for drama', () => {
    for (const { emails, phone } of everyone) {
      for (const email of emails) expect(email).toMatch(/^[a-z0-9.-]+@[a-z-]+\.example$/);
      expect(phone).toMatch(/^\+44(7700900|1632960)\d{3}$/);
    }
  });

  test('are known to four, three, two, one or no service', () => {
    const counts = everyone.map(({ externalIds }) => Object.keys(externalIds).length);
    const share = (n: number) => counts.filter((count) => count === n).length / counts.length;
    expect(share(4)).toBeCloseTo(0.35, 1);
    for (const n of [3, 2, 1]) expect(share(n)).toBeCloseTo(0.2, 1);
    expect(share(0)).toBeCloseTo(0.05, 2);
  });

  test('have names that forms get wrong', () => {
    const names = everyone.map(({ displayName }) => displayName).join('\n');
    for (const kind of [/\p{Script=Arabic}/u, /\p{Script=Hebrew}/u, /\p{Script=Han}/u, /\p{Emoji_Presentation}/u]) {
      expect(names).toMatch(kind);
    }
    expect(names).toMatch(/O'Brien/);
    expect(names).not.toBe(names.normalize('NFC'));
    expect(Math.max(...everyone.map(({ displayName }) => displayName.length))).toBeGreaterThan(120);
  });

  test('answer to the example ids', () => {
    const byId = new Map(everyone.map((person) => [person.accountId, person]));
    expect(byId.get(EXAMPLE_IDS.demo)).toBe(everyone[0]);
    expect(byId.get(EXAMPLE_IDS.heaviest)?.volume).toBe('heavy');
    expect(byId.get(EXAMPLE_IDS.apostrophe)?.familyName).toBe("O'Brien");
    expect(byId.get(EXAMPLE_IDS.rightToLeft)?.familyName).toMatch(/\p{Script=Arabic}/u);
    expect(byId.get(EXAMPLE_IDS.unknownToEveryService)?.externalIds).toEqual({});
  });
});

describe('The first day of the stores', () => {
  test('is the same in every run', async () => {
    for (const store of STORES) expect(hash(await store.rows())).toBe(hash(await store.rows()));
  });

  test('has nothing younger than the day the demo stands still at, but courses still to come', async () => {
    const tables = await allTables();
    for (const { rows } of tables) {
      for (const cell of rows.flat()) {
        if (cell instanceof Date) expect(cell.getTime()).toBeLessThanOrEqual(REFERENCE_DATE.getTime());
      }
    }
  });

  async function allTables(): Promise<TableRows[]> {
    return (await Promise.all(STORES.map((store) => store.rows()))).flat();
  }
});
